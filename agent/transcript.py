"""The call's turns: written as they happen, and the last of them at hand for a person who is asked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from livekit.agents import ChatContext

from agent.utterance import Kind, Utterance
from agent.writer import Writer
from holdline import line
from holdline.call import KnowledgeUse, Speaker, Turn
from holdline.help_request import ContextTurn
from holdline.store import Store

Clock = Callable[[], datetime]

CONTEXT_TURNS = 6


class Transcript:
    def __init__(
        self,
        store: Store,
        call_id: str,
        *,
        writer: Writer,
        clock: Clock,
        delete_at: datetime | None = None,
        so_far: Sequence[Turn] = (),
    ) -> None:
        """`so_far` are the turns that another job took down before."""
        self._store = store
        self._call_id = call_id
        self._delete_at = delete_at
        self._writer = writer
        self._clock = clock
        self._turns = list(so_far)

    def add(
        self,
        who: Speaker,
        text: str,
        *,
        knowledge: Sequence[KnowledgeUse] = (),
        latencies_ms: Mapping[str, float] | None = None,
        cut: bool = False,
    ) -> None:
        n = self._turns[-1].n + 1 if self._turns else 1
        turn = Turn.of(self._call_id, n, who=who, text=text, at=self._clock()).model_copy(
            update={
                "knowledge": tuple(knowledge),
                "latencies_ms": dict(latencies_ms or {}),
                "cut": cut,
                "delete_at": self._delete_at,
            }
        )
        self._turns.append(turn)
        self._writer.put(lambda: line.record_turn(self._store, turn), what=f"turn {turn.n}")

    def said(self, utterance: Utterance) -> None:
        """Something that was said from the floor; a person's words are added by the relay, with their figures."""
        if utterance.kind is not Kind.RELAY and utterance.first_frame_at is not None:
            self.add(Speaker.AGENT, utterance.text, cut=utterance.was_cut)

    def as_conversation(self) -> ChatContext:
        """The turns as a language model takes them."""
        context = ChatContext.empty()
        for turn in self._turns:
            context.add_message(role="user" if turn.who is Speaker.CALLER else "assistant", content=turn.text)
        return context

    def last(self) -> tuple[ContextTurn, ...]:
        """The last turns, oldest first, as a card shows them."""
        return tuple(ContextTurn(who=turn.who, text=turn.text) for turn in self._turns[-CONTEXT_TURNS:])

    def last_said(self) -> str | None:
        """What the caller last heard."""
        return next((turn.text for turn in reversed(self._turns) if turn.who is not Speaker.CALLER), None)
