"""Whose page calls for attention while a question is put to those who have the skill."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from holdline import line, presence
from holdline.help_request import HelpRequest
from holdline.ladder import Rung
from holdline.people import Person, PersonRef
from holdline.presence import Presence
from holdline.store import Delete, Query, Store
from tests.e2e.pages.cards import card_of, now

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

SKILL = "colour"


@pytest.fixture
def has_the_skill(store: Store, people: list[dict[str, str]]) -> Person:
    """The second of the people, as the demo data have it."""
    [person] = [one for one in store.find(Query(Person)).records if one.email == people[1]["email"]]
    assert SKILL in person.skills
    return person


@pytest.fixture
def is_there(store: Store, has_the_skill: Person) -> Iterator[Presence]:
    """At the desk already when the first page opens, which otherwise would learn of it within a reading."""
    yield presence.beat(store, PersonRef(uid=has_the_skill.id, name=has_the_skill.name), at=now())
    for stored in store.find(Query(Presence)).stored:
        store.commit(Delete(stored))


def test_only_those_with_the_skill_are_called_until_anyone_is_asked(
    signed_in: Callable[..., Page],
    people: list[dict[str, str]],
    ask: Callable[..., HelpRequest],
    store: Store,
    has_the_skill: Person,
    is_there: Presence,
) -> None:
    other, skilled = signed_in(people[0]), signed_in(people[1])
    for page in (other, skilled):
        expect(page.locator("#desk")).to_contain_text("you")
    expect(other.locator("#desk")).to_contain_text(has_the_skill.name, timeout=20_000)
    request = ask("Can you match a copper balayage?", skill=SKILL, rung=Rung.SKILLED)
    expect(card_of(other, request)).to_contain_text(f"Colour: {has_the_skill.name} first")
    expect(skilled.locator("#announcer")).to_have_text("Somebody new is waiting")
    assert skilled.title().startswith("(1)")
    assert other.locator("#announcer").inner_text() == ""
    assert not other.title().startswith("(")
    expect(card_of(other, request).get_by_role("button", name="Claim")).to_be_visible()
    line.climb(store, request.id, Rung.ANYONE, at=now())
    expect(other.locator("#announcer")).to_have_text("Somebody new is waiting")
    assert other.title().startswith("(1)")
