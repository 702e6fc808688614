"""What callers say stays out of the logs, whatever the library puts beside its messages."""

import logging

PERSONAL = "lk.pii."
"""How livekit-agents names the fields of a log record that hold personal data."""


def keep_words_out_of_logs() -> None:
    """Strip personal fields from the library's records, in this process."""
    logger = logging.getLogger("livekit.agents")
    if _strip not in logger.filters:
        logger.addFilter(_strip)


def _strip(record: logging.LogRecord) -> bool:
    for name in [name for name in vars(record) if name.startswith(PERSONAL)]:
        delattr(record, name)
    return True
