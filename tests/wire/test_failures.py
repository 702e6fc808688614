"""Each provider dead, slow and dying in the middle of a sentence, in a real room: what the caller hears, and when.

A caller must hear something within WITHIN_S of the moment from which they wait: the end of their own words, where
those are not heard or not answered; the sending of a person's answer, where that is not spoken. It is taken from the
sound that arrives at the caller. And the call survives: what is asked next is answered, though the provider still
fails.
"""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from holdline import desk
from holdline.help_request import Status
from holdline.people import PersonRef
from holdline.store import Store
from local.ear import LOUD_RMS
from local.recordings import recording
from local.sound import rms
from tests.e2e.on_the_line import OnTheLine, relayed
from tests.wire.double import Behaviour
from tests.wire.keyed_worker import KeyedWorker
from tests.wire.providers import Providers

WITHIN_S = 3.0
AT_ALL_WITHIN_S = 12.0
CARDS = ("can i pay with a credit card", "We take cash and all major cards.")
GIFTS = ("do you have gift cards", "Yes, you can buy a gift card for any amount at the front desk.")
HOURS = "On Sunday we're open from ten in the morning until four in the afternoon."
ANSWER = "Yes, there is free parking behind the building."
ROSA = PersonRef(uid="rosa", name="Rosa")

TRIES = 2
FAILING = DEAD, SLOW, DYING = (Behaviour.DEAD, Behaviour.SLOW, Behaviour.DYING)

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]


async def test_one_call_outlives_each_provider_in_turn(providers: Providers, keyed: KeyedWorker, salon: Store) -> None:
    async with keyed.call(salon) as call:
        for double, behaviour in ((providers.deepgram, DEAD), (providers.gemini, SLOW), (providers.openai, DYING)):
            providers.become(double, behaviour)
            await hears_something(call, *CARDS)
            providers.become(double, Behaviour.WELL)
        await is_served(call, *GIFTS)


@pytest.mark.proof
@pytest.mark.parametrize("behaviour", FAILING)
@pytest.mark.parametrize("provider", ["deepgram", "gemini"])
async def test_a_caller_whom_a_provider_fails_hears_something_in_time_and_is_served(
    providers: Providers, keyed: KeyedWorker, salon: Store, provider: str, behaviour: Behaviour
) -> None:
    async with keyed.call(salon) as call:
        providers.become(getattr(providers, provider), behaviour)
        await hears_something(call, *CARDS)
        await is_served(call, *GIFTS)


@pytest.mark.proof
@pytest.mark.parametrize("behaviour", FAILING)
async def test_a_caller_whom_openais_voice_fails_hears_a_persons_answer_in_time_and_is_served(
    providers: Providers, keyed: KeyedWorker, salon: Store, behaviour: Behaviour
) -> None:
    async with keyed.call(salon) as call:
        asked_at = await call.ask("do you have parking")
        request = await call.asked()
        await call.reply(after=asked_at)
        providers.become(providers.openai, behaviour)
        sent_at = time.time()
        await asyncio.to_thread(desk.answer, salon, request.id, ANSWER, by=ROSA, at=datetime.now(UTC))
        await hears_a_voice(call, since=sent_at)
        await call.becomes(request, Status.DELIVERED)
        heard = await call.heard([relayed(ANSWER), relayed(CARDS[1]), relayed(HOURS)], since=sent_at)
        assert heard.best == relayed(ANSWER), heard.matches
        await is_served(call, *GIFTS)


async def hears_something(call: OnTheLine, question: str, answer: str) -> None:
    """The agent's voice is there in time, whatever it says, and the caller has let it finish."""
    await hears_a_voice(call, since=await call.ask(question) - silence_after(question))
    await call.agent_is_done(pause_s=1.2)


async def hears_a_voice(call: OnTheLine, *, since: float) -> None:
    """The agent's, not its music."""
    spoke_at = await call.caller.agent.wait_for_speech(after=since, within_s=AT_ALL_WITHIN_S)
    assert spoke_at - since <= WITHIN_S


async def is_served(call: OnTheLine, question: str, answer: str) -> None:
    """What is asked is heard to be answered; a caller who was not understood asks again."""
    for _ in range(TRIES):
        asked_at = await call.ask(question)
        with suppress(TimeoutError):
            async with asyncio.timeout(AT_ALL_WITHIN_S):
                await hears(call, answer, since=asked_at)
                return
    raise AssertionError(f"{question!r} was not answered")


async def hears(call: OnTheLine, answer: str, *, since: float) -> None:
    """Listen, one utterance after the other, until it was the answer."""
    quiet_at = since
    while True:
        await call.caller.agent.wait_for_speech(after=quiet_at, within_s=AT_ALL_WITHIN_S)
        quiet_at = await call.caller.agent.wait_for_silence(lasting_s=0.7, within_s=AT_ALL_WITHIN_S) + 0.01
        if (await call.heard([answer, HOURS, relayed(ANSWER)], since=since)).best == answer:
            return


def silence_after(question: str) -> float:
    """How long the recording of it goes on after its last loud moment."""
    samples, rate = recording(question, voice="rms").samples, recording(question, voice="rms").sample_rate
    step = rate // 50
    loud = [at for at in range(0, len(samples), step) if rms(samples[at : at + step]) >= LOUD_RMS]
    return (len(samples) - loud[-1] - step) / rate
