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
_WAIT = re.compile(r"\b(?:wait|hold|stay)\b")
_YES = re.compile(r"(?:yes|yeah|yep|yup|right|correct|sure)\b")
_SOON = re.compile(r"\b(?:now|any ?time|whenever|soon|as soon as possible)\b")
NO_TIME = frozenset({Intent.deny, Intent.thanks, Intent.affirm, Intent.human, Intent.nothing})
"""What tells no time of day to call at, unless it has one in it: "afternoon" is a greeting, too."""
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
        """Those of which the caller is just being told, or is about to be."""
        self._made: set[str] = set()
        """Those for which it was made on this call, whatever came of it."""
        self._agreed: set[str] = set()
        """Those about which the caller will be called back, or has left a message."""

    @property
    def is_open(self) -> bool:
        return bool(self.requests)

    def was_made(self, request_id: str) -> bool:
        return request_id in self._made

    def agreed(self, request_id: str) -> None:
        """The caller has what they want of it for this question."""
        self._agreed.add(request_id)

    def takes(self, text: str) -> bool:
        """Whether the caller's words belong to it: all once it was made, and a choice before it is all said."""
        is_choice = _chooses(_CALL_ME, text) or _chooses(_MESSAGE, text)
        return self.is_open or (bool(self._being_made) and is_choice)

    def has_use_for(self, text: str) -> bool:
        """Whether words that mean nothing elsewhere, such as "today", mean something now."""
        return self.is_open and self._step is Step.WHEN and self._is_time(text)

    def was_asked(self, last_said: str | None) -> bool:
        """Whether its question is what the caller heard last, be it cut short: else their yes is to something else."""
        return last_said is not None and (self._asked in last_said or last_said in self._asked)

    @property
    def question(self) -> str:
        """What the caller was asked last."""
        return self._asked

    @property
    def yields_to_knowledge(self) -> bool:
        """Whether words that the line knows an answer to are a question, and not part of this."""
        return self._step in (Step.CHOICE, Step.MESSAGE)

    async def make(self, requests: Sequence[str], *, because: str) -> None:
        """Offer it, for these questions; `because` is the heading of the sentence. Open once the caller was told."""
        self._made.update(requests)
        self._being_made += tuple(requests)
        try:
            async with self._saying:
                await self._say_it(requests, because=because)
        finally:
            self._being_made = tuple(one for one in self._being_made if one not in requests)

    async def _say_it(self, requests: Sequence[str], *, because: str) -> None:
        def is_wanted() -> bool:
            return not self.is_open and any(one in self._being_made for one in requests)

        if is_wanted():
            if self._agreed.issuperset(requests):
                await self._floor.insist(words("offer", "as_agreed"), is_wanted=is_wanted)
                return
            self._callback = None
            self._ask(Step.CHOICE)
            await self._floor.insist(words("offer", because), is_wanted=is_wanted)
        still_wanted = (one for one in requests if one in self._being_made)
        self.requests = tuple(dict.fromkeys((*self.requests, *still_wanted)))

    def call_back(self, requests: Sequence[str], text: str) -> str:
        """The caller wants to be called back about these questions, and said so in `text`; what to say to that."""
        if self._callback is not None and self._agreed.issuperset(requests):
            self.requests = tuple(requests)
            self._keep(self._with_window(text))
            return self._done()
        self._begin(requests)
        return self._call_back(text)

    def drop(self, request_id: str | None = None) -> None:
        """It is no longer needed for this question, or for any."""
        self.requests = tuple(one for one in self.requests if request_id not in (None, one))
        self._being_made = tuple(one for one in self._being_made if request_id not in (None, one))

    def reply(self, text: str, kind: Intent) -> str:
        """Take in what the caller said, and tell what to say to it."""
        self._begin(())
        if kind is Intent.repeat:
            return self._asked
        if kind is Intent.withdraw and self._callback is not None:
            self._keep(None)
            self._agreed.difference_update(self.requests)
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

    def _begin(self, requests: Sequence[str]) -> None:
        """It is open for these, too, and for those of which the caller has not heard all."""
        self.requests = tuple(dict.fromkeys((*self.requests, *self._being_made, *requests)))

    def _chosen(self, text: str, kind: Intent) -> str:
        waits = _chooses(_WAIT, text)
        if (kind is Intent.affirm and not waits) or kind is Intent.call_back:
            return self._call_back(text)
        if _chooses(_CALL_ME, text):
            self._take_message(text)  # it may say about what
            return self._call_back(text)
        if _chooses(_MESSAGE, text):
            return self._ask(Step.MESSAGE)
        if kind in NO or waits:
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
        self._agreed.update(self.requests)
        for request_id in self.requests:
            self._writer.put(partial(line.take_message, self._store, request_id, text), what="the message")

    def _call_back(self, text: str) -> str:
        self._callback = Callback(number=self._call.number, asked_at=self._clock())
        self._agreed.update(self.requests)
        self._keep(self._with_window(text))
        return self._ask(Step.MY_NUMBER if self._call.number else Step.WHICH_NUMBER)

    def _number(self, text: str, kind: Intent) -> str:
        heard = number_in(text, line=self._call.line)
        if heard is not None:
            self._heard_number = heard
            return self._ask(Step.READ_BACK, number=read_back(heard))
        is_yes = kind is Intent.affirm or _YES.match(text.casefold()) is not None
        if is_yes and self._step is Step.MY_NUMBER:
            return self._ask(Step.TEXT)
        if is_yes and self._step is Step.READ_BACK:
            self._keep(self._wish.model_copy(update={"number": self._heard_number}))
            return self._ask(Step.TEXT)
        if kind is Intent.deny and self._step is not Step.WHICH_NUMBER:
            return self._ask(Step.WHICH_NUMBER)
        self._tries += 1
        if self._tries < TRIES:
            if self._step is Step.WHICH_NUMBER:
                self._asked = words("offer", "number_again")
            return self._asked
        if self._step is not Step.MY_NUMBER:  # better words that a person can make sense of than nothing
            said = self._heard_number if self._step is Step.READ_BACK else text
            self._take_message(f"{words('offer', 'number_as_said')} {said}")
        return self._ask_when()

    def _consent(self, kind: Intent) -> str:
        """Only a plain yes is one."""
        if kind is Intent.affirm:
            self._keep(self._wish.model_copy(update={"consents_to_text": True}))
        return self._ask_when()

    def _when(self, text: str, kind: Intent) -> str:
        if self._is_time(text) or kind not in NO_TIME | {Intent.greeting, Intent.presence}:
            self._keep(self._with_window(text, anyhow=True))
        elif kind not in NO_TIME:  # "hello?"
            return self._asked
        return self._done()

    def _ask_when(self) -> str:
        return self._done() if self._wish.window else self._ask(Step.WHEN)

    def _done(self) -> str:
        self.drop()
        return words("offer", "done")

    def _is_time(self, text: str) -> bool:
        said = text.casefold()
        return _SOON.search(said) is not None or window_of(text, at=self._clock(), zone=self._zone)[0] is not None

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


def _chooses(what: re.Pattern[str], text: str) -> bool:
    return len(text.split()) <= LONGEST_CHOICE and what.search(text.casefold()) is not None
