import pytest

from holdline.call import CallKind, KnowledgeUse, Outcome, Speaker
from holdline.store import Put, Store
from tests.builders import NOW, a_call, a_turn, an_answered_request, an_entry, later
from tests.unit.dashboard.world import Browser

EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def past(salon: Store) -> None:
    used = KnowledgeUse(entry="hours", question="When do you open?", answer="At nine.", score=0.934)
    salon.commit(
        Put(a_call("c1", caller="+12125550142", ended_at=later(95), outcome=Outcome.CALLER_LEFT)),
        Put(a_call("c2", kind=CallKind.REHEARSAL, caller="browser", started_at=later(60))),
        Put(a_turn("c1", 2, who=Speaker.AGENT, text="At nine.", at=later(4), knowledge=(used,))),
        Put(a_turn("c1", 1, text="When do you open?", at=later(2))),
        Put(an_answered_request("r1", answer="Yes, behind the building.").model_copy(update={"call": "c1"})),
        Put(an_entry("e1", question="Is there parking?", source="learned", answered_by="Ana")),
        Put(an_entry("e2", question="Do you do weddings?")),
    )


def test_calls_are_listed_the_latest_first_with_masked_numbers(ana: Browser) -> None:
    page = ana.get("/calls").text
    assert page.index("Browser caller") < page.index("+1212***0142")
    assert "+12125550142" not in page
    assert "on now" in page
    assert "1:35" in page
    assert "Caller hung up" in page


def test_a_rehearsal_is_told_from_a_callers_call(ana: Browser) -> None:
    assert ana.get("/calls").text.count("rehearsal") == 1
    assert "rehearsal" in ana.get("/calls/c2").text
    assert "rehearsal" not in ana.get("/calls/c1").text


def test_an_agent_that_was_asked_nothing_is_not_said_to_have_known_it(ana: Browser) -> None:
    assert "Nothing was asked." in ana.get("/calls/c2").text


def test_times_are_told_where_the_organisation_is(ana: Browser) -> None:
    assert NOW.hour == 15
    assert "2 Mar, 10:00" in ana.get("/calls").text


def test_a_call_shows_what_was_said_in_order_with_what_it_was_known_from(ana: Browser) -> None:
    page = ana.get("/calls/c1").text
    said = page[page.index("What was said") :]
    assert said.index("10:00:02") < said.index("10:00:04")
    assert "Knowledge, 93 of 100: When do you open?" in said
    assert "Yes, behind the building." in said
    assert "Do you have parking?" in said


def test_a_call_whose_time_is_over_is_not_shown_though_the_database_has_it_still(ana: Browser, salon: Store) -> None:
    salon.commit(
        Put(a_call("kept", caller="+12125550177", delete_at=later(1))),
        Put(a_call("over", caller="+12125550188", delete_at=NOW)),
    )
    page = ana.get("/calls").text
    assert "+1212***0177" in page
    assert "+1212***0188" not in page
    assert (ana.get("/calls/kept").status_code, ana.get("/calls/over").status_code) == (200, 404)


def test_a_transcript_is_never_markup(ana: Browser, salon: Store) -> None:
    salon.commit(Put(a_turn("c1", 3, text=EVIL)), Put(an_entry("e3", question=EVIL, answer=EVIL)))
    for path in ("/calls/c1", "/knowledge", f"/knowledge?q={EVIL}"):
        page = ana.get(path).text
        assert EVIL not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["/calls/c1", "/calls/none", "/calls/__x__"])
def test_a_call_of_another_organisation_does_not_exist(david: Browser, path: str) -> None:
    assert david.get(path).status_code == 404


def test_another_organisation_sees_none_of_it(david: Browser) -> None:
    assert "+1212" not in david.get("/calls").text
    assert "parking" not in david.get("/knowledge").text


def test_knowledge_says_who_taught_it(ana: Browser) -> None:
    page = ana.get("/knowledge").text
    assert "Learned" in page
    assert "from Ana" in page


def test_knowledge_can_be_searched(ana: Browser) -> None:
    page = ana.get("/knowledge?q=WEDDING").text
    assert "Do you do weddings?" in page
    assert "parking" not in page
