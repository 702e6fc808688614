"""What a person does to a help request, from whatever page: done, or refused at the field, which keeps its words."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import Response, abort, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from dashboard.failures import SAYS
from dashboard.preview import VoiceUnavailable
from dashboard.services import services
from holdline import desk
from holdline.errors import HoldlineError, IllegalTransition, InvalidAnswer, NotFound, Unavailable
from holdline.help_request import HelpRequest
from holdline.records import checked_id

DONE = "Holdline-Done"
"""What a script is told. Not as an htmx event: its form may be gone by then, since the stream can be faster."""
_VERSION = re.compile(r"[0-9]{1,9}")
STORAGE_IS_AWAY = "Our storage does not answer. Your words are still here: send them again in a moment."


@dataclass(frozen=True)
class Typed:
    """What stands in a box, and what is to be said about it; `field` is the box's name on its page."""

    field: str
    words: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Origin:
    """The page that something is done on."""

    address: str
    again: Callable[[Typed], str | None]
    """The page as it is now, with what was typed; None where the request has no place on it any more."""


def do(
    verb: str, request_id: str, act: Callable[[datetime], HelpRequest], *, on: Origin, typed: Typed | None = None
) -> AnyResponse:
    try:
        check(request_id)
        done = act(services().clock())
    except HoldlineError as refusal:
        return refused(refusal, on=on, typed=typed or Typed(request_id))
    services().hub.note(g.person.org, done)
    if not has_script():
        return redirect(on.address, code=HTTPStatus.SEE_OTHER)
    # The card itself comes by the stream, which alone knows what is newest.
    told = {"request": request_id, "verb": verb, "status": done.status.value}
    return Response(status=HTTPStatus.NO_CONTENT, headers={DONE: json.dumps(told)})


def correct_words(request_id: str, *, on: Origin, first: Callable[[datetime], object] = lambda at: None) -> AnyResponse:
    """Replace an answer; `first` may refuse by aborting."""
    words = request.form.get("answer", "")
    version = shown_version()

    def act(at: datetime) -> HelpRequest:
        first(at)
        return desk.correct(g.store, request_id, words, of_version=version, by=g.person.ref, at=at)

    return do("correct", request_id, act, on=on, typed=Typed(f"{request_id}-correction", words))


def shown_version() -> int:
    """The answer that the page showed to whoever sent this form; aborts where the form does not say."""
    version = request.form.get("version", "")
    if not _VERSION.fullmatch(version):
        abort(HTTPStatus.BAD_REQUEST)
    return int(version)


def written(typed: Typed | None) -> dict[str, dict[str, str]]:
    """For a page's template: drafts and notes by the name of their field."""
    drafts = {typed.field: typed.words} if typed is not None and typed.words is not None else {}
    return {"drafts": drafts, "notes": {typed.field: typed.note} if typed is not None else {}}


def refused(refusal: HoldlineError, *, on: Origin, typed: Typed) -> AnyResponse:
    """Said at the field, with the words that were typed kept there."""
    match refusal:
        case NotFound():
            abort(HTTPStatus.NOT_FOUND)
        case InvalidAnswer():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        case IllegalTransition():
            status = HTTPStatus.CONFLICT
        case VoiceUnavailable():
            status = HTTPStatus.BAD_GATEWAY
        case Unavailable():
            status = HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            raise refusal
    words = STORAGE_IS_AWAY if isinstance(refusal, Unavailable) else str(refusal)
    if has_script():
        # Only the note: the box with the draft stays as it is.
        place = f"[data-note={json.dumps(typed.field)}]"
        headers = {"HX-Retarget": place, "HX-Reswap": "textContent", SAYS: "yes"}
        return Response(words, status=status, mimetype="text/plain", headers=headers)
    page = None
    if status is not HTTPStatus.SERVICE_UNAVAILABLE:
        page = on.again(Typed(typed.field, typed.words, note=words))
    return Response(page or _unsent(words, typed, on), status=status)


def check(request_id: str) -> None:
    """Raises NotFound for what cannot be the id of one."""
    try:
        checked_id(request_id)
    except ValueError:
        raise NotFound(f"{HelpRequest.collection}/{request_id}") from None


def has_script() -> bool:
    return "HX-Request" in request.headers


def _unsent(words: str, typed: Typed, on: Origin) -> str:
    """A page of its own, from which the same form can be sent again."""
    again: Mapping[str, str] = {
        name: value for name, value in request.form.items() if name not in ("answer", "csrf_token")
    }
    return render_template("unsent.html", words=words, draft=typed.words, again=again, back=on.address)
