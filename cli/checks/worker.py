"""Is a worker registered with LiveKit, so that a call that comes now is answered? LiveKit itself does not tell."""

import httpx

from cli.checks.asking import no_answer
from cli.checks.check import Answer, Check, Fault, Fine, NotChecked, Subject

DEFAULT_PORT = "8082"


async def ready(subject: Subject) -> Answer:
    port = subject.settings.get("WORKER_READY_PORT", DEFAULT_PORT)
    address = subject.worker_url or f"http://127.0.0.1:{port}"
    try:
        answer = await subject.http.get(f"{address.rstrip('/')}/ready")
    except httpx.HTTPError as error:
        if subject.worker_url is None and not subject.is_local:
            return NotChecked("no worker runs on this machine: name one with --worker http://host:8082")
        setting = "--worker" if subject.worker_url else "WORKER_READY_PORT"
        return no_answer(
            error, whom="it", setting=setting, remedy="Start the worker, and see the end of its log for why it ended."
        )
    if answer.status_code == 503:
        return Fault(
            f"a worker runs and takes no calls: {_reasons(answer)}", "See its log; it goes on trying by itself."
        )
    if answer.status_code != 200:
        return Fault(f"what answers there is no worker (HTTP {answer.status_code})", "Correct WORKER_READY_PORT.")
    return Fine(f"registered, {_load(answer)}")


def _reasons(answer: httpx.Response) -> str:
    try:
        return "; ".join(str(reason) for reason in answer.json()["reasons"])
    except (ValueError, KeyError, TypeError):
        return "it does not say why"


def _load(answer: httpx.Response) -> str:
    try:
        standing = answer.json()
        return f"{int(standing['calls'])} of {int(standing['capacity'])} calls"
    except (ValueError, KeyError, TypeError):
        return "ready"


# Without LiveKit or documents no worker is ready, and its answer would only repeat that.
CHECKS = (Check("worker.ready", "readiness", ready, needs=("firestore.reads", "livekit.key")),)
