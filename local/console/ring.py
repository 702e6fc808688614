"""Ring a voice agent from the console: find it, answer the call with all its parts, talk, and hang up."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime

from agent.console.call import open_call, typed_call
from agent.console.caller import Caller, at_a_keyboard, at_a_microphone
from holdline.call import Call
from holdline.errors import NoVoiceAgent
from holdline.front_end import Line
from holdline.people import Organisation, PersonRef
from holdline.settings import WorkerSettings
from holdline.store import Database, Found, Query, R, must_get
from holdline.voice_agent import VoiceAgent
from local.console.screen import Screen
from local.console.talk import Talk
from local.console.terminal import Terminal


async def ring(
    database: Database,
    line: Line,
    terminal: Terminal,
    *,
    settings: WorkerSettings,
    is_spoken: bool,
    by: PersonRef,
    call_id: str,
    learns: bool,
    wait_s: float,
    clock: Callable[[], datetime],
) -> None:
    """One call, from the first ring to the end. Raises NoVoiceAgent, naming those that exist, NoSound, Unavailable."""
    await asyncio.to_thread(refuse_unknown, database, line)
    store = database.for_org(line.org)
    screen = Screen(terminal.write, in_colour=terminal.in_colour, echoes=terminal.is_scripted or is_spoken)
    async with _caller(settings, is_spoken=is_spoken) as caller:
        dispatch = await asyncio.to_thread(
            open_call, store, line.org, line.voice_agent, call_id=call_id, by=by.uid, at=clock()
        )
        async with typed_call(store, dispatch, caller=caller, clock=clock) as call:
            who = call.briefing
            screen.note(f"You ring {who.organisation.name}; {who.voice_agent.name} answers ({caller.pipeline}).")
            how = "Speak, or type what the caller says." if is_spoken else "Type what the caller says."
            screen.note(f"{how} /answer replies to a question, /help lists the rest.\n")
            talk = Talk(call, store, screen, by=by, is_scripted=terminal.is_scripted, learns=learns, clock=clock)
            try:
                await talk.open()
                await talk.run(terminal.lines(), wait_s=wait_s)
            finally:
                await call.hang_up()
                await talk.close()
    terminal.close()
    ended = (await asyncio.to_thread(must_get, store, Call, call_id)).record
    screen.note(f"\nThe call is over: {(ended.outcome or 'unknown').replace('_', ' ')}.")


def _caller(settings: WorkerSettings, *, is_spoken: bool) -> AbstractAsyncContextManager[Caller]:
    return at_a_microphone(settings) if is_spoken else nullcontext(at_a_keyboard(settings))


def refuse_unknown(database: Database, line: Line) -> None:
    """Raises NoVoiceAgent where organisation or voice agent do not exist, with the names of those that do."""
    organisations = _ids(database.platform.find(Query(Organisation)))
    if line.org not in organisations:
        raise NoVoiceAgent(f"There is no organisation {line.org}. There are: {', '.join(organisations) or 'none'}.")
    agents = _ids(database.for_org(line.org).find(Query(VoiceAgent)))
    if line.voice_agent not in agents:
        raise NoVoiceAgent(f"{line.org} has no voice agent {line.voice_agent}. It has: {', '.join(agents) or 'none'}.")


def _ids(found: Found[R]) -> list[str]:
    """Of readable documents and of broken ones, which may still have a good version in force."""
    return sorted({one.id for one in found.records} | {error.path.rpartition("/")[2] for error in found.invalid})
