"""Is the dashboard up, does it reach the documents, and can people sign in?"""

import httpx

from cli.checks.asking import no_answer
from cli.checks.check import Answer, Check, Fault, Fine, Subject

GOOGLE = "https://identitytoolkit.googleapis.com/v1"


async def answers(subject: Subject) -> Answer:
    try:
        answer = await subject.http.get(subject.url("DASHBOARD_URL", "/health"))
    except httpx.HTTPError as error:
        start = "Start the stack (`make demo`)" if subject.is_local else "Start the dashboard"
        return no_answer(error, whom="it", setting="DASHBOARD_URL", remedy=f"{start}, or correct DASHBOARD_URL.")
    if answer.status_code != 200 or answer.text.strip() != "up":
        return Fault(
            "another program answers at DASHBOARD_URL", "Correct DASHBOARD_URL, or deploy the dashboard there."
        )
    return Fine(f"{answer.url.host} is up")


async def ready(subject: Subject) -> Answer:
    answer = await subject.http.get(subject.url("DASHBOARD_URL", "/ready"))
    if answer.status_code != 200:
        return Fault(
            "the dashboard does not reach the documents",
            "Grant its service account roles/datastore.user, and give it the same GOOGLE_CLOUD_PROJECT as here.",
        )
    return Fine("reaches the documents")


async def sign_in(subject: Subject) -> Answer:
    """Asks the sign-in service which project the key is of."""
    emulator = subject.settings.get("FIREBASE_AUTH_EMULATOR_HOST")
    base = f"http://{emulator}/identitytoolkit.googleapis.com/v1" if emulator else GOOGLE
    try:
        answer = await subject.http.get(f"{base}/projects", params={"key": subject["FIREBASE_WEB_API_KEY"]})
    except httpx.HTTPError as error:
        if emulator:
            setting = "FIREBASE_AUTH_EMULATOR_HOST"
            return no_answer(error, whom="the emulator", setting=setting, remedy=f"Correct {setting}.")
        return Fault(
            "Google's sign-in service does not answer", "See the network of this machine, and Firebase's status."
        )
    if answer.status_code in (400, 403):
        return Fault(
            "Firebase refuses FIREBASE_WEB_API_KEY",
            "Copy the web API key from the settings of the Firebase project, where sign-in must be switched on.",
        )
    if not answer.is_success:
        return Fault(
            f"the sign-in service fails (HTTP {answer.status_code})", "See https://status.firebase.google.com."
        )
    return Fine("people can sign in")


CHECKS = (
    Check("dashboard.answers", "address", answers, needs=("network.names",), settings=("DASHBOARD_URL",)),
    Check("dashboard.ready", "documents", ready, needs=("dashboard.answers", "firestore.reads")),
    Check("dashboard.sign_in", "sign-in", sign_in, needs=("network.names",), settings=("FIREBASE_WEB_API_KEY",)),
)
