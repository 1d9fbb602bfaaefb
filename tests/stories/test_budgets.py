"""Nobody spends more than the operator allows, however they go about it; the bill proves it."""

import asyncio
import tempfile
from collections import Counter
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.press import press
from storage.book import Book
from tests.media.samples import recorded, speech
from tests.stories.conftest import PORTRAIT, World

LOOK, SECOND = Decimal("0.004"), Decimal("0.08")
TWO_SECONDS = SECOND * 2
"""What is reserved for the brief voice, squarely framed."""

TOO_MUCH = "more than I may spend"
_number = count(10)


def another_voice() -> bytes:
    """A brief voice that nobody has sent yet."""
    with tempfile.TemporaryDirectory() as folder:
        return recorded(speech(1.5, seed=next(_number)), Path(folder) / "words.ogg").read_bytes()


def bill(world: World) -> Decimal:
    return sum((entry.amount for entry in world.emo.bill), Decimal(0))


@pytest.fixture(autouse=True)
def one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """No midnight comes between."""
    day = Book().day()
    monkeypatch.setattr(Book, "day", lambda *_: day)


async def begins(person: Person) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo")
    person.sends_voice(another_voice())


async def all_ended(world: World, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while any(not render.ended for render in await world.renders()):
            await asyncio.sleep(0.05)


async def test_again_and_again_ends_where_the_persons_budget_does(world: World, alice: Person) -> None:
    budget = TWO_SECONDS * 3
    async with world.bot(person_budget_day=budget):
        await begins(alice)
        video, refused = await alice.sees_video(), 0
        (render,) = await world.renders()
        for ratio, style in [(ratio, style) for ratio in ("1x1", "3x4") for style in ("calm", "normal", "active")]:
            if ratio == "1x1" and style == "normal":
                continue
            answer = await press(world.telegram.world, alice.user, video, f"render:{render.id}:make:{ratio}:{style}")
            refused += TOO_MUCH in (answer.text or "")
            await all_ended(world)
        assert refused >= 2
        alice.sends_voice(another_voice())
        downloads = len(world.objects())
        said = await alice.sees(TOO_MUCH)
        assert "Tomorrow there's more" in said.text
        assert len(world.objects()) == downloads, "nothing is fetched in vain"
    assert TWO_SECONDS < bill(world) <= budget


async def test_who_lets_all_be_forgotten_gets_no_fresh_day(world: World, alice: Person) -> None:
    async with world.bot(person_budget_day=TWO_SECONDS * 2, person_daily_files=5):
        videos = 0
        while videos < 5:
            alice.sends_photo(PORTRAIT)
            if TOO_MUCH in (await alice.sees(f"Good photo|{TOO_MUCH}")).text:
                break
            alice.sends_voice(another_voice())
            said = await alice.sees(f"{TOO_MUCH}|Made by AI")
            if said.media != "video":
                break
            videos += 1
            await all_ended(world)
            alice.sends("/forget")
            await alice.presses(await alice.sees("Nothing can bring it back"), "Forget me")
            await alice.sees("deleted for good")
    assert 1 <= videos < 4
    assert 0 < bill(world) <= TWO_SECONDS * 2


async def test_twelve_groups_of_one_anonymous_admin_share_what_all_may_spend(world: World) -> None:
    alice = world.person("Alice")
    groups = [world.telegram.group(f"Group {number}", [alice]) for number in range(12)]
    budget = TWO_SECONDS * 3
    async with world.bot(budget_day=budget, chat_budget_day=TWO_SECONDS * 2):
        for group in groups:
            group.takes(alice, administrator=True, anonymous=True)
            alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group))
            answer = await alice.sees(f"Now send a voice message|{TOO_MUCH}", chat=group)
            if TOO_MUCH not in answer.text:
                alice.sends_voice(another_voice(), chat=group, reply_to=answer)
        await all_ended(world)
    assert 0 < bill(world) <= budget


