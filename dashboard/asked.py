"""Whom a question is put to, in a card's words. Pure."""

from dataclasses import dataclass

from dashboard.attendance import AtTheDesk, Somebody
from holdline.help_request import OPEN, HelpRequest
from holdline.ladder import Rung
from holdline.text_message import TextMessage, TextStatus

NOBODY = "Nobody was at the desk: the caller was offered a call back"
NOT_YET = "Nobody has answered: whoever is on duty is texted"


@dataclass(frozen=True)
class Asked:
    words: str
    is_trouble: bool = False
    """Somebody should do something about it."""


def asked_of(request: HelpRequest, desk: AtTheDesk | None) -> tuple[Asked, ...]:
    """Nothing for a question that is put to everybody; `desk` None where it is not known who is there."""
    said = [_texted(request.duty_text)] if request.duty_text is not None else []
    match request.rung:
        case Rung.SKILLED if request.status in OPEN and request.skill:
            names = _listed([one.name for one in first_asked(request, desk)])
            skill = request.skill[:1].upper() + request.skill[1:]
            return (Asked(f"{skill}: {names or 'whoever has the skill'} first"),)
        case Rung.ON_DUTY:
            return tuple(said or [Asked(NOT_YET)] if request.status in OPEN else said)
        case Rung.NOBODY:
            return (Asked(NOBODY), *said)
        case _:
            return ()


def first_asked(request: HelpRequest, desk: AtTheDesk | None) -> tuple[Somebody, ...]:
    """Whose pages are to sound; nobody's in particular where all are asked."""
    return desk.with_skill(request.skill) if desk is not None and request.rung is Rung.SKILLED else ()


def _texted(text: TextMessage) -> Asked:
    name = text.to.name if text.to is not None else None
    match text.status:
        case TextStatus.SENDING:
            return Asked(f"{name or 'Whoever is on duty'} is being texted")
        case TextStatus.SENT:
            return Asked(f"{name or 'Whoever is on duty'} was texted")
        case TextStatus.FAILED:
            why = f": {text.problem}" if text.problem else ""
            became = "may not have arrived" if text.may_have_arrived else "could not be sent"
            return Asked(f"The text to {name or 'whoever is on duty'} {became}{why}", is_trouble=True)


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
