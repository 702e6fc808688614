"""An answer's receipt is written with the beginning of its words, and alone where they must wait."""

import asyncio
from datetime import datetime

import pytest

from agent.receipts import ALONE_AFTER_S, Receipts
from agent.writer import Writer
from holdline.help_request import HelpRequest
from holdline.store import Create, Store, must_get
from tests.builders import an_answered_request, later
from tests.unit.agent.fakes import virtual_clock

ANSWERED = an_answered_request(answer="Yes.")


@pytest.fixture
async def receipts(store: Store, writer: Writer) -> Receipts:
    store.commit(Create(ANSWERED))
    return Receipts(store, writer=writer, clock=virtual_clock())


def written(store: Store) -> datetime | None:
    return must_get(store, HelpRequest, ANSWERED.id).record.received_at


async def test_an_answer_that_must_wait_is_received_by_itself_at_the_time_it_came(
    store: Store, receipts: Receipts
) -> None:
    receipts.saw(ANSWERED)
    await asyncio.sleep(ALONE_AFTER_S + 0.1)
    assert written(store) == later(0)
    assert receipts.with_beginning(ANSWERED) is None


async def test_of_an_answer_whose_words_begin_at_once_nothing_is_written_by_itself(
    store: Store, receipts: Receipts
) -> None:
    receipts.saw(ANSWERED)
    await asyncio.sleep(ALONE_AFTER_S / 2)
    assert receipts.with_beginning(ANSWERED) == later(0)
    await asyncio.sleep(1)
    assert written(store) is None


async def test_a_new_version_is_received_anew(store: Store, receipts: Receipts) -> None:
    receipts.saw(ANSWERED)
    await asyncio.sleep(ALONE_AFTER_S / 2)
    receipts.saw(ANSWERED.model_copy(update={"answer_version": 2}))
    assert receipts.with_beginning(ANSWERED) == later(ALONE_AFTER_S / 2)


async def test_once_the_call_is_over_none_is_written(store: Store, receipts: Receipts) -> None:
    receipts.saw(ANSWERED)
    receipts.close()
    await asyncio.sleep(1)
    assert written(store) is None
