"""Whatever happens to help requests, in whatever order, the rules hold: tried in thousands of made-up lives.

Each step is one verb, in fair weather or foul: its confirmation is lost and it is tried again, it comes twice, it is
about a version that is no more, or something else happens in the middle of it. `request_rules` says what must come of
it; what is written is watched besides, one commit at a time.
"""

import copy
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from holdline import line
from holdline.errors import AlreadyTaken, IllegalTransition, NotFound, Unavailable
from holdline.help_request import OPEN, TRANSITIONS, HelpRequest, Status
from holdline.memory_store import MemoryDatabase, MemoryStore
from holdline.store import Found, Query, R, Stored, Update, Write
from tests.builders import a_call
from tests.unit.request_rules import ANSWERS, PEOPLE, QUESTIONS, UNSPEAKABLE, Product, Refused, Rules, seen, wanted

Outcome = str | None
Act = tuple[str, tuple[Any, ...]]
"""A verb and what it is about."""

IDS = ("a", "a", "a", "b", "c")
"""Of tool calls; most of what happens is about one."""
RELAYS = ("received", "speaking_began", "cut", "heard", "heard_before")
VERSIONS_AGO = (0, 0, 0, 1, 2, -1)
"""News of the answer as it is, of one that was corrected since, or of one that nobody has given."""


def acts(verb: str, *about: Iterable[Any]) -> list[Act]:
    return [(verb, given) for given in itertools.product(*about)]


def one_of(*alternatives: list[Act]) -> st.SearchStrategy[Act]:
    """Each verb as likely as the next; in one draw, for there are many."""
    most = max(map(len, alternatives))
    return st.sampled_from([act for some in alternatives for act in itertools.islice(itertools.cycle(some), most)])


PERSONS_ACTS = [
    acts("claim", IDS, PEOPLE),
    acts("release", IDS, PEOPLE),
    acts("answer", IDS, PEOPLE, ANSWERS),
    acts("type_by_hand", IDS, [*ANSWERS, UNSPEAKABLE]),
    acts("accept_by_hand", IDS, [False, True]),
    acts("correct", IDS, PEOPLE, ANSWERS),
    acts("follow_up", IDS, PEOPLE),
    acts("give_up", IDS, PEOPLE),
]
CALLS_ACTS = [
    acts("ask", IDS, QUESTIONS),
    acts("withdraw", IDS),
    acts("expire", IDS),
    acts("close"),
]
any_act = one_of(*PERSONS_ACTS, *CALLS_ACTS, *(acts(verb, IDS, VERSIONS_AGO) for verb in RELAYS))
elsewhere = one_of(*PERSONS_ACTS, acts("expire", IDS))
"""By somebody else than the job that has the call: the people, and the sweep."""
UNCONFIRMED = "not confirmed"


Journal = list[tuple[HelpRequest, HelpRequest]]
"""Every request before and after each write."""


