"""All checks, causes before their consequences: the first red line is the one to mend."""

from cli.checks import (
    clock,
    dashboard,
    firestore,
    functions,
    lines,
    livekit,
    network,
    phone,
    providers,
    settings,
    texts,
    worker,
)
from cli.checks.check import Check

EVERYTHING: tuple[Check, ...] = (
    *settings.CHECKS,
    *network.CHECKS,
    *clock.CHECKS,
    *firestore.CHECKS,
    *livekit.CHECKS,
    *worker.CHECKS,
    *providers.CHECKS,
    *functions.CHECKS,
    *lines.CHECKS,
    *phone.CHECKS,
    *texts.CHECKS,
    *dashboard.CHECKS,
)
