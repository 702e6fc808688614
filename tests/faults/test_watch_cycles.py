"""Watches that come and go leave nothing behind; `python -m bench.watch_cycles` shows it for ten thousand."""

import pytest

from bench.measure import Series
from bench.watch_cycles import GAINED_MB, lived_through
from holdline.settings import FirestoreSettings

CYCLES = 400


@pytest.mark.timeout(120)
def test_watches_that_are_opened_and_closed_leave_no_thread_channel_file_or_memory(
    firestore_settings: FirestoreSettings,
) -> None:
    took = Series("a cycle")
    first, *_, last = lived_through(firestore_settings, CYCLES, took=took, parts=4)
    assert len(took.values) == CYCLES
    assert (last.threads, last.channels, last.files) == (first.threads, first.channels, first.files)
    assert last.resident_mb - first.resident_mb < GAINED_MB
