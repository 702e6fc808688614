"""A voice agent's configuration: what an admin sets for one line, and whether it answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from pydantic import Field

from holdline import config
from holdline.errors import NotFound, NoVoiceAgent
from holdline.people import Organisation, Spoken
from holdline.records import Record
from holdline.store import Store

LANGUAGE_TAG = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
"""BCP-47, as far as its shape goes."""


class VoiceAgent(Record):
    collection: ClassVar[str] = "voice_agents"

    name: str = Field(min_length=1, max_length=60)
    """How the agent calls itself."""
    greeting: Spoken
    active: bool = True
    language: str = Field(default="en-US", pattern=LANGUAGE_TAG)
    """What callers are heard and spoken to in, such as en-US or de; the agent's own set phrases are English."""
    instructions: str = Field(default="", max_length=4000)
    """What a language model should know of manner and business; facts belong in the knowledge."""
    answer_threshold: float | None = Field(default=None, gt=0, le=1)
    """The score from which a knowledge entry is said instead of asked; None takes the calibrated default."""
    answer_timeout_s: int = Field(default=120, ge=5, le=900)
    """How long a caller waits for a person before a message is taken."""
    silence_s: int | None = Field(default=30, ge=10, le=300)
    """How long a caller who waits for nothing may be silent before being asked whether they are there; and then once
    more before the call ends. None waits for ever."""
    progress_every_s: float = Field(default=8, ge=3, le=8)
    """The longest silence on hold, in seconds."""


@dataclass(frozen=True)
class OnDuty:
    """Who answers a call, and for whom."""

    voice_agent: VoiceAgent
    version: str
    organisation: Organisation

    @classmethod
    def of(
        cls,
        agent: config.Reading[VoiceAgent],
        organisation: config.Reading[Organisation],
        store: Store,
        *,
        at: datetime,
    ) -> Self:
        """Those in force for a call starting at `at`. Raises NoVoiceAgent, Unavailable."""
        name = f"{store.org}/{agent.id}"
        try:
            voice_agent, version = agent.in_force(store, at=at)
        except NotFound:
            raise NoVoiceAgent(f"There is no voice agent {name}, or none that was ever valid.") from None
        if not voice_agent.active:
            raise NoVoiceAgent(f"{name} is switched off.")
        return cls(voice_agent, version, config.organisation_of(organisation, store, at=at))


def on_duty(store: Store, voice_agent_id: str, *, at: datetime) -> OnDuty:
    """As `OnDuty.of`, of what is read now, in one round trip."""
    agent, organisation = config.read(store, (VoiceAgent, voice_agent_id), (Organisation, str(store.org)))
    return OnDuty.of(agent, organisation, store, at=at)
