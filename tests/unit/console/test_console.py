"""The console is a whole call: what is typed is heard, asked, answered, said word for word, and known afterwards."""

import pytest

from holdline.call import CallKind, Outcome, Speaker
from holdline.errors import NoVoiceAgent
from holdline.front_end import Line
from holdline.help_request import Status
from tests.unit.console.script import Script

PARKING = "do you have parking"
DOGS = "can i bring my dog"
ANSWER = "Yes: 12 places behind the house, # 3 is *ours*."


async def test_a_question_is_asked_answered_in_exact_words_and_known_when_it_is_asked_again(script: Script) -> None:
    await script.run(PARKING, f"/answer {ANSWER}", "is there somewhere to park")
    [request] = script.requests
    assert (request.status, request.question, request.accepted_answer) == (Status.DELIVERED, PARKING, ANSWER)
    assert request.id in script.shown("request 1")[0]
    assert "waits for a person" in script.shown("request 1")[0]
    assert "heard by the caller" in script.shown("request 1")[-1]
    assert script.shown("supervisor") == [ANSWER]
    assert script.said(Speaker.SUPERVISOR) == [ANSWER]
    assert f"agent       {ANSWER}" in script.after("is there somewhere to park")
    assert [entry.answer for entry in script.learned] == [ANSWER]


async def test_what_the_line_knows_is_said_and_shown_with_its_score(script: Script) -> None:
    await script.run("how much is a haircut")
    caller, *known, agent = script.after("how much is a haircut")
    assert caller == "caller      how much is a haircut"
    assert any("How much is a haircut?  (known)" in text for text in known)
    assert agent.startswith("agent       Haircuts start at")
    assert script.requests == ()


async def test_a_tool_that_is_called_is_shown_after_the_words_that_led_to_it(script: Script) -> None:
    await script.run(PARKING)
    after = script.after(PARKING)
    [tool] = [n for n, text in enumerate(after) if text.startswith("tool        ask_supervisor(")]
    assert f"question='{PARKING}'" in after[tool]
    assert tool > after.index(f"caller      {PARKING}")


async def test_the_caller_is_told_who_is_looking_at_it(script: Script) -> None:
    await script.run(PARKING, "/claim")
    assert "agent       Ana is looking at it now." in script.after("/claim")


async def test_of_several_questions_one_is_named_by_its_number(script: Script) -> None:
    await script.run(PARKING, DOGS, "/answer Small ones.", "/answer 2 Small ones, yes.", "/answer 1 hour is free.")
    [refusal] = script.after("/answer Small ones.")
    assert "say which: 1, 2" in refusal
    assert [request.accepted_answer for request in script.requests] == ["1 hour is free.", "Small ones, yes."]


async def test_an_answer_that_cannot_be_spoken_is_refused_in_words_and_the_question_stays_open(script: Script) -> None:
    await script.run(PARKING, "/answer <b>Yes</b>", "/answer Yes.")
    [refusal] = script.after("/answer <b>Yes</b>")
    assert refusal.startswith("error")
    assert "markup" in refusal
    assert script.requests[0].accepted_answer == "Yes."


async def test_a_caller_who_no_longer_wants_to_know_withdraws_the_question(script: Script) -> None:
    await script.run(PARKING, "never mind")
    assert script.requests[0].status is Status.WITHDRAWN


@pytest.mark.parametrize("line", ["/answer Yes.", "/claim"])
async def test_there_is_nothing_to_answer_before_anything_was_asked(script: Script, line: str) -> None:
    await script.run(line)
    [refusal] = script.after(line)
    assert "No question is open" in refusal


async def test_what_is_no_command_is_told_those_that_are(script: Script) -> None:
    await script.run("/transfer", "/answer", "", "/requests", "/help")
    assert "/answer, /claim, /requests" in script.after("/transfer")[0]
    assert "What shall the caller hear?" in script.after("/answer")[0]
    assert script.after("") == []
    assert script.after("/requests") == ["Nothing has been asked of a person."]
    assert any("/answer The exact words" in text for text in script.after("/help"))
    assert script.said(Speaker.CALLER) == []


async def test_all_that_was_asked_is_shown_with_what_became_of_it(script: Script) -> None:
    await script.run(PARKING, "/answer Yes.", "/requests")
    [shown] = script.after("/requests")
    assert shown.startswith("request 1   heard by the caller")


async def test_quitting_hangs_up_and_reads_no_further(script: Script) -> None:
    written = await script.run(PARKING, "/quit", DOGS)
    assert script.terminal.taken == 2
    assert (script.call.kind, script.call.outcome) == (CallKind.CONSOLE, Outcome.CALLER_LEFT)
    assert "the caller hung up" in script.shown("request 1")[-1]
    assert written[-1] == "The call is over: caller left."


async def test_a_call_that_the_agent_ends_takes_no_more_lines(script: Script) -> None:
    written = await script.run("thank you goodbye", DOGS, DOGS)
    assert script.requests == ()
    assert script.call.outcome is Outcome.AGENT_ENDED
    assert written[-1] == "The call is over: agent ended."


async def test_the_end_of_the_input_waits_so_long_for_what_is_open_and_no_longer(script: Script) -> None:
    await script.run(PARKING, wait_s=30)
    [request] = script.requests
    assert request.status is Status.CALLER_LEFT
    assert request.closed_at is not None
    assert 30 <= (request.closed_at - request.asked_at).total_seconds() < 40
    assert "waiting up to 30 s for what is open" in " ".join(script.terminal.written)


async def test_a_question_that_nobody_answers_in_time_ends_as_it_does_on_the_telephone(script: Script) -> None:
    await script.run(PARKING, wait_s=300)
    assert script.requests[0].status is Status.EXPIRED


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (Line("luxe-beauty-salon", "nobody"), "luxe-beauty-salon has no voice agent nobody. It has: front-desk."),
        (Line("nowhere", "front-desk"), "There are: bright-smile-dental, luxe-beauty-salon."),
    ],
)
async def test_whoever_asks_for_nobody_is_told_whom_there_is(script: Script, line: Line, words: str) -> None:
    with pytest.raises(NoVoiceAgent, match=words):
        await script.run(line=line)
    assert script.terminal.written == []


async def test_another_organisations_voice_agent_knows_that_organisation_alone(script: Script) -> None:
    await script.run("how much is a haircut", line=Line("bright-smile-dental", "reception"))
    assert "This is Grace" not in script.shown("agent")[0]
    assert "Grace" in script.shown("agent")[0]
    assert not [text for text in script.shown("knowledge") if "(known)" in text]
