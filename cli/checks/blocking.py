"""Libraries that block, asked from the loop. A thread that never comes back must not keep the command from ending."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def blocking(ask: Callable[[], T]) -> T:
    """What `ask` returns or raises; unlike `asyncio.to_thread`, nothing waits for it once its time is over."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(lambda: None if answer.done() else set_it())

    def run() -> None:
        try:
            result = ask()
        except Exception as error:  # it is the asker's to handle
            problem = error
            settle(lambda: answer.set_exception(problem))
        else:
            settle(lambda: answer.set_result(result))

    threading.Thread(target=run, daemon=True).start()
    return await answer
