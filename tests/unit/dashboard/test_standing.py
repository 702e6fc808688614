"""A session that is revoked ends its stream; a provider that is slow or away ends none, and is given a rest."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dashboard.standing import Standing
from tests.builders import NOW, later
from tests.unit.dashboard.world import PASSWORD, Clock, FakeIdentity

Work = list[Callable[[], None]]


@pytest.fixture
def cookie(identity: FakeIdentity) -> str:
    return identity.sign_in("ana@salon.example.com", PASSWORD)


@pytest.fixture
def work() -> Work:
    """What is to be done in the background, when the test has it done."""
    return []


@pytest.fixture
def standing(identity: FakeIdentity, cookie: str, work: Work) -> Standing:
    return Standing(identity, cookie, until=NOW + timedelta(hours=12), in_background=work.append)


def test_an_answer_that_is_late_counts_from_then_on(standing: Standing, identity: FakeIdentity, work: Work) -> None:
    identity.revoke("ana")
    assert standing.holds(at=NOW)
    work.pop()()
    assert not standing.holds(at=later(15))


def test_a_provider_that_has_not_answered_yet_is_not_asked_a_second_time(standing: Standing, work: Work) -> None:
    for second in (0, 15, 30):
        assert standing.holds(at=later(second))
    assert len(work) == 1


def test_a_provider_that_is_away_is_asked_again_after_a_minute(
    standing: Standing, identity: FakeIdentity, work: Work
) -> None:
    identity.is_away = True
    standing.holds(at=NOW)
    work.pop()()
    assert standing.holds(at=later(59))
    assert not work
    identity.is_away = False
    identity.revoke("ana")
    standing.holds(at=later(60))
    work.pop()()
    assert not standing.holds(at=later(75))


def test_a_session_is_over_after_its_time_whatever_the_provider_says(
    standing: Standing, identity: FakeIdentity, clock: Clock
) -> None:
    identity.is_away = True
    clock.passes(12 * 3600)
    assert not standing.holds(at=clock.now)
