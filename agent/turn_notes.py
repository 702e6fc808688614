"""The notes that code gives the model for one turn: what to say, or that a person must be asked.

Each is plain English, so that a language model can follow it, and has one fixed opening, so that the rule-driven
model can. Both read the very same words; `parse` is what the rules see.
"""

from dataclasses import dataclass
from enum import StrEnum

from livekit.agents import llm


class Do(StrEnum):
    SAY = "say"
    ASK = "ask"
    SAY_GOODBYE = "say goodbye"


@dataclass(frozen=True)
class Note:
    """What a note asks for: `words` to be said, or the question to be passed on and the `reason` for it."""

    do: Do
    words: str
    reason: str = ""


KNOWN = "The answer is known. Say exactly this and add nothing to it: "
SMALL_TALK = "No fact is wanted. Reply with exactly this: "
GOODBYE = "The caller is leaving. Call `end_call` and say exactly this: "
UNKNOWN = "The answer is not known here. Call `ask_supervisor` once, guess nothing and say nothing yourself. Reason: "
QUESTION = "\nThe question: "


def known(answer: str) -> str:
    """A fact from the organisation's knowledge, to be said as it stands."""
    return KNOWN + answer


def unknown(question: str, reason: str) -> str:
    """A question for a supervisor; `reason` is one line."""
    return UNKNOWN + " ".join(reason.split()) + QUESTION + question


def small_talk(words: str) -> str:
    """A courtesy, or a sentence about the call itself."""
    return SMALL_TALK + words


def goodbye(words: str) -> str:
    """The last words of a call."""
    return GOODBYE + words


def parse(text: str) -> Note | None:
    """The note in `text`, or None where it is not one."""
    for opening, do in ((KNOWN, Do.SAY), (SMALL_TALK, Do.SAY), (GOODBYE, Do.SAY_GOODBYE)):
        if text.startswith(opening):
            return Note(do, text.removeprefix(opening))
    if text.startswith(UNKNOWN):
        reason, mark, question = text.removeprefix(UNKNOWN).partition(QUESTION)
        if mark:
            return Note(Do.ASK, question, reason)
    return None


def open_note(chat_ctx: llm.ChatContext) -> Note | None:
    """The turn's note, unless something was already said or called because of it."""
    for item in reversed(chat_ctx.items):
        if item.type in ("function_call", "function_call_output"):
            return None
        if isinstance(item, llm.ChatMessage):
            if item.role == "assistant":
                return None
            if item.role in ("system", "developer") and (note := parse(item.text_content or "")) is not None:
                return note
    return None
