"""Speech made on this machine, for the line and for whoever wants to hear a sentence before the caller does."""
