"""The receptionist: what is done with each thing the caller says. Code decides what is known, the model words it."""

import logging
from collections.abc import AsyncIterable
from typing import Any
from uuid import uuid4

from livekit import rtc
from livekit.agents import (
    Agent,
    ChatContext,
    ChatMessage,
    ErrorEvent,
    FlushSentinel,
    ModelSettings,
    NotGivenOr,
    RunContext,
    StopResponse,
    function_tool,
    llm,
    tts,
)

from agent import turn_notes, wording
from agent.attendance import Attendance
from agent.ending import Ending
from agent.floor import Floor
from agent.known import Known
from agent.offer import Offer
from agent.pacing import paced
from agent.questions import Questions
from agent.second_try import SecondTry
from agent.transcript import Clock, Transcript
from agent.utterance import Utterance
from agent.words import line as words
from holdline.call import Call, KnowledgeUse, Outcome, Speaker
from holdline.intent import Intent, adds_detail, intent
from holdline.knowledge import Match

log = logging.getLogger(__name__)

WAITING_WORDS = frozenset({Intent.thanks, Intent.affirm, Intent.greeting, Intent.deny})
"""Small talk that needs no reply of its own from somebody who is waiting."""
REPLIES = frozenset({Intent.affirm, Intent.deny, Intent.thanks})
"""What is said to whatever was heard last, which need not be the offer's question."""

WHILE_WAITING = frozenset(words(name) for name in ("still_asking", "detail", "presence_on_hold"))
"""What is true for as long as a person is waited for."""


