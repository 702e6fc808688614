"""Our programs' logs as a person follows a call by them: the time and the message, without a log store's fields."""

import json
from datetime import datetime


def readable(line: str) -> str | None:
    """One JSON line of a program in words; None for what only livekit-agents has to say, short of trouble.

    A line that is not JSON, such as what an interpreter prints before it ends, is returned as it is.
    """
    try:
        entry = json.loads(line)
        severity, message, name = str(entry["severity"]), str(entry["message"]), str(entry["logger"])
    except (ValueError, TypeError, KeyError):
        return line
    if severity in ("DEBUG", "INFO") and name.partition(".")[0] == "livekit":
        return None
    at = _time_of(entry.get("timestamp"))
    trouble = "" if severity == "INFO" else f"{severity}: "
    cause = f"\n{entry['exception']}" if entry.get("exception") else ""
    return f"{at}{trouble}{message}{cause}"


def _time_of(stamp: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(stamp)).astimezone():%H:%M:%S.%f}"[:-3] + "  "
    except ValueError:
        return ""
