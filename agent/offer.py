"""What a caller is offered whom nobody can answer now: to be called back, or to leave a message.

Each question has its sentence in `prompts/offer.md`; those about a call back are `callback_dialog.py`'s. What has been
said so far is kept after every step, so that who hangs up in the middle is called back all the same.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import tzinfo
from functools import partial

from agent.callback_dialog import CallbackDialog
from agent.floor import Floor
from agent.transcript import Clock
from agent.words import line as words
from agent.writer import Writer
from holdline import line
from holdline.call import Call
from holdline.callback import Callback
from holdline.intent import Intent
from holdline.store import Store

NOT_YET = frozenset({Intent.greeting, Intent.presence, Intent.repeat, Intent.human, Intent.nothing})
"""What a caller may say before they choose."""
NO = frozenset({Intent.deny, Intent.withdraw, Intent.thanks})
_CALL_ME = re.compile(r"\b(?:call ?backs?|call(?: \w+)? back|(?:call|ring|phone) me|(?:a|the) call)\b")
_MESSAGE = re.compile(r"\b(?:(?:a|the|my) message|message please)\b|^message$")
_WAIT = re.compile(r"\b(?:wait|hold|stay)\b")
LONGEST_CHOICE = 8
"""Words; who says more than that is leaving the message already."""


class Offer:
    def __init__(self, store: Store, call: Call, *, floor: Floor, writer: Writer, zone: tzinfo, clock: Clock) -> None:
        self._store = store
        self._call = call
        self._floor = floor
        self._writer = writer
        self._zone = zone
        self._clock = clock
        self._saying = asyncio.Lock()
        self._asked = ""
        """Which of the two they want, or for their message; what else is asked, `_callback` asks."""
        self._is_message_wanted = False
        self._callback: CallbackDialog | None = None
        """Where they want one."""
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
        return self.is_open and self._callback is not None and self._callback.has_use_for(text)

    def was_asked(self, last_said: str | None) -> bool:
        """Whether its question is what the caller heard last, be it cut short: else their yes is to something else."""
        return last_said is not None and (self.question in last_said or last_said in self.question)

    @property
    def question(self) -> str:
        """What the caller was asked last."""
        return self._asked if self._callback is None else self._callback.question

    @property
    def yields_to_knowledge(self) -> bool:
        """Whether words that the line knows an answer to are a question, and not part of this."""
        return self._callback is None

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
            self._ask("choice")
            await self._floor.insist(words("offer", because), is_wanted=is_wanted)
        still_wanted = (one for one in requests if one in self._being_made)
        self.requests = tuple(dict.fromkeys((*self.requests, *still_wanted)))

    def call_back(self, requests: Sequence[str], text: str) -> str:
        """The caller wants to be called back about these questions, and said so in `text`; what to say to that."""
        if self._callback is not None and self._agreed.issuperset(requests):
            self.requests = tuple(requests)
            return self._after(self._callback.begin_again(text))
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
            return self.question
        if self._callback is None:
            return self._message(text, kind) if self._is_message_wanted else self._chosen(text, kind)
        if kind is Intent.withdraw:
            self._callback = None
            self._keep(None)
            self._agreed.difference_update(self.requests)
            self.drop()
            return words("withdrawn")
        return self._after(self._callback.reply(text, kind))

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
            return self._ask("message")
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
        self._agreed.update(self.requests)
        self._callback = CallbackDialog(
            self._call, zone=self._zone, clock=self._clock, keep=self._keep, add_to_message=self._take_message
        )
        return self._callback.begin(text)

    def _after(self, reply: str) -> str:
        """What the dialog replied; nothing is offered any more once it has come to its end."""
        if self._callback is not None and self._callback.is_done:
            self.drop()
        return reply

    def _keep(self, callback: Callback | None) -> None:
        for request_id in self.requests:
            self._writer.put(
                partial(line.take_callback, self._store, request_id, callback), what="the wish to be called back"
            )

    def _ask(self, step: str) -> str:
        self._is_message_wanted = step == "message"
        self._asked = words("offer", step)
        return self._asked


def _chooses(what: re.Pattern[str], text: str) -> bool:
    return len(text.split()) <= LONGEST_CHOICE and what.search(text.casefold()) is not None
