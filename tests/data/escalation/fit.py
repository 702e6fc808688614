"""Fit the coefficients of the retrieval score, and print them with what they do on the questions they were fitted on.

    python tests/data/escalation/fit.py

Fitted on dev.json (as worded and as heard), and on the demo knowledge itself: each wording asked of an index that lacks
it (the entry should still be found) and of one that lacks its entry (nothing should be). held_out.json is never read.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from holdline.knowledge.entry import KnowledgeEntry
from holdline.knowledge.matching import Features
from holdline.knowledge.retrieval import KnowledgeIndex, inputs

HERE = Path(__file__).parent
KNOWLEDGE = HERE.parents[2] / "local" / "knowledge"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
# What a recogniser makes of a voice it cannot follow teaches nothing about questions.
HEARINGS = ("confused", "browser")
RIDGE = 0.02
# A wrong answer is worse than an unneeded question to a supervisor.
WRONG_COSTS = 4.0
# Entries that answer each other's questions, so that leaving one of them out proves nothing.
OVERLAPPING = (
    {"opening-hours", "weekday-hours", "saturday-hours", "sunday-hours", "friday-hours", "weekend"},
    {"childrens-haircut", "childrens-haircut-price"},
    {"mens-haircut", "mens-haircut-price"},
    {"maria", "colour"},
    {"payment", "payment-plan"},
)

Sample = tuple[Features, bool, str]


def samples() -> Iterator[Sample]:
    for organisation, entries in _organisations():
        index = KnowledgeIndex(entries)
        for case in [case for path in sorted(HERE.glob("dev*.json")) for case in json.loads(path.read_text())]:
            if case["org"] == organisation:
                heard = [case["heard"][line] for line in HEARINGS if line in case.get("heard", {})]
                for text in dict.fromkeys((case["question"], *heard)):
                    yield from _asked(index, text, set(case["answers"]))
        for entry in entries:
            same = set().union({entry.id}, *(group for group in OVERLAPPING if entry.id in group))
            others = [e for e in entries if e.id not in same]
            without = KnowledgeIndex(others)
            for wording in (entry.question, *entry.phrasings):
                yield from _asked(without, wording, set())
                rest = tuple(p for p in (entry.question, *entry.phrasings) if p != wording)
                less = [
                    e if e.id != entry.id else e.model_copy(update={"question": rest[0], "phrasings": rest[1:]})
                    for e in entries
                ]
                yield from _asked(KnowledgeIndex(less), wording, same)


def _organisations() -> Iterable[tuple[str, list[KnowledgeEntry]]]:
    for path in sorted(KNOWLEDGE.glob("*.json")):
        data = json.loads(path.read_text())
        yield data["id"], [KnowledgeEntry(updated_at=NOW, **entry) for entry in data["entries"]]


def _asked(index: KnowledgeIndex, text: str, right: set[str]) -> Iterator[Sample]:
    for entry, features in index.ranked(text, at=NOW)[:1]:
        yield features, entry.id in right, f"{text} -> {entry.id}"


def main() -> None:
    found = list(samples())
    x = np.array([inputs(f) for f, _, _ in found])
    y = np.array([1.0 if right else 0.0 for _, right, _ in found])
    cost = np.where(y > 0, 1.0, WRONG_COSTS)
    beta = np.zeros(x.shape[1])
    for _ in range(100):  # Newton's method on the penalised log-likelihood
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (cost * (y - p)) - RIDGE * beta
        hessian = (x * (cost * p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(len(beta))
        beta += np.linalg.solve(hessian, gradient)
    p = 1 / (1 + np.exp(-x @ beta))
    print(
        "COEFFICIENTS =",
        tuple(round(float(b), 2) for b in beta),
        f"# {len(y)} questions, {int(y.sum())} with an answer",
    )
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        wrong, unneeded = ((p >= threshold) & (y == 0)).sum(), ((p < threshold) & (y == 1)).sum()
        print(f"threshold {threshold}: {wrong} wrong, {unneeded} answers held back")
    for value, right, text in sorted(((v, r, t) for v, (_, r, t) in zip(p, found, strict=True)), key=lambda s: -s[0]):
        if not right and value > 0.2:
            print(f"  {value:.2f} {text}")


if __name__ == "__main__":
    main()
