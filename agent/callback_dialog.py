"""How a caller wants to be called back, asked a step at a time: on which number, whether a text may come too, and when.

What is known so far is kept after every step. Each question is a heading of `prompts/offer.md`.
"""

import re
from collections.abc import Callable
from datetime import tzinfo
from enum import StrEnum

from agent.spoken_number import number_in, read_back
from agent.spoken_window import window_of
from agent.transcript import Clock
from agent.words import line as words
from holdline.call import Call
from holdline.callback import WORDS_LIMIT, Callback
from holdline.intent import Intent

TRIES = 2
"""So often a number is asked for; then it is kept as it was said."""
_YES = re.compile(r"(?:yes|yeah|yep|yup|right|correct|sure)\b")
_SOON = re.compile(r"\b(?:now|any ?time|whenever|soon|as soon as possible)\b")
NO_TIME = frozenset({Intent.deny, Intent.thanks, Intent.affirm, Intent.human, Intent.nothing})
"""What tells no time of day to call at, unless it has one in it: "afternoon" is a greeting, too."""


class Step(StrEnum):
    """What the caller has just been asked."""

    MY_NUMBER = "my_number"
    WHICH_NUMBER = "which_number"
    READ_BACK = "read_back"
    TEXT = "text"
    WHEN = "when"


class CallbackDialog:
    """`keep` is given the wish whenever more of it is known, `add_to_message` what only a person can make sense of."""

    def __init__(
        self,
        call: Call,
        *,
        zone: tzinfo,
        clock: Clock,
        keep: Callable[[Callback], None],
        add_to_message: Callable[[str], None],
    ) -> None:
        self._line = call.line
        self._zone = zone
        self._clock = clock
        self._give = keep
        self._add_to_message = add_to_message
        self._wish = Callback(number=call.number, asked_at=clock())
        self._step = Step.MY_NUMBER if call.number else Step.WHICH_NUMBER
        self._tries = 0
        """Of this step, that came to nothing."""
        self._heard_number: str | None = None
        self.question = ""
        """What the caller was asked last."""
        self.is_done = False

    def begin(self, text: str) -> str:
        """The caller said in `text` that they want to be called back."""
        self._keep(self._with_window(text))
        return self._ask(self._step)

    def begin_again(self, text: str) -> str:
        """The same once more, of a call back that is arranged: it stands, but for another time to call."""
        self._keep(self._with_window(text))
        return self._done()

    def has_use_for(self, text: str) -> bool:
        """Whether words that mean nothing elsewhere, such as "today", mean something now."""
        return self._step is Step.WHEN and self._is_time(text)

    def reply(self, text: str, kind: Intent) -> str:
        """Take in what the caller said, and tell what to say to it."""
        match self._step:
            case Step.MY_NUMBER | Step.WHICH_NUMBER | Step.READ_BACK:
                return self._number(text, kind)
            case Step.TEXT:
                return self._consent(kind)
            case Step.WHEN:
                return self._when(text, kind)

    def _number(self, text: str, kind: Intent) -> str:
        heard = number_in(text, line=self._line)
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
                self.question = words("offer", "number_again")
            return self.question
        if self._step is not Step.MY_NUMBER:  # better words that a person can make sense of than nothing
            said = self._heard_number if self._step is Step.READ_BACK else text
            self._add_to_message(f"{words('offer', 'number_as_said')} {said}")
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
            return self.question
        return self._done()

    def _ask_when(self) -> str:
        return self._done() if self._wish.window else self._ask(Step.WHEN)

    def _ask(self, step: Step, **values: str) -> str:
        self._step, self._tries = step, 0
        self.question = words("offer", step, **values)
        return self.question

    def _done(self) -> str:
        self.is_done = True
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

    def _keep(self, wish: Callback) -> None:
        self._wish = wish
        self._give(wish)
