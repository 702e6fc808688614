"""A call without a telephone: what is typed is heard, what is said is not sounded, and all between is a call's own."""
