"""What callers say is in no log record, though the library puts it there."""

import logging
from collections.abc import Iterator

import pytest

from agent.log_privacy import PERSONAL, keep_words_out_of_logs
from holdline.memory_store import MemoryDatabase
from holdline.store import Store
from tests.unit.agent.whole_line import Line, answered

LIBRARY = logging.getLogger("livekit.agents")


@pytest.fixture(autouse=True)
def private() -> Iterator[None]:
    before = list(LIBRARY.filters)
    keep_words_out_of_logs()
    yield
    LIBRARY.filters[:] = before


def test_personal_fields_are_gone_and_the_others_stay(caplog: pytest.LogCaptureFixture) -> None:
    LIBRARY.warning("a turn was skipped", extra={"lk.pii.user_input": "my name is Eve", "call_id": "call-1"})
    (record,) = caplog.records
    assert record.getMessage() == "a turn was skipped"
    assert vars(record)["call_id"] == "call-1"
    assert "Eve" not in str(vars(record))


def test_asking_for_it_twice_strips_once() -> None:
    filters = list(LIBRARY.filters)
    keep_words_out_of_logs()
    assert LIBRARY.filters == filters


async def test_no_record_of_a_whole_call_has_the_callers_words(
    database: MemoryDatabase, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with answered(Line(database, store)) as line:
            line.say("do you have zebras")
            await line.hears(for_s=1)
            line.say("when do you have zebras")
            await line.hears(for_s=10)
    ours_or_theirs = [record for record in caplog.records if record.name.startswith(("livekit", "agent", "holdline"))]
    assert ours_or_theirs
    for record in ours_or_theirs:
        assert "zebras" not in record.getMessage()
        assert [name for name in vars(record) if name.startswith(PERSONAL)] == []
