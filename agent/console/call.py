"""A call of somebody at a keyboard, answered by the parts that answer a telephone; only ears, mouth and room are not.

Used by `holdline console`. What happens on the call is in its documents, as for every call.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from livekit.agents.voice.events import FunctionToolsExecutedEvent

from agent.briefing import Briefing, brief
from agent.console.caller import Caller
from agent.line_up import LineUp
from holdline import config, line
from holdline.call import Call, CallKind, Dispatch, Outcome
from holdline.store import Store
from holdline.voice_agent import VoiceAgent

Clock = Callable[[], datetime]
ToolCall = Callable[[str, str], None]

CALLER = "console"
"""Who the caller is in the call's document."""
LISTENS_WITHIN_S = 20.0
QUIET_S = 0.3
LOOK_EVERY_S = 0.05


def open_call(store: Store, org: str, voice_agent_id: str, *, call_id: str, by: str, at: datetime) -> Dispatch:
    """Write the call's document. Raises NotFound where there is no such voice agent, and Unavailable."""
    voice_agent, version = config.in_force(store, VoiceAgent, voice_agent_id, at=at)
    call = Call(
        id=call_id,
        kind=CallKind.CONSOLE,
        caller=CALLER,
        caller_identity=CALLER,
        line=voice_agent.id,
        voice_agent=voice_agent.id,
        voice_agent_version=version,
        opened_by=by,
        started_at=at,
        delete_at=config.organisation_in_force(store, org, at=at).keeps_until(at),
    )
    return Dispatch.to(line.open_call(store, call), org=org)


class TypedCall:
    """A call that has begun; `is_over` is done once it has ended, whoever ended it."""

    def __init__(self, parts: LineUp, caller: Caller, is_over: "asyncio.Future[str]") -> None:
        self._parts = parts
        self._caller = caller
        self.is_over = is_over

    @property
    def briefing(self) -> Briefing:
        return self._parts.briefing

    def on_tool(self, tell: ToolCall) -> None:
        """Have each tool told that the model calls, with its arguments as JSON."""

        def executed(event: FunctionToolsExecutedEvent) -> None:
            for call in event.function_calls:
                tell(call.name, call.arguments)

        self._caller.session.on("function_tools_executed", executed)

    async def quiet(self, *, for_s: float = QUIET_S, within_s: float = LISTENS_WITHIN_S) -> bool:
        """Wait until nobody has spoken for so long, from now on; tells whether that came about in time."""
        loop = asyncio.get_running_loop()
        since = loop.time()
        while (waited_s := loop.time() - since) < within_s and not self.is_over.done():
            if min(waited_s, self._parts.floor.quiet_for_s) >= for_s:
                return True
            await asyncio.sleep(LOOK_EVERY_S)
        return False

    async def say(self, text: str) -> None:
        """The caller speaks, once the agent has finished its sentence."""
        await self.quiet()
        self._caller.say(text)

    async def hang_up(self) -> None:
        await self._parts.ending.begin(Outcome.CALLER_LEFT)


class _Room:
    """There is none to delete; only its end is told."""

    def __init__(self) -> None:
        self.is_over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def delete_room(self) -> None: ...

    def shutdown(self, reason: str = "") -> None:
        if not self.is_over.done():
            self.is_over.set_result(reason)


class _NoMusic:
    def play(self) -> None: ...

    def hush(self) -> None: ...

    async def close(self) -> None: ...


@asynccontextmanager
async def typed_call(store: Store, dispatch: Dispatch, *, caller: Caller, clock: Clock) -> AsyncIterator[TypedCall]:
    """Answer the call and greet its caller; it is over when the block is left."""
    briefing = await brief(store, dispatch, caller=CALLER, at=clock())
    room = _Room()
    parts = LineUp.of(briefing, store=store, music=_NoMusic(), job=room, clock=clock)
    parts.serve(caller.session)
    call = TypedCall(parts, caller, room.is_over)
    try:
        await parts.inbox.open(dispatch.call)
        await caller.session.start(parts.receptionist, record=False)
        parts.floor.attach(caller.session)
        greeting = asyncio.create_task(parts.answer())
        try:
            yield call
        finally:
            greeting.cancel()
    finally:
        await call.hang_up()