async def test_twelve_groups_at_once_are_one_person_with_one_video(world: World, alice: Person) -> None:
    groups = [world.telegram.group(f"Group {number}", [alice]) for number in range(12)]
    async with world.bot(person_waiting=1):
        world.emo.hold()
        asked = []
        for group in groups:
            alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group))
            asked.append(await alice.sees("Now send a voice message", chat=group))
        for group, question in zip(groups, asked, strict=True):
            alice.sends_voice(another_voice(), chat=group, reply_to=question)
        for group in groups:
            await alice.sees("of yours is in the works|Waiting|Handing|Checking|next|queue", chat=group)
        assert len(await world.renders()) == 1
        world.emo.release()
        await all_ended(world)


async def test_of_four_voices_in_one_instant_one_is_taken_where_one_may_wait(world: World, alice: Person) -> None:
    async with world.bot(person_waiting=1):
        world.emo.hold()
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        for _ in range(4):
            alice.sends_voice(another_voice())
        await alice.sees("of yours is in the works")
        alice.sends("/status")
        await alice.sees("In the works")
        assert len(await world.renders()) == 1
        world.emo.release()
        await all_ended(world)


async def test_of_many_at_once_for_the_last_coin_only_as_many_are_ordered_as_it_pays_for(
    world: World, asked: Counter[str]
) -> None:
    people = [world.person(f"Person {number}") for number in range(8)]
    budget = TWO_SECONDS * 3 + LOOK
    async with world.bot(budget_day=budget, max_in_flight=8):
        for person in people:
            person.sends_photo(PORTRAIT)
        for person in people:
            await person.sees("Good photo")
        world.emo.hold()
        for person in people:
            person.sends_voice(another_voice())
        for person in people:
            await person.sees(f"{TOO_MUCH}|Waiting|not enough left")
        world.emo.release()
        await all_ended(world)
    assert 1 <= asked["submit"] <= 3
    assert bill(world) <= budget


async def test_what_a_budget_had_no_room_for_at_the_last_moment_is_kept_for_tomorrow(
    world: World, alice: Person
) -> None:
    long_voice = recorded(speech(4.0), world.data_dir.parent / "long.ogg").read_bytes()
    async with world.bot(budget_day=SECOND * 4):
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_voice(long_voice, seconds=1)  # the client says less than there is
        end = await alice.sees("not enough left of what I may spend for everybody today")
        assert "Try again" in end.buttons
        draft = await world.draft(alice)
        assert draft.portrait_sha is not None
        assert draft.voice_sha is not None
        assert "Tomorrow there's more" in ((await alice.presses(end, "Try again")).text or "")
    assert bill(world) == LOOK


async def test_looks_at_faces_are_paid_from_the_same_purse(world: World, alice: Person) -> None:
    async with world.bot(person_budget_day=SECOND + LOOK):
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_photo(PORTRAIT.read_bytes() + b"\0")
        said = await alice.sees(f"{TOO_MUCH} for you today")
        assert "0.08 are left" in said.text
    assert bill(world) == LOOK


async def test_what_is_made_already_costs_nothing_and_comes_when_all_is_spent(world: World, alice: Person) -> None:
    async with world.bot(budget_day=TWO_SECONDS + LOOK):
        await begins(alice)
        await alice.sees_video()
        alice.sends("/history")
        listed = await alice.sees("videos")
        await alice.presses(listed, "1")
        await alice.sees_video()


async def test_somebody_sees_what_they_have_spent_and_what_is_left(world: World, alice: Person) -> None:
    alice.speaks("es")
    async with world.bot(person_budget_day=Decimal(1)):
        alice.sends("/usage")
        await alice.sees("Hoy tus vídeos han costado 0.00 CNY de 1.00; quedan 1.00")
        alice.speaks("en")
        await begins(alice)
        await alice.sees_video()
        alice.sends("/usage")
        said = await alice.sees("Today your videos have cost")
        spent = bill(world)
        assert f"have cost {spent:.2f} CNY of 1.00" in said.text
        assert f"This month it's {spent:.2f} CNY" in said.text
        assert "come back" not in said.text
