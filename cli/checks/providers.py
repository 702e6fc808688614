"""Do the providers of the pipeline take our keys and answer? Asked with --try alone: it costs a little."""

from agent.pipelines.parts import Part, describe
from cli.checks.check import Answer, Check, Fault, Fine, NotChecked, Subject
from cli.models import worker_settings

WITHIN_S = 8.0
"""More than the trials' own bound: they tell which of them it was."""


async def answer(subject: Subject) -> Answer:
    asked = [part for part in describe(worker_settings()) if not part.is_offline]
    if not asked:
        return Fine("none is configured: this machine hears, words and speaks by itself")
    if subject.try_providers is None:
        return NotChecked(f"--try asks {_listed(asked)}")
    trials = await subject.try_providers()
    failed = [(trial.part, trial.reason) for trial in trials if trial.reason is not None]
    if failed:
        said = "; ".join(f"{part}: {reason.said}" for part, reason in failed)
        return Fault(said, " ".join(dict.fromkeys(reason.remedy for _, reason in failed)))
    slowest = max(trials, key=lambda trial: trial.latency_ms)
    return Fine(f"{_listed(asked)} answer, {slowest.part} last, after {slowest.latency_ms:.0f} ms")


def _listed(parts: list[Part]) -> str:
    return ", ".join(str(part) for part in parts)


CHECKS = (
    Check(
        "providers.answer", "speech and words", answer, needs=("settings.worker", "network.names"), within_s=WITHIN_S
    ),
)
