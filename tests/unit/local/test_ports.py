import socket

import pytest

from local.checkout import CannotStart
from local.ports import SPAN, Ports, require_free


def test_every_port_of_a_stack_is_its_own() -> None:
    ports = list(Ports(18000).named().values())

    assert len(ports) == len(set(ports)) == 12


def test_a_stack_keeps_to_its_span() -> None:
    assert all(18000 <= port < 18000 + SPAN for port in Ports(18000).named().values())


@pytest.mark.parametrize("base", [0, 80, 65530])
def test_a_base_without_room_for_all_ports_is_refused(base: int) -> None:
    with pytest.raises(CannotStart, match="--port-base must be between"):
        Ports(base)


def test_a_port_that_another_program_holds_is_named() -> None:
    ports = Ports(30110)
    with socket.create_server(("127.0.0.1", ports.auth)), pytest.raises(CannotStart, match=r"30113 \(auth\)"):
        require_free(ports)


def test_the_media_port_is_asked_for_as_udp() -> None:
    ports = Ports(30110)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", ports.livekit_udp))
        with pytest.raises(CannotStart, match=r"30118 \(livekit udp\)"):
            require_free(ports)
