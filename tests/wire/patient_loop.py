"""Virtual time in front of a real socket: the clock jumps only when nothing has come over the wire for a moment.

For doubles that are served by the same loop as the plugins that talk to them.
"""

import selectors

from tests.unit.agent.virtual_time import VirtualTimeLoop

ON_THE_WIRE_S = 0.002
"""Within a machine, what was sent is there at once; so much is allowed to the kernel."""


class PatientLoop(VirtualTimeLoop):
    def jump(self, seconds: float) -> None:
        selector: selectors.DefaultSelector = self._selector  # type: ignore[attr-defined]
        if not selectors.DefaultSelector.select(selector, min(ON_THE_WIRE_S, seconds)):
            super().jump(seconds)
