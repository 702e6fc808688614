"""Who is asked first, and who next."""

import pytest

from holdline.ladder import Ladder, Rung, rung_now
from holdline.presence import Presence
from tests.builders import NOW, later

LADDER = Ladder(skilled_first_s=20, text_after_s=45)
ROSA = Presence(id="rosa", name="Rosa", skills=("Colour ",), until=later(40))
ANA = Presence(id="ana", name="Ana", until=later(40))


@pytest.mark.parametrize(
    ("skill", "there", "waited_s", "can_text", "rung"),
    [
        ("colour", (ANA, ROSA), 0, True, Rung.SKILLED),
        ("colour", (ANA, ROSA), 19, True, Rung.SKILLED),
        ("colour", (ANA, ROSA), 20, True, Rung.ANYONE),
        ("colour", (ANA,), 0, True, Rung.ANYONE),
        (None, (ANA, ROSA), 0, True, Rung.ANYONE),
        (None, (ANA, ROSA), 44, True, Rung.ANYONE),
        (None, (ANA, ROSA), 45, True, Rung.ON_DUTY),
        (None, (ANA, ROSA), 45, False, Rung.ANYONE),
        (None, (), 0, True, Rung.ON_DUTY),
        ("colour", (), 0, False, Rung.NOBODY),
        ("colour", None, 0, True, Rung.ANYONE),
        ("colour", None, 45, False, Rung.ANYONE),
    ],
)
def test_the_skilled_are_asked_first_then_all_then_who_is_on_duty_and_where_there_is_none_nobody(
    skill: str | None, there: tuple[Presence, ...] | None, waited_s: int, can_text: bool, rung: Rung
) -> None:
    at = later(waited_s)
    assert rung_now(skill=skill, asked_at=NOW, ladder=LADDER, there=there, can_text=can_text, at=at) is rung


@pytest.mark.parametrize("since", list(Rung))
@pytest.mark.parametrize("there", [None, (), (ANA,), (ROSA,)])
@pytest.mark.parametrize("can_text", [True, False])
@pytest.mark.parametrize("waited_s", [0, 30, 60])
def test_a_question_never_climbs_down(
    since: Rung, there: tuple[Presence, ...] | None, can_text: bool, waited_s: int
) -> None:
    rungs = list(Rung)
    now = rung_now(
        skill="colour",
        asked_at=NOW,
        ladder=LADDER,
        there=there,
        can_text=can_text,
        at=later(waited_s),
        since=since,
    )
    assert rungs.index(now) >= rungs.index(since)


@pytest.mark.parametrize(("there", "rung"), [((ANA,), Rung.ON_DUTY), ((), Rung.NOBODY)])
def test_where_the_text_cannot_be_sent_those_at_the_desk_still_count(there: tuple[Presence, ...], rung: Rung) -> None:
    at = later(60)
    since = Rung.ON_DUTY
    assert rung_now(skill=None, asked_at=NOW, ladder=LADDER, there=there, can_text=False, at=at, since=since) is rung


def test_a_skill_is_one_however_it_is_written() -> None:
    assert ROSA.has("COLOUR")
    assert not ROSA.has("bookings")
    assert not ROSA.has(None)
