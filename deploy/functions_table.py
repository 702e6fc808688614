"""Every Cloud Function as it is deployed: who may call it, what it may use, and as whom it runs.

The settings that it is told come from `FunctionsSettings`; what is secret among them it reads from Secret Manager.
"""

from dataclasses import dataclass

RUNTIME = "python313"
RUNS_AS = "holdline-functions"
"""The service account of all of them: they have the same settings, so one that is taken over has the same secrets."""
CALLS_PRIVATE_ONES = "holdline-trigger"
"""The service account in whose name Eventarc and Cloud Scheduler call."""
BUILDS_AS = "holdline-build"
"""The service account that makes an image of the folder."""


@dataclass(frozen=True)
class Public:
    """Called by anybody: the function itself looks at a signature or a token before anything else."""


@dataclass(frozen=True)
class Written:
    """Called when a document of this path is written, again until it succeeds, and by nobody else."""

    document: str
    event: str = "google.cloud.firestore.document.v1.written"
    database: str = "(default)"


@dataclass(frozen=True)
class Scheduled:
    """Called at these times, as cron writes them, and by nobody else."""

    schedule: str


@dataclass(frozen=True)
class Target:
    """Named like its entry point; the numbers are those of one instance, but for how many of them there may be."""

    name: str
    trigger: Public | Written | Scheduled
    timeout_s: int
    max_instances: int
    min_instances: int = 0
    concurrency: int = 16
    """Requests at once, and threads: the framework would have four a processor."""
    cpu: int = 1
    memory: str = "512Mi"


TARGETS = (
    # A caller hears nothing until it has answered: one instance is always warm. Twilio waits no longer than 15 s.
    Target("twilio_voice", Public(), timeout_s=15, max_instances=20, min_instances=1),
    Target("twilio_status", Public(), timeout_s=15, max_instances=20),
    Target("twilio_message", Public(), timeout_s=15, max_instances=5),
    Target("livekit_webhook", Public(), timeout_s=15, max_instances=20),
    Target("create_room", Public(), timeout_s=15, max_instances=20),
    Target("join_token", Public(), timeout_s=15, max_instances=20),
    Target("learn", Written("orgs/{org}/help_requests/{id}"), timeout_s=60, max_instances=5),
    # A caller may be waiting for what the person on duty says, so a text goes out beside what is learned and not after.
    Target("send_texts", Written("orgs/{org}/help_requests/{id}"), timeout_s=60, max_instances=5),
    # One at a time: the next minute's would only find the same.
    Target("sweep", Scheduled("* * * * *"), timeout_s=60, max_instances=1, concurrency=1),
)

APIS = (
    "artifactregistry",
    "cloudbuild",
    "cloudfunctions",
    "cloudscheduler",
    "eventarc",
    "eventarcpublishing",
    "firestore",
    "iam",
    "identitytoolkit",
    "logging",
    "pubsub",
    "run",
    "secretmanager",
)
"""What has to be switched on in the project, each `{name}.googleapis.com`."""

ROLES = {
    RUNS_AS: (
        "roles/datastore.user",  # documents
        "roles/firebaseauth.viewer",  # whether a token was revoked
    ),
    CALLS_PRIVATE_ONES: ("roles/eventarc.eventReceiver",),
    BUILDS_AS: ("roles/logging.logWriter", "roles/artifactregistry.writer", "roles/storage.objectViewer"),
}
"""Of the project. Secrets are opened one by one to RUNS_AS, and functions one by one to CALLS_PRIVATE_ONES."""


def target(name: str) -> Target:
    """Raises KeyError with the names that there are."""
    for one in TARGETS:
        if one.name == name:
            return one
    raise KeyError(f"there is no function {name}; there are {', '.join(one.name for one in TARGETS)}")
