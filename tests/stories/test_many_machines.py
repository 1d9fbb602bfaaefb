"""Several bots on one PostgreSQL: whichever dies, freezes or is cut off, each person gets each video once."""

import asyncio
import signal
import time

import pytest
import sqlalchemy as sa

from bot.sandbox.telegram import Person
from storage.machines import LEASE
from tests.postgresql import PROGRAMS, How, cluster
from tests.stories.conftest import PORTRAIT, VOICE, World, brief_voice
from tests.stories.fleet import ON_A_SERVER, Fleet, Pipe, all_ask, fleet_in, place_of

pytestmark = ON_A_SERVER


async def test_a_killed_bots_render_goes_on_on_another_one_within_fifteen_seconds(
    fleet: Fleet, world: World, alice: Person
) -> None:
    for _ in range(2):
        await fleet.add()
    world.emo.hold()
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(VOICE)
    await alice.sees("Waiting for the service")
    first = await fleet.led()
    await first.stop(signal.SIGKILL)
    died = time.monotonic()
    second = await fleet.led()
    took = time.monotonic() - died
    assert second is not first
    print(f"taken up after {took:.1f} s")
    assert took < 15
    world.emo.release()
    await alice.sees_video()
    alice.sends("/status")  # the leader may be the dead one: another one asks Telegram now
    await alice.sees("Nothing is in the works")
    await fleet.settled()
    assert (len(world.emo.tasks), world.videos(alice)) == (1, 1)
    assert await fleet.ledger_is_the_bill()


async def test_a_bot_frozen_between_the_intent_and_its_answer_pays_and_says_nothing_when_it_wakes(
    fleet: Fleet, world: World, alice: Person
) -> None:
    for _ in range(2):
        await fleet.add()
    frozen = asyncio.Event()

    async def freeze(_: object) -> None:
        if not frozen.is_set():
            bot = await fleet.leader_of()
            assert bot is not None
            bot.freeze()
            frozen.set()

    world.emo.faults.watch("submit", "after", freeze)
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(VOICE)
    await asyncio.wait_for(frozen.wait(), 60)
    first = await fleet.leader_of()
    assert first is not None
    await alice.sees_video(timeout=90)
    await fleet.settled()
    first.thaw()
    async with asyncio.timeout(60):
        while "given up for dead" not in first.log or len(await fleet.names()) < 2:
            await asyncio.sleep(0.2)
    alice.sends_voice(brief_voice())
    await alice.sees_video(timeout=60)
    await fleet.settled()
    assert (world.videos_paid(), world.videos(alice)) == (2, 2)
    assert await fleet.ledger_is_the_bill()


async def test_webhooks_spread_over_three_make_one_video_of_one_persons_photo_and_voice(
    fleet: Fleet, world: World
) -> None:
    for _ in range(3):
        await fleet.add(TELEGRAM_UPDATES="webhook")
    people = [world.person(f"Person {number}") for number in range(6)]
    all_ask(people)
    for person in people:
        await person.sees_video(timeout=120)
    await fleet.settled()
    assert [world.videos(person) for person in people] == [1] * 6
    assert len(world.emo.tasks) == 6
    assert await fleet.ledger_is_the_bill()
    rows = await fleet.read("SELECT count(*) AS number FROM inbox WHERE done_at IS NULL OR owner IS NOT NULL")
    assert rows == [{"number": 0}]


async def test_a_bot_cut_from_the_database_while_it_reaches_all_else_does_nothing_until_it_starts_anew(
    fleet: Fleet, world: World, alice: Person
) -> None:
    async with Pipe(place_of(fleet.database)) as wire:
        through = sa.make_url(fleet.database).set(port=wire.port).render_as_string(hide_password=False)
        first = await fleet.add(DATABASE_URL=through)
        second = await fleet.add()
        wants = [world.person(f"Person {number}") for number in range(3)]
        world.emo.hold()
        all_ask(wants)
        await wants[0].sees("Waiting for the service")
        wire.cut()
        first.is_left_out()
        world.emo.release()
        for person in wants:
            await person.sees_video(timeout=90)
        wire.mend()
        first.is_let_in()
        async with asyncio.timeout(60):
            while "starts anew" not in first.log or len(await fleet.names()) < 2:
                await asyncio.sleep(0.2)
        alice.sends("/status")
        await alice.sees("Nothing is in the works")
        await fleet.settled()
        assert "given up for dead" not in second.log
        assert [world.videos(person) for person in wants] == [1, 1, 1]
        assert world.videos_paid() == 3
        assert await fleet.ledger_is_the_bill()


async def test_a_cancel_is_heard_by_the_bot_that_leads_the_render_whichever_got_it(fleet: Fleet, world: World) -> None:
    for _ in range(3):
        await fleet.add(TELEGRAM_UPDATES="webhook")
    world.emo.hold()
    people = [world.person(f"Person {number}") for number in range(3)]
    for person in people:
        person.sends_photo(PORTRAIT)
        person.sends_voice(VOICE)
    for person in people:
        await person.sees("Waiting for the service")
        began = time.monotonic()
        person.sends("/cancel")
        await person.sees("Stopped")
        assert time.monotonic() - began < 10, "it waits for no poll"
    await fleet.settled()
    assert world.videos_paid() == 0


@pytest.mark.skipif(not PROGRAMS, reason="no initdb is here")
@pytest.mark.parametrize("how", ["immediate", "fast"])
async def test_a_database_that_is_restarted_under_several_bots_delays_what_they_do(world: World, how: How) -> None:
    async with cluster() as server, fleet_in(world, server.url) as fleet:
        for _ in range(3):
            await fleet.add(TELEGRAM_UPDATES="webhook")
        machines = await fleet.names()
        people = [world.person(f"Person {number}") for number in range(4)]
        world.emo.hold()
        all_ask(people[:3])
        for person in people[:3]:
            await person.sees("Waiting for the service")
        await server.stop(how)
        world.emo.release()
        people[3].sends_photo(PORTRAIT)  # Telegram's call fails, and comes again
        people[3].sends_voice(brief_voice(2.0))
        await asyncio.sleep(LEASE + 2)  # longer than a machine may be silent
        await server.start()
        for person in people:
            await person.sees_video(timeout=120)
        await fleet.settled()
        assert await fleet.names() == machines, "nobody was given up for dead, and none started anew"
        assert [world.videos(person) for person in people] == [1] * 4
        assert world.videos_paid() == 4
        assert await fleet.ledger_is_the_bill()
