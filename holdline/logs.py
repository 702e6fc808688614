"""One shape of log line for every program: JSON, a line an event, in the names that Google's Cloud Logging reads.

    {"timestamp", "severity", "message", "logger", "program", "call", "org", "exception", ...}

`call` and `org` stand wherever they are known: in the worker livekit-agents puts them on each record, elsewhere `about`
says them. `exception` is a whole traceback in one field. Of what libraries add, numbers and a few names are kept;
everything passes through `holdline.redaction`. On a terminal, or with LOG_FORMAT=text, a line is for people instead.
"""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType

from pydantic import SecretStr

from holdline.redaction import redact, redaction
from holdline.settings import FirestoreSettings

SEVERITIES = ((50, "CRITICAL"), (40, "ERROR"), (30, "WARNING"), (20, "INFO"))
"""Cloud Logging's names; libraries have levels between them."""

KEPT = {"job_id", "room_id", "agent_name", "worker_id", "id", "reason", "version", "region", "plugin"} | {
    *("label", "provider", "model", "stt", "tts", "llm", "function", "tool_name", "speech_id", "error_type"),
}
"""Fields of other people's records that are kept though they are text; numbers and truths always are."""

QUIET = ("httpx", "httpcore", "urllib3", "google.auth", "aiohttp.access", "werkzeug")
"""Libraries that tell of every request they make or serve."""

_GUNICORN = ("gunicorn.error", "gunicorn.access")
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed, only replaced


def set_up(program: str, settings: FirestoreSettings) -> None:
    """Have everything that this process logs written to its standard output, in our shape and in no other."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter(program, settings))
    handler.setLevel(settings.log_level)
    root = logging.getLogger()
    root.handlers[:] = [other for other in root.handlers if type(other) is not logging.StreamHandler] + [handler]
    root.setLevel(settings.log_level)
    for name in _GUNICORN:
        theirs = logging.getLogger(name)
        theirs.handlers.clear()
        theirs.propagate = True
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
    log_what_nobody_caught()


def log_what_nobody_caught() -> None:
    """The interpreter would print it, with all that its text holds, past every handler."""
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def about(*, call: str | None = None, org: str | None = None) -> None:
    """What the lines of this request, or of this thread, are about from here on; nothing, if nothing is given."""
    _about.set({name: value for name, value in (("call", call), ("org", org)) if value})


def formatter(program: str, settings: FirestoreSettings) -> logging.Formatter:
    """What the settings ask for; left to themselves, text where a person reads along and JSON everywhere else."""
    secrets = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    as_text = settings.log_format == "text" or (settings.log_format is None and sys.stdout.isatty())
    return (AsText if as_text else AsJson)(program, clean=redaction(secrets))


class AsJson(logging.Formatter):
    def __init__(self, program: str, *, clean: Callable[[str], str] = redact) -> None:
        super().__init__()
        self._program = program
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        entry = self.entry(record)
        return json.dumps({name: value for name, value in entry.items() if value is not None})

    def entry(self, record: logging.LogRecord) -> dict[str, object]:
        """The event, free of what nobody may read."""
        message, exception = _texts(record)
        found: dict[str, object] = {**_about.get(), **_added(record)}
        return {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "severity": next((name for level, name in SEVERITIES if record.levelno >= level), "DEBUG"),
            "message": self._clean(message),
            "logger": record.name,
            "program": self._program,
            # livekit-agents knows the room of a job; a call is its room.
            "call": found.pop("call", None) or getattr(record, "room", None),
            "org": found.pop("org", None),
            "exception": self._clean(exception) if exception else None,
            **{name: self._clean(value) if isinstance(value, str) else value for name, value in found.items()},
        }


class AsText(AsJson):
    def format(self, record: logging.LogRecord) -> str:
        entry = self.entry(record)
        at = datetime.fromtimestamp(record.created).astimezone()
        call = f" [{entry['call']}]" if entry["call"] and str(entry["call"]) not in str(entry["message"]) else ""
        cause = f"\n{entry['exception']}" if entry["exception"] else ""
        line = (
            f"{at:%H:%M:%S}.{at.microsecond // 1000:03} {entry['severity']:<8} {record.name}{call} {entry['message']}"
        )
        return line + cause


def _texts(record: logging.LogRecord) -> tuple[str, str]:
    """Message and traceback. A record that came from another process has the second at the end of the first."""
    try:
        message = record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit; to raise here would lose the line
        message = str(record.msg)
    exception = record.exc_text or ""
    if not exception and record.exc_info and record.exc_info[1] is not None:
        exception = "".join(traceback.format_exception(record.exc_info[1])).rstrip("\n")
    if record.stack_info:
        exception = f"{exception}\n{record.stack_info}".lstrip("\n")
    return message.removesuffix(record.exc_text or "").rstrip("\n"), exception


def _added(record: logging.LogRecord) -> dict[str, object]:
    added: dict[str, object] = {}
    for name, value in vars(record).items():
        if name in _OF_EVERY_RECORD or name.startswith("_") or ".pii." in name:
            continue
        if isinstance(value, bool | int | float):
            added[name] = value
        elif name in KEPT or name in ("call", "org"):
            added[name] = str(value)
        elif isinstance(value, BaseException):
            added[name] = f"{type(value).__name__}: {value}"
    return added


def _uncaught(kind: type[BaseException], error: BaseException | None, at: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), at)
    else:
        logging.getLogger("holdline").critical("nobody caught it", exc_info=(kind, error or kind(), at))
