from datetime import timedelta

import pytest

from dashboard.organisation import FRESH_FOR, Organisations
from holdline.errors import Unavailable
from holdline.memory_store import MemoryDatabase
from holdline.store import Put, Store
from tests.builders import NOW, an_organisation


def test_all_who_look_share_one_reading_a_minute(database: MemoryDatabase, salon: Store) -> None:
    organisations = Organisations(database)
    assert organisations.of("salon", at=NOW).quick_responses
    salon.commit(Put(an_organisation("salon", quick_responses=())))
    assert organisations.of("salon", at=NOW + FRESH_FOR - timedelta(seconds=1)).quick_responses
    assert not organisations.of("salon", at=NOW + FRESH_FOR).quick_responses


def test_while_storage_is_away_the_last_reading_holds(
    database: MemoryDatabase, salon: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisations = Organisations(database)
    read = organisations.of("salon", at=NOW)

    def away(*_: object) -> None:
        raise Unavailable("it does not answer")

    monkeypatch.setattr(type(salon), "get", away)
    assert organisations.of("salon", at=NOW + FRESH_FOR) == read
    assert organisations.of("dental", at=NOW).name == "dental"