class Weather(MemoryStore):
    """A store that may lose a confirmation, or let something happen before its nth step; notes what is written."""

    def __init__(
        self,
        database: MemoryDatabase,
        journal: Journal,
        *,
        loses_confirmation: bool = False,
        before_step: int = 0,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(database, "salon")
        self._journal = journal
        self._loses_confirmation = loses_confirmation
        self._before_step = before_step
        self._meanwhile = meanwhile

    def get(self, kind: type[R], document_id: str) -> Stored[R] | None:
        self._step()
        return super().get(kind, document_id)

    def find(self, query: Query[R]) -> Found[R]:
        self._step()
        return super().find(query)

    def commit(self, *writes: Write) -> None:
        self._step()
        super().commit(*writes)
        for write in writes:
            if isinstance(write, Update) and isinstance(write.after, HelpRequest):
                self._journal.append((write.before.record, write.after))
        if self._loses_confirmation:
            self._loses_confirmation = False
            raise Unavailable("storage did not say whether it is done")

    def _step(self) -> None:
        self._before_step -= 1
        if self._before_step == 0:
            self._meanwhile()


class RequestLives(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.database = MemoryDatabase()
        self.journal: Journal = []
        self.store = Weather(self.database, self.journal)
        self.expected = Rules()
        self.now = 0.0
        self.moves_looked_at = 0
        self.read: tuple[HelpRequest, ...] = ()
        self.read_at: dict[str, int] = {}
        line.open_call(self.store, a_call())

    @initialize(question=st.sampled_from(sorted(QUESTIONS)))
    def somebody_asks(self, question: str) -> None:
        self.happens(("ask", ("a", question)))

    @rule(act=any_act)
    def happens(self, act: Act) -> None:
        """It happens, or is refused and changes nothing."""
        self.now += 1
        act, before = self.about(act), dict(self.database._documents)
        should = self.tell(self.expected, act)
        assert self.do(self.store, act) == should
        if should is not None:
            assert self.database._documents == before

    @rule(
        request_id=st.sampled_from(IDS),
        who=st.sampled_from([*PEOPLE]),
        words=st.sampled_from(ANSWERS),
        is_cut=st.booleans(),
    )
    def is_answered(self, request_id: str, who: str, words: str, is_cut: bool) -> None:
        """As it mostly goes."""
        self.happens(("answer", (request_id, who, words)))
        for verb in ("received", "speaking_began", "cut" if is_cut else "heard"):
            self.happens((verb, (request_id, 0)))

    @rule(act=any_act)
    def is_not_confirmed(self, act: Act) -> None:
        """It was written, the confirmation is lost, and it is tried again: as if it had happened once."""
        self.now += 1
        act = self.about(act)
        self.tell(self.expected, act)
        if self.do(Weather(self.database, self.journal, loses_confirmation=True), act) == UNCONFIRMED:
            self.do(self.store, act)

    @rule(act=any_act)
    def comes_twice(self, act: Act) -> None:
        self.now += 1
        act = self.about(act)
        assert self.do(self.store, act) == self.tell(self.expected, act)
        self.do(self.store, act)

    @rule(first=any_act, second=elsewhere, before_step=st.integers(1, 6))
    def come_at_once(self, first: Act, second: Act, before_step: int) -> None:
        """One in the middle of the other: it comes to the same as one after the other."""
        self.now += 1
        first = self.about(first)
        seconds: list[Outcome] = []
        weather = Weather(
            self.database,
            self.journal,
            before_step=before_step,
            meanwhile=lambda: seconds.append(self.do(self.store, second)),
        )
        outcome = self.do(weather, first)
        came_to = (outcome, seconds[0] if seconds else self.do(self.store, second), self.shown)
        in_turn, in_other_turn = copy.deepcopy(self.expected), copy.deepcopy(self.expected)
        one_way = (self.tell(in_turn, first), self.tell(in_turn, second), _wanted(in_turn))
        before_it = self.tell(in_other_turn, second)
        other_way = (self.tell(in_other_turn, first), before_it, _wanted(in_other_turn))
        assert came_to in (one_way, other_way)
        self.expected = in_turn if came_to == one_way else in_other_turn

    @rule(seconds=st.sampled_from([10, 60, 119, 121]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def documents_are_as_the_rules_say(self) -> None:
        assert self.shown == _wanted(self.expected)

    @invariant()
    def every_write_is_a_walk_in_the_table(self) -> None:
        for before, after in itertools.islice(self.journal, self.moves_looked_at, None):
            assert after.status in _within_two_moves(before.status), (before.status, after.status)
            if not TRANSITIONS[before.status]:
                assert after.status is before.status
            assert before.answer_version <= after.answer_version <= before.answer_version + 1
            assert (after.accepted_answer == before.accepted_answer) == (after.answer_version == before.answer_version)
            for stamp in ("asked_at", "claimed_at", "answered_at", "speaking_at", "delivered_at", "closed_at"):
                was, now = getattr(before, stamp), getattr(after, stamp)
                assert was is None or was <= now, stamp
            if after.status is Status.DELIVERED and before.status is not Status.DELIVERED:
                assert before.status in (Status.ANSWERED, Status.SPEAKING, Status.FOLLOW_UP)
                assert after.answered_at is not None and after.delivered_at is not None
                assert after.answered_at <= after.delivered_at
                if before.status is Status.SPEAKING:
                    assert after.speaking_at is not None
                    assert after.answered_at <= after.speaking_at <= after.delivered_at
                if before.status is Status.FOLLOW_UP:
                    assert after.closed_at is not None and after.delivered_at <= after.closed_at
        self.moves_looked_at = len(self.journal)

    @invariant()
    def one_question_is_open_once(self) -> None:
        about = [QUESTIONS[request.question] for request in self.requests if request.status in OPEN]
        assert len(about) == len(set(about))

    @invariant()
    def an_accepted_answer_is_kept_and_heard_at_most_once(self) -> None:
        for request in self.requests:
            if request.answer_version:
                assert request.accepted_answer
                assert request.status not in (Status.WAITING, Status.CLAIMED, Status.EXPIRED, Status.WITHDRAWN)
        heard = [
            (after.id, after.answer_version)
            for before, after in self.journal
            if after.status is Status.DELIVERED is not before.status
        ]
        assert len(heard) == len(set(heard))

    @property
    def requests(self) -> tuple[HelpRequest, ...]:
        """As the documents are now; read again only once one has changed."""
        revisions = {path: revision for path, (_, revision) in self.database._documents.items()}
        if revisions != self.read_at:
            self.read = MemoryStore(self.database, "salon").find(Query(HelpRequest)).records
            self.read_at = revisions
        return self.read

    @property
    def shown(self) -> dict[str, Any]:
        return {request.id: seen(request) for request in self.requests}

    def about(self, act: Act) -> Act:
        """With the version that news of the relay is about."""
        verb, about = act
        if verb not in RELAYS:
            return act
        told = self.expected.requests.get(about[0])
        return verb, (about[0], (told.version if told is not None else 0) - about[1])

    def tell(self, rules: Rules, act: Act) -> Outcome:
        verb, about = act
        try:
            getattr(rules, verb)(*about, at=self.now)
        except Refused as refused:
            return f"refused by {refused.by}" if refused.by else "refused"
        return None

    def do(self, store: Weather, act: Act) -> Outcome:
        verb, about = act
        if verb == "type_by_hand" and about[0] not in self.expected.requests:
            return "refused"  # a hand would make a new document
        try:
            getattr(Product(self.database, store), verb)(*about, at=self.now)
        except AlreadyTaken as taken:
            return f"refused by {taken.by}"
        except (IllegalTransition, NotFound):
            return "refused"
        except Unavailable:
            return UNCONFIRMED
        return None


def _wanted(rules: Rules) -> dict[str, Any]:
    return {request_id: wanted(told) for request_id, told in rules.requests.items()}


def _within_two_moves(status: Status) -> set[Status]:
    """A claim that ran out is taken away, and an answer that came too late closed, in the write that goes further."""
    near = set(TRANSITIONS[status].values())
    return {status} | near | {far for one in near for far in TRANSITIONS[one].values()}


LIVES = settings(
    max_examples=2000,
    stateful_step_count=10,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(180)
def test_whatever_happens_the_rules_hold() -> None:
    run_state_machine_as_test(RequestLives, settings=LIVES)


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.parametrize("_", range(5))
def test_whatever_happens_the_rules_hold_in_longer_lives_never_tried_before(_: int) -> None:
    run_state_machine_as_test(RequestLives, settings=settings(LIVES, stateful_step_count=30, derandomize=False))


def test_a_question_that_ends_while_its_call_is_closed_leaves_no_other_open() -> None:
    """The sweep expires one just when a second closing, for what was asked since the first, comes to it."""
    database = MemoryDatabase()
    store = database.for_org("salon")
    product = Product(database, store)
    line.open_call(store, a_call())
    product.close(at=1)
    product.ask("a", "do you have parking", at=2)
    product.ask("b", "can i bring my dog", at=2)
    weather = Weather(database, [], before_step=3, meanwhile=lambda: product.expire("a", at=3))
    Product(database, weather).close(at=3)
    assert [request.status for request in store.find(Query(HelpRequest)).records] == [
        Status.EXPIRED,
        Status.CALLER_LEFT,
    ]
