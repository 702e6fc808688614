"""How patient a watch is: the pauses between its streams, and when silence is looked into."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    first_pause_s: float = 0.2
    """Before a stream is opened again, for most breaks are over at once; five times as long if it did not last."""
    longest_pause_s: float = 1.4
    """With its spread of a fifth: less than one reopening a second, and under two seconds to hear of a recovery."""
    lasted_s: float = 4.0
    """A stream that lived so long earns its successor the shortest pause."""
    first_state_s: float = 5.0
    """How long a stream may say nothing at first, doubled up to `first_state_at_most_s` for a server that is slow."""
    first_state_at_most_s: float = 10.0
    look_every_s: float = 0.5
    """The end of a stream is told at once; that the client's thread stopped reading it is seen by looking."""
    check_every_s: float = 3.0
    """A connection that was silent for so long is asked; the answer is compared with what the watch last told."""
    answer_s: float = 3.0
    """A connection that does not answer within it is given up."""
    catch_up_s: float = 1.0
    """How far a stream may be behind what a reading finds."""
