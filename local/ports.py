"""Every port of a stack, at a fixed distance from its base, so that stacks on different bases never meet."""

import socket
from dataclasses import dataclass

from local.checkout import CannotStart

SPAN = 20
DEFAULT_BASE = 18000


@dataclass(frozen=True)
class Ports:
    base: int

    def __post_init__(self) -> None:
        if not 1024 <= self.base <= 65535 - SPAN:
            raise CannotStart(f"--port-base must be between 1024 and {65535 - SPAN}, not {self.base}.")

    @property
    def dashboard(self) -> int:
        return self.base

    @property
    def functions(self) -> int:
        return self.base + 1

    @property
    def firestore(self) -> int:
        return self.base + 2

    @property
    def auth(self) -> int:
        return self.base + 3

    @property
    def emulator_hub(self) -> int:
        return self.base + 4

    @property
    def emulator_logging(self) -> int:
        return self.base + 5

    @property
    def livekit(self) -> int:
        return self.base + 6

    @property
    def livekit_tcp(self) -> int:
        return self.base + 7

    @property
    def livekit_udp(self) -> int:
        """All media of all calls is multiplexed over this one UDP port."""
        return self.base + 8

    @property
    def worker_health(self) -> int:
        return self.base + 9

    @property
    def worker_ready(self) -> int:
        return self.base + 10

    @property
    def texts(self) -> int:
        return self.base + 11

    def named(self) -> dict[str, int]:
        """Each port by its name."""
        return {name: getattr(self, name) for name, member in vars(type(self)).items() if isinstance(member, property)}


def require_free(ports: Ports) -> None:
    """Raises CannotStart that names the first port somebody else holds."""
    for name, port in ports.named().items():
        kind = socket.SOCK_DGRAM if name == "livekit_udp" else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                # A connection of an earlier stack that lingers in TIME_WAIT is not in anybody's way.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise CannotStart(
                    f"Port {port} ({name.replace('_', ' ')}) is in use by another program: stop it, or choose "
                    f"another --port-base."
                ) from None
