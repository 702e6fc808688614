"""`holdline console`: one person at a terminal is the caller, and the supervisor too."""
