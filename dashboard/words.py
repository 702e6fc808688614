"""How times, statuses and speakers are worded on the pages. Pure; registered as template filters by `create_app`."""

from datetime import datetime, timedelta

from flask import Flask

from dashboard.asked import asked_of, first_asked
from dashboard.delivery import steps_of
from dashboard.owed import Due, Owed
from holdline.call import Call, Outcome, Speaker
from holdline.callback import Callback
from holdline.help_request import TRANSITIONS, ContextTurn, Event, HelpRequest, Status
from holdline.people import Organisation
from holdline.redaction import masked
from holdline.text_message import TextStatus

ENDINGS = {
    Status.DELIVERED: "Heard by the caller",
    Status.EXPIRED: "Nobody answered in time",
    Status.WITHDRAWN: "The caller no longer needs to know",
    Status.CALLER_LEFT: "The caller hung up",
    Status.FOLLOW_UP: "Kept for a follow-up",
    Status.FOLLOWED_UP: "Followed up",
    Status.CLOSED: "Closed",
}
OUTCOMES = {
    Outcome.CALLER_LEFT: "Caller hung up",
    Outcome.AGENT_ENDED: "Said goodbye",
    Outcome.NOT_CONNECTED: "Not connected",
    Outcome.FAILED: "Failed",
}
WITHOUT_NUMBER = {
    "": "Browser caller",
    "browser": "Browser caller",
    "front end": "Front-end caller",
    "console": "Console caller",
}
SPEAKERS = {Speaker.CALLER: "Caller", Speaker.AGENT: "Agent", Speaker.SUPERVISOR: "Your team"}


def register(app: Flask) -> None:
    app.add_template_filter(clock_time)
    app.add_template_filter(day_and_time)
    app.add_template_filter(elapsed)
    app.add_template_filter(shown_caller)
    app.add_template_filter(said_before)
    app.add_template_filter(steps_of, "steps")
    app.add_template_filter(masked)
    app.add_template_filter(promise)
    app.add_template_filter(period)
    app.add_template_filter(texted)
    app.add_template_filter(asked_of)
    app.add_template_filter(first_asked)
    app.add_template_test(is_correctable, "correctable")
    app.jinja_env.globals.update(endings=ENDINGS, outcomes=OUTCOMES, speakers=SPEAKERS)


def clock_time(at: datetime, organisation: Organisation) -> str:
    """To the second, where the organisation is."""
    return at.astimezone(organisation.zone).strftime("%H:%M:%S")


def day_and_time(at: datetime, organisation: Organisation) -> str:
    local = at.astimezone(organisation.zone)
    return f"{local.day} {local:%b}, {local:%H:%M}"


def period(wish: Callback, organisation: Organisation) -> str:
    """When a caller wants to be called, where the organisation is; the day once, where it is one."""
    since, until = wish.not_before, wish.not_after
    if since is None or until is None:
        return " ".join(
            f"{word} {day_and_time(at, organisation)}" for word, at in (("from", since), ("until", until)) if at
        )
    begins, ends = day_and_time(since, organisation), day_and_time(until, organisation)
    is_one_day = since.astimezone(organisation.zone).date() == until.astimezone(organisation.zone).date()
    return f"{begins} to {ends.rpartition(', ')[2] if is_one_day else ends}"


def promise(owed: Owed, organisation: Organisation) -> str:
    """What time says of a follow-up; nothing where no time was promised."""
    wish = owed.request.callback
    since = day_and_time(wish.not_before, organisation) if wish and wish.not_before else ""
    until = day_and_time(wish.not_after, organisation) if wish and wish.not_after else ""
    return {
        Due.WHENEVER: "",
        Due.LATER: f"Not before {since}",
        Due.NOW: f"Due now, until {until}" if until else "Due now",
        Due.OVERDUE: f"Overdue since {until}",
    }[owed.due]


def texted(request: HelpRequest) -> str:
    """What became of the text that takes an answer to its caller."""
    text = request.caller_text
    if text is None:
        return ""
    why = f": {text.problem}" if text.problem else ""
    if text.status is TextStatus.FAILED:
        return (
            f"The text may not have arrived{why}" if text.may_have_arrived else f"The answer could not be texted{why}"
        )
    which = "The answer" if text.version >= request.answer_version else "An earlier answer"
    return f"{which} is being texted" if text.is_under_way else f"{which} was texted"


def elapsed(duration: timedelta) -> str:
    """Minutes and seconds, as a hold clock shows them."""
    seconds = max(0, int(duration.total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


def shown_caller(caller: str | Call) -> str:
    number = masked(caller.caller) if isinstance(caller, Call) else caller
    return WITHOUT_NUMBER.get(number, number)


def is_correctable(request: HelpRequest) -> bool:
    """Whether its answer may still be replaced."""
    return request.accepted_answer is not None and Event.CORRECTED in TRANSITIONS[request.status]


def said_before(request: HelpRequest) -> tuple[ContextTurn, ...]:
    """The last turns, without the question itself, which the card shows already."""
    turns = request.context
    if turns and turns[-1].who is Speaker.CALLER and _bare(turns[-1].text) == _bare(request.question):
        return turns[:-1]
    return turns


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
