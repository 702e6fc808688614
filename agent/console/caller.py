"""The ears and the mouth of a call at the console: a keyboard and silence, or a microphone and headphones."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import aiohttp
from livekit.agents import AgentSession

from agent.console.keyboard import Keyboard
from agent.console.microphone import Loudspeaker, Microphone, open_devices
from agent.console.silence import NoLoudspeaker, SilentVoice
from agent.pipelines import Pipeline
from agent.pipelines.choose import choose, describe, make_llm, prewarm
from agent.pipelines.parts import Kind, of_kind
from agent.session import make_session
from holdline.settings import WorkerSettings

SECONDS_A_CHARACTER = 0.015
"""Four times as fast as a voice: about as fast as one reads."""


@dataclass(frozen=True)
class Caller:
    session: AgentSession[None]
    """Not started yet."""
    say: Callable[[str], object]
    """Have typed words be the caller's."""
    pipeline: str
    """What hears, words and speaks, for a person."""


def at_a_keyboard(settings: WorkerSettings) -> Caller:
    """The model is the one that a call asks first; nobody has to be heard, and nothing is sounded."""
    part = of_kind(describe(settings), Kind.LLM)[0]
    keyboard = Keyboard()
    voice = SilentVoice(seconds_a_character=SECONDS_A_CHARACTER)
    session = make_session(
        Pipeline(
            name="keyboard",
            stt=keyboard,
            llm=make_llm(part, settings),
            tts=voice,
            vad=None,
            turn_detection="stt",
        )
    )
    session.output.audio = NoLoudspeaker()
    return Caller(session, keyboard.say, str(part))


@asynccontextmanager
async def at_a_microphone(settings: WorkerSettings) -> AsyncIterator[Caller]:
    """The whole pipeline of a call; words can be typed as well. Raises NoSound."""
    microphone, loudspeaker = Microphone(), Loudspeaker()
    with open_devices(microphone, loudspeaker):
        async with aiohttp.ClientSession() as http_session:
            pipeline = choose(settings, models=prewarm(settings), http_session=http_session)
            session = make_session(replace(pipeline, turn_detection="vad"))
            session.input.audio, session.output.audio = microphone, loudspeaker
            yield Caller(session, lambda words: session.generate_reply(user_input=words), pipeline.name)
