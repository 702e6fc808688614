"""A whole call through the real plugins of Deepgram, Google and OpenAI: asked, held, answered by a person, learned."""

import asyncio
import random
import time
from datetime import UTC, datetime

import pytest

from holdline import desk
from holdline.help_request import Status
from holdline.knowledge import KnowledgeEntry, Source
from holdline.people import PersonRef
from holdline.store import Query, Store
from tests.e2e.documents import awaited
from tests.e2e.on_the_line import relayed
from tests.wire.keyed_worker import KeyedWorker
from tests.wire.providers import Providers

ANSWERS = (
    "Yes, there is free parking behind the building.",
    "Yes, there is free parking in front of the building.",
    "Yes, there is paid parking behind the library.",
    "No, but the garage next door is free for two hours.",
    "There is street parking, two dollars an hour.",
)
CARDS = "We take cash and all major cards."
ROSA = PersonRef(uid="rosa", name="Rosa")

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


async def test_what_a_person_answers_is_what_the_caller_hears_and_the_line_has_learned_it(
    providers: Providers, keyed: KeyedWorker, salon: Store
) -> None:
    answer = random.choice(ANSWERS)  # no sentence that is always the same can pass
    candidates = [relayed(each) for each in ANSWERS]
    async with keyed.call(salon) as call:
        await call.ask("do you have parking")
        request = await call.asked()
        assert "park" in request.question
        sent_at = time.time()
        await asyncio.to_thread(desk.answer, salon, request.id, answer, by=ROSA, at=datetime.now(UTC))
        await call.becomes(request, Status.DELIVERED)
        heard = await call.heard(candidates, since=sent_at)
        assert heard.best == relayed(answer), heard.matches
        await awaited(salon, Query(KnowledgeEntry, {"source": Source.learned}), lambda one: one.answer == answer)

        asked_at = await call.ask("is there somewhere to park")
        await call.reply(after=asked_at)
        heard = await call.heard(ANSWERS, since=asked_at)
    assert heard.best == answer, heard.matches
    assert any("park" in text for text in providers.deepgram.heard)
    assert relayed(answer) in providers.openai.texts
    assert answer in providers.openai.texts
    assert_it_is_asked_as_a_phone_call_wants(providers)


def assert_it_is_asked_as_a_phone_call_wants(providers: Providers) -> None:
    """Our settings have reached the providers."""
    listening = providers.deepgram.requests[-1]
    assert (listening["model"], listening["language"]) == ("nova-3", "en-US")
    assert listening["interim_results"] == listening["vad_events"] == "true"
    thinking = providers.gemini.requests[-1]["generationConfig"]["thinkingConfig"]
    assert [*thinking.values()] in ([0], ["MINIMAL"]), "a caller must not wait for thoughts"
    assert {voice for _, voice in providers.openai.voices} == {"nova"}


async def test_any_endpoint_that_speaks_openais_language_serves_as_the_model(
    providers: Providers, endpoint: KeyedWorker, salon: Store
) -> None:
    async with endpoint.call(salon) as call:
        asked_at = await call.ask("can i pay with a credit card")
        await call.reply(after=asked_at)
        heard = await call.heard([CARDS, *ANSWERS], since=asked_at)
    assert heard.best == CARDS, heard.matches
    assert [body["model"] for body in providers.openai.requests] == ["a-model-of-somebodys"]
    assert providers.gemini.requests == []
