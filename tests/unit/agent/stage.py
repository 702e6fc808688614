"""A floor on a real session, with ways to see and to disturb it."""

import asyncio
from collections.abc import AsyncIterable

from livekit import rtc
from livekit.agents import Agent, AgentSession, ModelSettings

from agent.floor import Floor
from agent.utterance import Utterance
from tests.unit.agent.models import ScriptedModel
from tests.unit.agent.studio import SPEECH_S, FakeSynthesiser, Studio

HOLD = "Let me check that with my supervisor."
REPLY = "We are open from nine to five."
ANSWER = "My supervisor confirmed: Yes, behind the house."


class Voice(Agent):
    """An agent that speaks through the floor, as the receptionist does."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(instructions="Be kind.")
        self._floor = floor

    async def tts_node(self, text: AsyncIterable[str], model_settings: ModelSettings) -> AsyncIterable[rtc.AudioFrame]:
        async for frame in self._floor.synthesise(self, text, model_settings):
            yield frame


class Stage:
    """A floor on its session, with ways to see and to disturb it."""

    def __init__(self) -> None:
        self.model = ScriptedModel()
        self.synthesiser = FakeSynthesiser()
        self.studio = Studio(model=self.model, synthesiser=self.synthesiser)
        self.said: list[Utterance] = []
        self.voices_at: list[float] = []
        self.loop = asyncio.get_running_loop()
        self.floor = Floor(
            on_voice=lambda: self.voices_at.append(self.loop.time()),
            on_said=self.said.append,
        )
        self.session: AgentSession[None]

    @property
    def synthesised(self) -> list[str]:
        return self.synthesiser.texts

    @property
    def played(self) -> list[tuple[float, float]]:
        """From when to when there was sound, to a tenth of a second."""
        return [(round(p.at, 1), round(p.until, 1)) for p in self.studio.loudspeaker.played]

    async def model_speaks(self, text: str = REPLY) -> None:
        """The model is in the middle of a sentence."""
        self.model.script.append(text)
        self.session.generate_reply(user_input="When do you open?")
        await asyncio.sleep(SPEECH_S / 2)
        assert self.studio.loudspeaker.is_playing

    def relay(self, text: str = ANSWER, *, interruptible: bool = True) -> "asyncio.Task[Utterance]":
        return asyncio.create_task(self.floor.relay(text, interruptible=interruptible, on_first_frame=lambda _: None))
