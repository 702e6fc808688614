"""The clock that the other tests here go by."""

import asyncio
import time

from tests.unit.agent.virtual_time import Pace, VirtualTimeLoop


async def test_an_hour_passes_at_once() -> None:
    began_at = time.monotonic()
    loop = asyncio.get_running_loop()
    await asyncio.sleep(3600)
    assert loop.time() == 3600
    assert time.monotonic() - began_at < 30


async def test_what_is_due_first_comes_first() -> None:
    order: list[int] = []

    async def after(seconds: int) -> None:
        await asyncio.sleep(seconds)
        order.append(seconds)

    await asyncio.gather(after(30), after(10), after(20))
    assert order == [10, 20, 30]


async def test_no_time_passes_while_a_thread_works() -> None:
    async with asyncio.timeout(0.001):
        await asyncio.to_thread(time.sleep, 0.05)


async def test_what_keeps_the_loop_is_noticed() -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.pace = Pace()
    await asyncio.sleep(1)
    loop.call_soon(time.sleep, 0.06)
    await asyncio.sleep(1)
    assert loop.pace.longest_step_s >= 0.05
