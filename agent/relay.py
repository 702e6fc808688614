"""From a person's answer to the caller's ear: one answer at a time, word for word, until it has been heard."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from agent.floor import Floor
from agent.known import Known
from agent.questions import Questions
from agent.receipts import Receipts
from agent.transcript import Clock, Transcript
from agent.utterance import Utterance
from agent.words import line as words
from agent.writer import Writer
from holdline import line, next_call
from holdline.call import Speaker
from holdline.errors import HoldlineError
from holdline.help_request import HelpRequest, Status
from holdline.store import Store

log = logging.getLogger(__name__)

CUTS_BORNE = 3
"""After that many cuts an answer is said without letting itself be cut."""
SAYABLE = (Status.ANSWERED, Status.SPEAKING)
SILENT_RETRY_S = 1.0
SILENT_RETRIES = 20
"""After so many tries without a sound the next answer has its turn."""


LOOK_WITHIN_S = 0.5
"""So long is storage asked whether something is still owed, while the caller hears nothing."""


class Relay:
    def __init__(
        self,
        store: Store,
        *,
        floor: Floor,
        writer: Writer,
        transcript: Transcript,
        known: Known,
        questions: Questions,
        clock: Clock,
    ) -> None:
        self._store = store
        self._questions = questions
        self._floor = floor
        self._writer = writer
        self._transcript = transcript
        self._known = known
        self._clock = clock
        self._versions: dict[str, int] = {}
        self._heard_of: set[str] = set()
        """Requests of which the caller has heard an answer, whether or not that could be written."""
        self._begun_before: set[str] = set()
        """Requests whose answer another job was speaking when it died."""
        self._owed: set[str] = set()
        """Requests of an earlier call, whose answer the caller has not heard."""
        self._answers: asyncio.Queue[HelpRequest] = asyncio.Queue()
        self._receipts = Receipts(store, writer=writer, clock=clock)

    def owe(self, requests: Sequence[HelpRequest]) -> None:
        """Take up what this caller asked on earlier calls and has not heard."""
        for request in requests:
            log.info("call %s: its caller rang again, and is owed an answer (request %s)", request.call, request.id)
            self._owed.add(request.id)
            self._versions[request.id] = request.answer_version
            self._answers.put_nowait(request)

    def saw(self, request: HelpRequest) -> None:
        """Take up an answer that is new to this job; seeing the same one again changes nothing.

        One that is being spoken and is new to this job was cut by the death of the job before.
        """
        if request.status not in SAYABLE or request.answer_version <= self._versions.get(request.id, 0):
            return
        if request.status is Status.SPEAKING:
            self._begun_before.add(request.id)
            self._was_cut(request)
        self._versions[request.id] = request.answer_version
        self._answers.put_nowait(request)
        self._receipts.saw(request)
        log.info("call %s: an answer is here (request %s)", request.call, request.id)

    async def run(self) -> None:
        """Speak answers as they come, for as long as the call lasts."""
        while True:
            request = await self._answers.get()
            try:
                said = await self._until_heard(request)
                if said is not None:
                    await self._known.told(request, at=self._clock())
                    if said.was_talked_over:
                        await self._floor.say(words("apology", "did_not_hear"))
            except Exception:  # one answer that cannot be said must not keep the next from being said
                log.exception("call %s: the answer to request %s could not be said", request.call, request.id)

    async def close(self) -> None:
        self._receipts.close()

    async def _until_heard(self, request: HelpRequest) -> Utterance | None:
        answer = request.accepted_answer or ""
        cuts, silences = request.cuts, 0
        while self._is_newest(request) and silences < SILENT_RETRIES:
            if request.id in self._owed and not await self._is_still_owed(request):
                return None
            said = await self._floor.relay(
                f"{self._prefix(request)} {answer}",
                interruptible=cuts < CUTS_BORNE,
                is_wanted=lambda: self._is_newest(request),
                on_first_frame=lambda _: self._began(request),
            )
            if said.was_heard:
                self._heard(request, answer, said)
                return said
            if said.first_frame_at is not None:
                cuts += 1
                self._was_cut(request)
            elif self._is_newest(request):
                silences += 1
                await asyncio.sleep(SILENT_RETRY_S)
        if self._is_newest(request):
            # Behind the others, for it may be this text that has no sound.
            self._answers.put_nowait(request.model_copy(update={"cuts": cuts}))
        return None

    async def _is_still_owed(self, request: HelpRequest) -> bool:
        """Whether nobody has told, settled or corrected it since the call began; a correction takes its place.

        Of an earlier call, and so not in the inbox. Where storage does not say in time, it is owed as it was.
        """
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                now = await asyncio.to_thread(next_call.as_owed_now, self._store, request.id, at=self._clock())
        except (TimeoutError, HoldlineError) as error:
            log.warning("call %s: whether an answer is still owed is not known: %r", request.call, error)
            return True
        if now is not None and now.answer_version > request.answer_version:
            self.owe([now])
            return False
        return now is not None

    def _prefix(self, request: HelpRequest) -> str:
        """What the answer is to, where that is not plain, and that it is a person's."""
        is_correction = request.was_told or request.id in self._heard_of
        prefix = words("correction" if is_correction else "relay")
        if request.id in self._owed:
            asked = words("owed", "asked", question=as_sentence(request.question))
            return f"{asked if request.teaches else words('owed', 'called')} {prefix}"
        if request.teaches and self._questions.is_one_of_several(request.id):
            prefix = f"{words('asked', question=as_sentence(request.question))} {prefix}"
        return f"{words('again')} {prefix}" if request.id in self._begun_before else prefix

    def _is_newest(self, request: HelpRequest) -> bool:
        return self._versions[request.id] == request.answer_version

    def _was_cut(self, request: HelpRequest) -> None:
        at = self._clock()
        log.info("call %s: the answer was cut, it will be said again (request %s)", request.call, request.id)
        if request.id in self._owed:
            return
        self._writer.put(
            partial(line.cut, self._store, request.id, version=request.answer_version, at=at), what="the cut"
        )

    def _began(self, request: HelpRequest) -> None:
        if request.id in self._owed:
            return
        began = partial(
            line.speaking_began,
            self._store,
            request.id,
            version=request.answer_version,
            received_at=self._receipts.with_beginning(request),
            at=self._clock(),
        )
        self._writer.put(began, what="the beginning")

    def _heard(self, request: HelpRequest, answer: str, said: Utterance) -> None:
        at = self._clock()
        self._heard_of.add(request.id)
        latencies = latencies_ms(request, said)
        log.info(
            "call %s: the answer was heard (request %s; answer to synthesiser %.0f ms, to first frame %.0f ms)",
            request.call,
            request.id,
            latencies.get("to_synthesiser", -1),
            latencies.get("to_first_frame", -1),
        )
        version = request.answer_version
        heard = (
            partial(next_call.told, self._store, request.id, version=version, at=at)
            if request.id in self._owed
            else partial(line.heard, self._store, request.id, version=version, latencies_ms=latencies, at=at)
        )
        self._writer.put(heard, what="the delivery")
        self._transcript.add(Speaker.SUPERVISOR, answer, latencies_ms=latencies)


def as_sentence(question: str) -> str:
    """A question as a part of what is said; a recogniser writes none of the marks."""
    question = question.strip()
    return question if question.endswith((".", "?", "!")) else f"{question}."


def latencies_ms(request: HelpRequest, said: Utterance) -> dict[str, float]:
    """From the sending of the answer to the synthesiser's receipt of the text, and to the first published frame."""
    if request.answered_at is None:
        return {}
    moments = {"to_synthesiser": said.synthesised_at, "to_first_frame": said.first_frame_at}
    return {
        name: round((moment - request.answered_at).total_seconds() * 1000, 1)
        for name, moment in moments.items()
        if moment is not None
    }
