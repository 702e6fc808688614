"""What a caller is offered whom nobody can answer now: to be called back, or to leave a message.

One step at a time, each with its sentence in `prompts/offer.md`. What has been said so far is kept after every step, so
that who hangs up in the middle is called back all the same.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import tzinfo
from enum import StrEnum
from functools import partial

from agent.floor import Floor
from agent.spoken_number import number_in, read_back
from agent.spoken_window import window_of
from agent.transcript import Clock
from agent.words import line as words
from agent.writer import Writer
from holdline import line
from holdline.call import Call
from holdline.callback import WORDS_LIMIT, Callback
from holdline.intent import Intent
from holdline.store import Store

NOT_YET = frozenset({Intent.greeting, Intent.presence, Intent.repeat, Intent.human, Intent.nothing})
"""What a caller may say before they choose."""
NO = frozenset({Intent.deny, Intent.withdraw, Intent.thanks})
TRIES = 2
"""So often a number is asked for; then it is kept as it was said."""
_CALL_ME = re.compile(r"\b(?:call ?backs?|call(?: \w+)? back|(?:call|ring|phone) me|(?:a|the) call)\b")
_MESSAGE = re.compile(r"\b(?:(?:a|the|my) message|message please)\b|^message$")
LONGEST_CHOICE = 8
"""Words; who says more than that is leaving the message already."""


class Step(StrEnum):
    """What the caller has just been asked."""

    CHOICE = "choice"
    MESSAGE = "message"
    MY_NUMBER = "my_number"
    WHICH_NUMBER = "which_number"
    READ_BACK = "read_back"
    TEXT = "text"
    WHEN = "when"


class Offer:
    def __init__(self, store: Store, call: Call, *, floor: Floor, writer: Writer, zone: tzinfo, clock: Clock) -> None:
        self._store = store
        self._call = call
        self._floor = floor
        self._writer = writer
        self._zone = zone
        self._clock = clock
        self._saying = asyncio.Lock()
        self._step = Step.CHOICE
        self._asked = ""
        self._tries = 0
        """Of this step, that came to nothing."""
        self._heard_number: str | None = None
        self._callback: Callback | None = None
        self.requests: tuple[str, ...] = ()
        """The questions that it is for; none while nothing is offered."""
        self._being_made: tuple[str, ...] = ()
        """Those of which the caller is just being told."""

    @property
    def is_open(self) -> bool:
        return bool(self.requests)

    @property
    def yields_to_knowledge(self) -> bool:
        """Whether words that the line knows an answer to are a question, and not part of this."""
        return self._step in (Step.CHOICE, Step.MESSAGE)

    async def make(self, requests: Sequence[str], *, because: str) -> None:
        """Offer it, for these questions; `because` is the heading of the sentence. Open once the caller was told."""
        async with self._saying:
            if not self.is_open:
                self._being_made = tuple(requests)
                self._callback = None
                self._ask(Step.CHOICE)
                await self._floor.insist(words("offer", because), is_wanted=lambda: not self.is_open)
                self._being_made = ()
            self.requests = tuple(dict.fromkeys((*self.requests, *requests)))

    def call_back(self, requests: Sequence[str], text: str) -> str:
        """The caller wants to be called back about these questions, and said so in `text`; what to say to that."""
        self.requests = tuple(dict.fromkeys((*self.requests, *self._being_made, *requests)))
        return self._call_back(text)

    def drop(self, request_id: str | None = None) -> None:
        """It is no longer needed for this question, or for any."""
        self.requests = () if request_id is None else tuple(one for one in self.requests if one != request_id)

    def reply(self, text: str, kind: Intent) -> str:
        """Take in what the caller said, and tell what to say to it."""
        if kind is Intent.repeat:
            return self._asked
        if kind is Intent.withdraw and self._callback is not None:
            self._keep(None)
            self.drop()
            return words("withdrawn")
        match self._step:
            case Step.CHOICE:
                return self._chosen(text, kind)
            case Step.MESSAGE:
                return self._message(text, kind)
            case Step.MY_NUMBER | Step.WHICH_NUMBER | Step.READ_BACK:
                return self._number(text, kind)
            case Step.TEXT:
                return self._consent(kind)
            case Step.WHEN:
                return self._when(text, kind)

    def _chosen(self, text: str, kind: Intent) -> str:
        said = text.casefold()
        is_short = len(said.split()) <= LONGEST_CHOICE
        if kind is Intent.affirm or kind is Intent.call_back:
            return self._call_back(text)
        if is_short and _CALL_ME.search(said):
            self._take_message(text)  # it may say about what
            return self._call_back(text)
        if is_short and _MESSAGE.search(said):
            return self._ask(Step.MESSAGE)
        if kind in NO:
            self.drop()
            return words("no_message")
        return self._asked if kind in NOT_YET else self._message(text, kind)

    def _message(self, text: str, kind: Intent) -> str:
        if kind in NO:
            self.drop()
            return words("no_message")
        if kind in NOT_YET or kind is Intent.affirm:
            return self._asked
        self._take_message(text)
        self.drop()
        return words("message_taken")

    def _take_message(self, text: str) -> None:
        for request_id in self.requests:
            self._writer.put(partial(line.take_message, self._store, request_id, text), what="the message")

    def _call_back(self, text: str) -> str:
        self._callback = Callback(number=self._call.number, asked_at=self._clock())
        self._keep(self._with_window(text))
        return self._ask(Step.MY_NUMBER if self._call.number else Step.WHICH_NUMBER)

    def _number(self, text: str, kind: Intent) -> str:
        heard = number_in(text, line=self._call.line)
        if heard is not None:
            self._heard_number = heard
            return self._ask(Step.READ_BACK, number=read_back(heard))
        if kind is Intent.affirm and self._step is Step.MY_NUMBER:
            return self._ask(Step.TEXT)
        if kind is Intent.affirm and self._step is Step.READ_BACK:
            self._keep(self._wish.model_copy(update={"number": self._heard_number}))
            return self._ask(Step.TEXT)
        if kind is Intent.deny and self._step is not Step.WHICH_NUMBER:
            return self._ask(Step.WHICH_NUMBER)
        self._tries += 1
        if self._tries < TRIES:
            return words("offer", "number_again") if self._step is Step.WHICH_NUMBER else self._asked
        if self._step is not Step.MY_NUMBER:  # better words that a person can make sense of than nothing
            self._take_message(f"{words('offer', 'number_as_said')} {text}")
        return self._ask_when()

    def _consent(self, kind: Intent) -> str:
        """Only a plain yes is one."""
        if kind is Intent.affirm:
            self._keep(self._wish.model_copy(update={"consents_to_text": True}))
        return self._ask_when()

    def _when(self, text: str, kind: Intent) -> str:
        if kind is Intent.question:
            self._keep(self._with_window(text, anyhow=True))
        self.drop()
        return words("offer", "done")

    def _ask_when(self) -> str:
        if not self._wish.window:
            return self._ask(Step.WHEN)
        self.drop()
        return words("offer", "done")

    def _with_window(self, text: str, *, anyhow: bool = False) -> Callback:
        """With when to call, where the words say it; `anyhow` with the words even so."""
        since, until = window_of(text, at=self._clock(), zone=self._zone)
        if since is None and not anyhow:
            return self._wish
        window = {"window": text[:WORDS_LIMIT], "not_before": since, "not_after": until}
        return self._wish.model_copy(update=window)

    @property
    def _wish(self) -> Callback:
        return self._callback or Callback(number=self._call.number, asked_at=self._clock())

    def _keep(self, callback: Callback | None) -> None:
        self._callback = callback
        for request_id in self.requests:
            self._writer.put(
                partial(line.take_callback, self._store, request_id, callback), what="the wish to be called back"
            )

    def _ask(self, step: Step, **values: str) -> str:
        self._step, self._tries = step, 0
        self._asked = words("offer", step, **values)
        return self._asked
