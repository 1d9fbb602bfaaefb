"""One lock a key: turns for those who share it, side by side for the others."""

import asyncio

from bot.locks import KeyedLocks


async def test_one_person_is_served_in_order_and_others_meanwhile() -> None:
    locks, said, gate = KeyedLocks(), [], asyncio.Event()

    async def serve(person: str, word: str, wait: bool = False) -> None:
        async with locks.hold(person):
            if wait:
                await gate.wait()
            said.append(word)

    first = asyncio.create_task(serve("alice", "alice 1", wait=True))
    await asyncio.sleep(0)
    rest = [asyncio.create_task(serve("alice", f"alice {turn}")) for turn in (2, 3)]
    await serve("bob", "bob 1")
    gate.set()
    await asyncio.gather(first, *rest)
    assert said == ["bob 1", "alice 1", "alice 2", "alice 3"]


async def test_a_lock_that_nobody_uses_takes_no_memory() -> None:
    locks = KeyedLocks()
    async with locks.hold(1):
        assert len(locks._locks) == 1
    waiting = asyncio.create_task(hold_for_ever(locks))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not locks._locks


async def hold_for_ever(locks: KeyedLocks) -> None:
    async with locks.hold(1):
        await asyncio.Event().wait()
