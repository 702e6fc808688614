from collections.abc import Callable

import pytest

from dashboard.switchboard import CallRefused
from tests.unit.dashboard.world import Browser, Clock, FakeIdentity, FakeSwitchboard


def test_anybody_may_open_the_page_that_calls_the_line(visitor: Browser) -> None:
    reply = visitor.get("/call")
    assert reply.status_code == 200
    assert 'value="+12125550100"' in reply.text


def test_the_page_can_be_for_another_number(visitor: Browser) -> None:
    assert 'value="+13125550100"' in visitor.get("/call/+13125550100").text


def test_a_number_in_the_address_is_never_markup(visitor: Browser) -> None:
    assert "<script>x" not in visitor.get("/call/<script>x").text


def test_the_page_may_talk_to_livekit_and_no_other_may(visitor: Browser) -> None:
    on_the_line = visitor.get("/call").headers["Content-Security-Policy"]
    assert "connect-src 'self' ws://127.0.0.1:7880 http://127.0.0.1:7880;" in on_the_line
    assert "connect-src 'self';" in visitor.get("/sign-in").headers["Content-Security-Policy"]


def test_a_call_gets_a_pass_with_an_anonymous_token(visitor: Browser, switchboard: FakeSwitchboard) -> None:
    reply = visitor.post("/call", number="+1 212 555 0100")
    assert reply.get_json() == {
        "call": "web-1",
        "url": "ws://127.0.0.1:7880",
        "token": "a pass",
        "identity": "caller-1",
    }
    assert switchboard.rung == [("+12125550100", "visitor-1")]


def test_a_visitor_who_calls_again_is_the_same_visitor(
    visitor: Browser, switchboard: FakeSwitchboard, clock: Clock
) -> None:
    visitor.post("/call", number="+12125550100")
    clock.passes(50 * 60)
    visitor.post("/call", number="+12125550100")
    clock.passes(6 * 60)
    visitor.post("/call", number="+12125550100")
    assert [token for _, token in switchboard.rung] == ["visitor-1", "visitor-1", "visitor-2"]


@pytest.mark.parametrize(
    ("reason", "status"), [("no_such_line", 404), ("line_busy", 409), ("not_signed_in", 401), ("out_of_order", 503)]
)
def test_a_call_that_is_refused_is_refused_in_words(
    visitor: Browser, switchboard: FakeSwitchboard, reason: str, status: int
) -> None:
    switchboard.refusal = CallRefused(reason, "The words for it.")
    reply = visitor.post("/call", number="+12125550100")
    assert reply.status_code == status
    assert reply.get_json() == {"reason": reason, "words": "The words for it."}


def test_who_calls_over_and_over_is_told_to_wait_and_gets_no_new_account(
    browser: Callable[[], Browser], switchboard: FakeSwitchboard, identity: FakeIdentity, clock: Clock
) -> None:
    for _ in range(6):
        assert browser().post("/call", number="+12125550100").status_code == 200
    reply = browser().post("/call", number="+12125550100")
    assert reply.status_code == 429
    assert "Wait a minute" in reply.get_json()["words"]
    assert identity.visitors == len(switchboard.rung) == 6
    clock.passes(61)
    assert browser().post("/call", number="+12125550100").status_code == 200


def test_a_token_that_was_refused_is_not_used_again(visitor: Browser, switchboard: FakeSwitchboard) -> None:
    switchboard.refusal = CallRefused("not_signed_in", "Load the page again.")
    visitor.post("/call", number="+12125550100")
    visitor.post("/call", number="+12125550100")
    assert [token for _, token in switchboard.rung] == ["visitor-1", "visitor-2"]


def test_a_call_while_nobody_can_sign_in_is_told_so(visitor: Browser, identity: FakeIdentity) -> None:
    identity.is_away = True
    reply = visitor.post("/call", number="+12125550100")
    assert reply.status_code == 503
    assert "right now" in reply.get_json()["words"]
