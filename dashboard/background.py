"""Work that nobody waits for."""

import threading
from collections.abc import Callable

InBackground = Callable[[Callable[[], None]], object]


def on_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="background", daemon=True).start()
