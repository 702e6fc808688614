"""What a call writes is written in order, off the loop, and is not lost to a moment's trouble."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial

import pytest

from agent.writer import CLOSE_WITHIN_S, RETRY_DELAYS_S, Writer
from holdline.errors import NotFound, Unavailable


def failing(times: int, *, result: str = "written") -> tuple[Callable[[], str], list[float]]:
    """A write that storage refuses so many times, and when it was tried."""
    loop = asyncio.get_running_loop()
    tried_at: list[float] = []

    def write() -> str:
        tried_at.append(loop.time())
        if len(tried_at) <= times:
            raise Unavailable("storage does not answer")
        return result

    return write, tried_at


async def test_a_write_brings_its_result(writer: Writer) -> None:
    assert await writer.put(lambda: 42, what="an answer") == 42


async def test_writes_keep_their_order(writer: Writer) -> None:
    written: list[int] = []
    await asyncio.gather(*[writer.put(partial(written.append, n), what=f"write {n}") for n in range(50)])
    assert written == list(range(50))


async def test_writes_happen_off_the_loop(writer: Writer) -> None:
    assert await writer.put(threading.get_ident, what="a thread") != threading.get_ident()


async def test_a_write_that_is_refused_for_now_is_tried_again(writer: Writer) -> None:
    write, tried_at = failing(3)
    assert await writer.put(write, what="a write") == "written"
    assert tried_at == pytest.approx([0, *[sum(RETRY_DELAYS_S[:n]) for n in (1, 2, 3)]])


async def test_a_write_is_not_tried_for_ever(writer: Writer) -> None:
    write, tried_at = failing(1000)
    with pytest.raises(Unavailable):
        await writer.put(write, what="a write")
    assert len(tried_at) == len(RETRY_DELAYS_S) + 1


async def test_a_write_that_waits_for_storage_is_not_overtaken(writer: Writer) -> None:
    written: list[str] = []
    slow, _ = failing(2)
    first = writer.put(lambda: written.append(slow()), what="first")
    second = writer.put(lambda: written.append("second"), what="second")
    await asyncio.gather(first, second)
    assert written == ["written", "second"]


async def test_a_write_that_can_never_succeed_is_not_tried_again(writer: Writer) -> None:
    tries: list[int] = []

    def write() -> None:
        tries.append(1)
        raise NotFound("calls/none")

    with pytest.raises(NotFound):
        await writer.put(write, what="a write")
    assert len(tries) == 1


@pytest.mark.parametrize("error", [NotFound("calls/none"), ZeroDivisionError()])
async def test_one_failure_does_not_stop_the_next_write(
    writer: Writer, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise error

    failed = writer.put(fail, what="the broken one")
    assert await writer.put(lambda: "written", what="the next") == "written"
    assert failed.exception() is error
    assert "the broken one was not written" in caplog.text


async def test_closing_writes_what_is_queued() -> None:
    writer = Writer()
    written: list[int] = []
    for n in range(5):
        writer.put(partial(written.append, n), what=f"write {n}")
    await writer.close()
    assert written == [0, 1, 2, 3, 4]


async def test_closing_gives_storage_time_to_come_back() -> None:
    writer = Writer()
    write, _ = failing(3)
    last = writer.put(write, what="the end")
    await writer.close()
    assert await last == "written"


async def test_closing_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    writer = Writer()
    write, _ = failing(1000)
    first, second = writer.put(write, what="the turn"), writer.put(write, what="the end")
    began_at = asyncio.get_running_loop().time()
    await writer.close()
    assert asyncio.get_running_loop().time() - began_at == pytest.approx(CLOSE_WITHIN_S, abs=0.1)
    for lost in (first, second):
        with pytest.raises(Unavailable):
            await asyncio.wait_for(lost, 1)
    assert "2 writes of the call are lost" in caplog.text


async def test_after_closing_a_write_is_refused_and_says_so() -> None:
    writer = Writer()
    await writer.close()
    with pytest.raises(Unavailable, match="the last word is not written"):
        await writer.put(lambda: None, what="the last word")


async def test_closing_twice_is_closing_once() -> None:
    writer = Writer()
    await writer.close()
    await writer.close()