class Receptionist(Agent):
    def __init__(
        self,
        *,
        instructions: str,
        call: Call,
        known: Known,
        questions: Questions,
        attendance: Attendance,
        offer: Offer,
        transcript: Transcript,
        floor: Floor,
        ending: Ending,
        clock: Clock,
    ) -> None:
        super().__init__(instructions=instructions, chat_ctx=transcript.as_conversation())
        self._call = call
        self._known = known
        self._questions = questions
        self._attendance = attendance
        self._offer = offer
        self._transcript = transcript
        self._floor = floor
        self._ending = ending
        self._clock = clock
        self._nearest: tuple[KnowledgeUse, ...] = ()
        self._teaches = True
        """Whether what is asked in this turn is a matter of knowledge, and not the wish for a person alone."""
        self._second_try = SecondTry(floor, say=self._say_the_note, is_still_so=self._is_still_so)

    async def on_user_turn_completed(self, turn_ctx: ChatContext, new_message: ChatMessage) -> None:
        """Look the caller's words up and give the model a note of what to do with them."""
        text = (new_message.text_content or "").strip()
        kind = intent(text)
        await self._known.opened()
        hit, self._nearest = self._known.look_up(text, at=self._clock())
        if kind is Intent.question and hit is not None:
            hit = await self._known.as_it_stands(hit)
        self._transcript.add(
            Speaker.CALLER,
            text,
            knowledge=self._nearest if kind is Intent.question else (),
            latencies_ms=latencies_ms(new_message),
        )
        if kind is Intent.nothing and not self._offer.has_use_for(text):
            raise StopResponse
        is_known = kind is Intent.question and hit is not None
        takes_offer = self._offer.takes(text) and not (is_known and self._offer.yields_to_knowledge)
        note = self._offer_note(text, kind) if takes_offer else self._turn_note(text, kind, hit)
        self._teaches = kind is not Intent.human
        parsed = turn_notes.parse(note)
        self._second_try.begin(parsed)
        if parsed is not None and parsed.do is turn_notes.Do.ASK:
            await self._attendance.look()
        turn_ctx.add_message(role="system", content=note)

    def replied(self, item: object) -> None:
        """Keep what the model said; what was said from the floor is kept there."""
        if isinstance(item, ChatMessage) and item.role == "assistant" and not self._floor.owns(item):
            self._transcript.add(
                Speaker.AGENT, item.text_content or "", latencies_ms=latencies_ms(item), cut=item.interrupted
            )
            if item.interrupted and not self._floor.is_silenced:
                self._second_try.make_up()

    def failed(self, event: ErrorEvent) -> None:
        """Something of the session's failed for good: make up for a reply without a voice."""
        if isinstance(event.error, tts.TTSError) and not event.error.recoverable and not self._floor.is_at_synthesiser:
            self._second_try.make_up()

    async def close(self) -> None:
        await self._second_try.close()

    async def _say_the_note(self, note: turn_notes.Note) -> Utterance:
        said = await self._floor.say(note.words)
        if note.do is turn_notes.Do.SAY_GOODBYE and not said.was_cut:
            self._ending.begin(Outcome.AGENT_ENDED)
        return said

    def _is_still_so(self, note: turn_notes.Note) -> bool:
        """Whether it may be said some seconds later: an answer may have come since, or nobody be left to ask."""
        if note.words in WHILE_WAITING:
            return self._questions.is_waiting
        return note.words != self._offer.question or self._offer.is_open

    def _turn_note(self, text: str, kind: Intent, hit: Match | None) -> str:
        waiting = self._questions.is_waiting
        match kind:
            case Intent.question if hit is not None:
                log.info("call %s: known, entry %s with %.2f", self._call.id, hit.entry.id, hit.score)
                return turn_notes.known(hit.entry.answer)
            case Intent.question if waiting and adds_detail(text) and self._questions.add_detail(text):
                return turn_notes.small_talk(words("detail"))
            case Intent.question:
                return turn_notes.unknown(text, "The knowledge has no sure answer.")
            case Intent.human:
                return turn_notes.unknown(words("person_wanted"), "The caller wants a person.")
            case Intent.goodbye:
                return turn_notes.goodbye(words("goodbye"))
            case Intent.call_back:
                about = self._questions.ids or self._ask_for_a_call()
                return turn_notes.small_talk(self._offer.call_back(about, text))
            case Intent.withdraw:
                return turn_notes.small_talk(words("withdrawn") if self._questions.withdraw() else talk(kind))
            case Intent.repeat:
                return turn_notes.small_talk(self._transcript.last_said() or talk(Intent.greeting))
            case Intent.presence if waiting:
                return turn_notes.small_talk(words("presence_on_hold"))
            case _ if waiting and kind in WAITING_WORDS:
                return turn_notes.small_talk(words("still_asking"))
            case _:
                return turn_notes.small_talk(talk(kind))

    def _offer_note(self, text: str, kind: Intent) -> str:
        if kind is Intent.goodbye:
            self._offer.drop()
            return turn_notes.goodbye(words("goodbye"))
        is_to_something_else = kind in REPLIES and not self._offer.was_asked(self._transcript.last_said())
        return turn_notes.small_talk(self._offer.question if is_to_something_else else self._offer.reply(text, kind))

    def _ask_for_a_call(self) -> tuple[str, ...]:
        """Nothing is open that the caller could be called about, so that is what is asked."""
        request_id = self._new_request_id()
        self._questions.ask(
            request_id,
            words("callback_wanted"),
            reason="The caller wants to be called back.",
            skill=None,
            confidence=None,
            nearest=(),
            teaches=False,
            is_told=False,
        )
        return (request_id,)

    def _new_request_id(self) -> str:
        """Not a model's name for its tool call: some count anew with each reply."""
        return f"{self._call.id}_{uuid4().hex[:12]}"

    def _ask(
        self, request_id: str, question: str, reason: str, skill: str | None = None, confidence: float | None = None
    ) -> None:
        self._questions.ask(
            request_id,
            question,
            reason=reason,
            skill=skill,
            confidence=confidence,
            nearest=self._nearest,
            teaches=self._teaches,
        )

    @function_tool
    async def ask_supervisor(
        self,
        ctx: RunContext[None],
        question: str,
        reason: str,
        skill: str | None = None,
        confidence: float | None = None,
    ) -> None:
        """Ask a human supervisor what you do not know. The caller is told and kept company; say nothing yourself.

        Args:
            question: The caller's question, complete enough to be understood on its own.
            reason: Why a person is needed, in a few words.
            skill: The field of knowledge that is needed, if it is plain, such as billing.
            confidence: How sure you would have been of an answer of your own, from 0 to 1.
        """
        self._ask(self._new_request_id(), question, reason, skill, confidence)

    @function_tool
    async def end_call(self, ctx: RunContext[None]) -> None:
        """End the call, once you and the caller have said goodbye."""
        await ctx.wait_for_playout()
        if ctx.speech_handle.interrupted:  # "wait, one more thing"
            return
        self._ending.begin(Outcome.AGENT_ENDED)

    async def llm_node(
        self, chat_ctx: ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterable[llm.ChatChunk | str]:
        """A reply keeps to the turn's note, whatever the model makes of it."""

        def model(
            offered: list[llm.Tool], tool_choice: NotGivenOr[llm.ToolChoice]
        ) -> AsyncIterable[llm.ChatChunk | str | FlushSentinel]:
            return Agent.default.llm_node(self, chat_ctx, offered, ModelSettings(tool_choice=tool_choice))

        try:
            await self._take_typed_turn(chat_ctx)
        except StopResponse:
            return
        async for part in wording.reply(chat_ctx, tools, model):
            yield part

    async def _take_typed_turn(self, chat_ctx: ChatContext) -> None:
        """LiveKit's console hands typed words to the model and passes the end of a turn by: they are taken here."""
        last = chat_ctx.items[-1] if chat_ctx.items else None
        if isinstance(last, ChatMessage) and last.role == "user" and turn_notes.open_note(chat_ctx) is None:
            await self.on_user_turn_completed(chat_ctx, last)

    async def tts_node(self, text: AsyncIterable[str], model_settings: ModelSettings) -> AsyncIterable[rtc.AudioFrame]:
        """Everything that is said passes the floor, and goes out at the pace of speech."""
        async for frame in paced(self._floor.synthesise(self, text, model_settings)):
            yield frame


def talk(kind: Intent) -> str:
    """The reply to a kind of small talk."""
    return words("small_talk", kind.value)


def latencies_ms(message: ChatMessage) -> dict[str, float]:
    """What the session measured of a message, in milliseconds."""
    report: dict[str, Any] = dict(message.metrics or {})
    return {
        name: round(report[name] * 1000, 1)
        for name in ("transcription_delay", "end_of_turn_delay", "llm_node_ttft", "tts_node_ttfb", "e2e_latency")
        if isinstance(report.get(name), float)
    }
