"""What a long-running process does about Python's garbage collection."""

import gc


def spare_what_is_loaded() -> None:
    """Keep all that is there now out of every later collection; once, when a process is ready to serve.

    Our processes load some 150 000 objects that stay until they end. A full collection goes through every one with
    the interpreter's lock held: 0.1 to 0.2 s, in which no call of the process is heard and no page is answered.
    """
    gc.collect()
    gc.freeze()
