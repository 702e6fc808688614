"""What a rehearsal does about the answer, and what it says where there is nobody to call."""

import socket

import pytest

from holdline.help_request import LIVE, HelpRequest, Status
from holdline.store import Create, Store, must_get
from local.rehearsal import RehearsalFailed, answer_for_a_person, ring, unfinished
from tests.builders import NOW, a_claimed_request, a_request, a_request_that_is, an_answered_request, later


def test_an_answer_is_given_as_a_supervisor_would(store: Store) -> None:
    store.commit(Create(a_request()))
    assert answer_for_a_person(store, "request-1", "Yes.", at=NOW) is None
    assert must_get(store, HelpRequest, "request-1").record.accepted_answer == "Yes."


@pytest.mark.parametrize(
    "faster", [an_answered_request(answer="No."), a_claimed_request(until=later(60)), a_request_that_is(Status.EXPIRED)]
)
def test_who_or_what_was_faster_is_told_and_ends_nothing(store: Store, faster: HelpRequest) -> None:
    store.commit(Create(faster))
    told = answer_for_a_person(store, "request-1", "Yes.", at=NOW)
    if faster.status is Status.EXPIRED:
        assert told is None  # it becomes a follow-up
    else:
        assert told == "Already taken by Ana."
        assert must_get(store, HelpRequest, "request-1").record.accepted_answer == faster.accepted_answer


@pytest.mark.parametrize("status", Status)
def test_the_caller_waits_exactly_while_the_caller_is_owed_something(status: Status) -> None:
    request = a_request_that_is(status)
    assert unfinished([request]) == ([request] if status in LIVE else [])


async def test_a_stack_that_does_not_answer_is_one_sentence() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        stack = {"auth_emulator_host": address, "functions": {"create_room": f"http://{address}/create_room"}}
        with pytest.raises(RehearsalFailed, match=r"does not answer.*make demo"):
            await ring(stack, "+12125550100")
