"""The two ends of the console: lines that are typed or piped in, and lines that are written without spoiling them."""

import asyncio
import contextlib
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

import click

PROMPT = "> "
CLEAR_LINE = "\r\x1b[K"


class Terminal(Protocol):
    @property
    def is_scripted(self) -> bool:
        """Whether the lines come from a script, which does not read what is written before it goes on."""
        ...

    @property
    def in_colour(self) -> bool: ...

    def write(self, text: str) -> None: ...

    def lines(self) -> AsyncIterator[str]: ...

    def close(self) -> None:
        """No more lines are wanted; what is written from now on stands alone."""
        ...


class Pipe:
    """A script's input, and an output that may be anything."""

    is_scripted = True

    def __init__(self, *, in_colour: bool) -> None:
        self.in_colour = in_colour

    def write(self, text: str) -> None:
        click.echo(text)

    def lines(self) -> AsyncIterator[str]:
        return _from_a_thread(sys.stdin.readline)

    def close(self) -> None: ...


class Keyboard:
    """A person at a terminal: what is written appears above the line that is being typed."""

    is_scripted = False
    in_colour = True

    def __init__(self) -> None:
        import readline  # gives input() its line editing, and tells what has been typed so far

        self._typed_so_far: Callable[[], str] = readline.get_line_buffer
        self._is_prompting = False
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        with self._lock:
            rest = PROMPT + self._typed_so_far() if self._is_prompting else ""
            sys.stdout.write(f"{CLEAR_LINE}{text}\n{rest}")
            sys.stdout.flush()

    def lines(self) -> AsyncIterator[str]:
        return _from_a_thread(self._ask)

    def close(self) -> None:
        self._is_prompting = False

    def _ask(self) -> str:
        self._is_prompting = True
        try:
            return input(PROMPT) + "\n"
        except EOFError:
            return ""
        finally:
            self._is_prompting = False


@contextlib.contextmanager
def settings_restored() -> Iterator[None]:
    """A thread that still waits for a line keeps the terminal as line editing wants it; give it back as it was."""
    import termios

    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


async def _from_a_thread(read: Callable[[], str]) -> AsyncIterator[str]:
    """Lines as they are wanted, until `read` answers with nothing; a thread that still reads is left behind."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()
    wanted = threading.Semaphore(0)

    def pump() -> None:
        line = "-"
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            while line:
                wanted.acquire()
                line = read()
                loop.call_soon_threadsafe(lines.put_nowait, line)

    threading.Thread(target=pump, name="typed lines", daemon=True).start()
    while True:
        wanted.release()
        if not (line := await lines.get()):
            return
        yield line
