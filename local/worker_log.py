"""The worker's log as a person follows a call by it: the time and the message, without the fields of a log store."""

import json
from datetime import datetime


def readable(line: str) -> str | None:
    """One line of the worker's JSON log in words; None for what only its library has to say, short of trouble.

    A line that is not JSON, such as a traceback's, is returned as it is.
    """
    try:
        entry = json.loads(line)
        level, message, name = str(entry["level"]), str(entry["message"]), str(entry["name"])
    except (ValueError, TypeError, KeyError):
        return line
    if level in ("DEBUG", "INFO") and name.partition(".")[0] == "livekit":
        return None
    at = _time_of(entry.get("timestamp"))
    trouble = "" if level == "INFO" else f"{level}: "
    cause = f"\n{entry['exc_info']}" if entry.get("exc_info") else ""
    return f"{at}{trouble}{message}{cause}"


def _time_of(stamp: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(stamp)).astimezone():%H:%M:%S.%f}"[:-3] + "  "
    except ValueError:
        return ""
