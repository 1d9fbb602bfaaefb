"""Permission follows the face: by whatever way a picture comes, what its owner said about it holds."""

import io
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.message import Message
from tests.stories.conftest import VOICE, World, brief_voice

ASKS, READY = "would like to make your photo speak", "Now send a voice message|I have your photo"
NOT_USED, OUT = "not to be used", "prefers not to be in videos"
STATES = ("never asked", "allowed", "refused", "opted out", "forgotten")
RIGHT = dict(zip(STATES, (ASKS, READY, NOT_USED, OUT, ASKS), strict=True))
"""What Bob reads who wants to use Alice's photo; a forgotten yes is none, and she is asked anew."""


def picture(seed: int, quality: int = 90) -> bytes:
    """A picture that looks like no other one."""
    chance, file = random.Random(seed), io.BytesIO()
    small = Image.frombytes("RGB", (9, 9), bytes(chance.randrange(256) for _ in range(243)))
    small.resize((480, 480), Image.Resampling.BICUBIC).save(file, "JPEG", quality=quality)
    return file.getvalue()


@dataclass
class Place:
    """A group of friends in which Alice posts, Bob wants, and Carol is an admin."""

    world: World
    number: int
    group: Group
    alice: Person
    bob: Person
    carol: Person

    @property
    def picture(self) -> bytes:
        return picture(self.number)

    async def does_not_ask(self, asks: bool = False) -> None:
        self.carol.sends("/settings", chat=self.group)
        shown = await self.carol.sees("How videos are made", chat=self.group)
        await self.carol.presses(shown, "Ask them first" if asks else "Don't ask")

    async def is_forgotten(self) -> None:
        self.alice.sends("/forget")
        await self.alice.presses(await self.alice.sees("Nothing can bring it back"), "Forget me")
        await self.alice.sees("Done")


def place_for(world: World, number: int, *others: Person) -> Place:
    people = [world.person(f"{name} {number}") for name in ("Alice", "Bob", "Carol")]
    group = world.telegram.group(f"Friends {number}", [*people, *others])
    group.takes(people[2], administrator=True)
    return Place(world, number, group, *people)


Brings = Callable[[Place], Awaitable[None]]


async def come_to(state: str, place: Place, brings: Brings) -> None:
    """Let Alice and what she said be as the state says."""
    if state == "opted out":
        place.alice.sends("/optout")
        await place.alice.sees("nobody else can use")
    if state in ("never asked", "opted out"):
        return
    await brings(place)
    question = await place.alice.sees(ASKS, chat=place.group)
    await place.alice.presses(question, "No" if state == "refused" else "Allow")
    await place.bob.sees("would rather not" if state == "refused" else "says yes", chat=place.group)
    if state != "refused":
        await place.bob.sees("Now send|is ready|Send what", chat=place.group)
    if state == "forgotten":
        await place.is_forgotten()


async def all_states(world: World, prepare: Callable[[Place], Awaitable[Brings]], **outcomes: str) -> None:
    """Go through the row of a source: Bob brings Alice's picture by it, in each state."""
    right = RIGHT | {name.replace("_", " "): words for name, words in outcomes.items()}
    for number, state in enumerate(STATES):
        place = place_for(world, number)
        brings = await prepare(place)
        await come_to(state, place, brings)
        await brings(place)
        try:
            await place.bob.sees(right[state], chat=place.group)
        except AssertionError as error:
            raise AssertionError(f"in the state {state!r}") from error


def replied(post: Callable[[Place], Message], **where: str) -> Callable[[Place], Awaitable[Brings]]:
    """Let Bob answer with /talk what the group sees."""

    async def prepare(place: Place) -> Brings:
        posted = post(place)

        async def bring(place: Place) -> None:
            place.bob.sends("/talk", chat=place.group, reply_to=posted, **where)  # type: ignore[arg-type]

        return bring

    return prepare


async def test_a_photo(bot: None, world: World) -> None:
    await all_states(world, replied(lambda place: place.alice.sends_photo(place.picture, chat=place.group)))


async def test_a_document(bot: None, world: World) -> None:
    await all_states(
        world, replied(lambda place: place.alice.sends_document(place.picture, mime="image/jpeg", chat=place.group))
    )


async def test_an_album(bot: None, world: World) -> None:
    await all_states(
        world,
        replied(
            lambda place: place.alice.sends_album([place.picture, picture(place.number + 99)], chat=place.group)[0]
        ),
    )


async def test_a_forward(bot: None, world: World) -> None:
    await all_states(
        world,
        replied(lambda place: place.carol.forwards(place.alice.sends_photo(place.picture), chat=place.group)),
    )


async def test_a_quote_in_a_reply(bot: None, world: World) -> None:
    await all_states(
        world,
        replied(
            lambda place: place.alice.sends_photo(place.picture, chat=place.group, caption="me"),
            quote="me",
        ),
    )


async def test_a_reply_to_another_chat(bot: None, world: World) -> None:
    async def prepare(place: Place) -> Brings:
        elsewhere = world.telegram.group("Elsewhere", [place.alice, place.bob])
        photo = place.alice.sends_photo(place.picture, chat=elsewhere)

        async def bring(place: Place) -> None:
            place.bob.sends("/talk", chat=place.group, quotes=photo)

        return bring

    await all_states(world, prepare)


async def saved(place: Place, name: str, picture: bytes, by: Person) -> None:
    photo = by.sends_photo(picture, chat=place.group)
    place.bob.sends(f"/save {name}", chat=place.group, reply_to=photo)
    await place.bob.sees(f"{name} is saved", chat=place.group)


async def test_a_saved_face(bot: None, world: World) -> None:
    async def prepare(place: Place) -> Brings:
        await place.does_not_ask()
        await saved(place, "Ann", place.picture, place.alice)
        await place.does_not_ask(asks=True)

        async def bring(place: Place) -> None:
            place.bob.sends("/as Ann", chat=place.group)

        return bring

    await all_states(world, prepare, allowed="Ann is ready", opted_out="no Ann here", forgotten="no Ann here")


async def test_a_duet(bot: None, world: World) -> None:
    async def prepare(place: Place) -> Brings:
        await place.does_not_ask()
        await saved(place, "Ben", picture(place.number + 50), place.bob)
        await saved(place, "Ann", place.picture, place.alice)
        await place.does_not_ask(asks=True)

        async def bring(place: Place) -> None:
            place.bob.sends("/duet Ann Ben", chat=place.group)

        return bring

    await all_states(world, prepare, allowed="Send what Ann says", opted_out="no Ann here", forgotten="no Ann here")


async def test_a_presenter_is_for_everybody_whatever_members_say_of_the_same_picture(
    world: World, tmp_path: Path
) -> None:
    for number in range(len(STATES)):
        (tmp_path / f"Host {number}.jpg").write_bytes(picture(number))
    async with world.bot(presenters_dir=tmp_path):
        for number, state in enumerate(STATES):
            place = place_for(world, number)
            asks = await replied(lambda place: place.alice.sends_photo(place.picture, chat=place.group))(place)
            await come_to(state, place, asks)
            place.bob.sends(f"/as Host {number}", chat=place.group)
            await place.bob.sees(f"Host {number} is ready", chat=place.group)


async def test_an_agent_of_a_business_account(bot: None, world: World) -> None:
    right = dict(zip(STATES, ("Good photo", "Good photo", NOT_USED, OUT, "Good photo"), strict=True))
    for number, state in enumerate(STATES):
        place = place_for(world, number)
        agent = place.bob
        agent.starts()
        await agent.sees("Hello")
        dialogue = world.telegram.business(agent).dialogue(world.person(f"Carl {number}"))
        await agent.sees("Your account is connected")
        photo = place.alice.sends_photo(place.picture, chat=place.group)
        await come_to(state, place, await replied(lambda place: photo)(place))  # noqa: B023 - called at once
        agent.forwards(photo)
        await agent.sees(right[state])
    world.person("Carl 4").sends("Is it in stock?", chat=dialogue)
    notice = await agent.sees("Carl 4 wrote")
    agent.sends_voice(brief_voice(), reply_to=notice)
    preview = await agent.sees_video()
    place.alice.sends("/optout")
    await place.alice.sees("1 thing that others had made or saved with your face or voice is deleted")
    await agent.sees("doesn't allow it any more")
    assert preview.id not in preview.chat.messages
    await world.person("Carl 4").sees_nothing(chat=dialogue)


@pytest.mark.parametrize("hidden", [True, False])
async def test_a_no_holds_when_who_was_refused_brings_the_picture_anew(bot: None, world: World, hidden: bool) -> None:
    place = place_for(world, 1)
    photo = place.alice.sends_photo(place.picture, chat=place.group)
    await come_to("refused", place, await replied(lambda _: photo)(place))
    sent = place.bob.forwards(photo, chat=place.group, hidden=hidden)
    place.bob.sends("/talk", chat=place.group, reply_to=sent)
    await place.bob.sees(NOT_USED, chat=place.group)
    place.bob.forwards(photo, hidden=hidden)
    await place.bob.sees(NOT_USED)
    place.bob.sends_photo(place.picture)  # another file to Telegram, of the same bytes
    await place.bob.sees(NOT_USED)
    place.bob.sends("/forget")
    await place.bob.presses(await place.bob.sees("Nothing can bring it back"), "Forget me")
    await place.bob.sees("Done")
    place.bob.sends("/talk", chat=place.group, reply_to=photo)
    await place.bob.sees(NOT_USED, chat=place.group)
    assert world.detects_paid() == 0
    assert world.objects() == []
    place.alice.sends_photo(place.picture)
    await place.alice.sees("Good photo")  # her own


async def test_what_looks_like_a_refused_picture_is_asked_about(bot: None, world: World) -> None:
    place = place_for(world, 1)
    await come_to(
        "refused", place, await replied(lambda place: place.alice.sends_photo(place.picture, chat=place.group))(place)
    )
    sent = place.bob.sends_photo(picture(1, quality=40), chat=place.group)
    place.bob.sends("/talk", chat=place.group, reply_to=sent)
    question = await place.alice.sees("Alice 1, Bob 1 has a photo that looks like one you said no to", chat=place.group)
    assert world.detects_paid() == 0
    await place.alice.presses(question, "Allow")
    await place.bob.sees(READY, chat=place.group)
    place.bob.sends_photo(picture(1, quality=50))
    vouched = await place.bob.sees("looks like one that somebody does not want used")
    await place.bob.presses(vouched, "Allow")
    await place.bob.sees("Good photo")


async def test_what_carol_allows_of_a_copy_says_nothing_of_alices_own(bot: None, world: World) -> None:
    place = place_for(world, 1)
    photo = place.alice.sends_photo(place.picture, chat=place.group)
    copy = place.carol.forwards(photo, chat=place.group, hidden=True)
    place.bob.sends("/talk", chat=place.group, reply_to=copy)
    question = await place.carol.sees(f"Carol 1, Bob 1 {ASKS}", chat=place.group)
    await place.carol.presses(question, "Allow")
    await place.bob.sees(READY, chat=place.group)
    place.bob.sends("/talk", chat=place.group, reply_to=photo)
    await place.alice.sees(f"Alice 1, Bob 1 {ASKS}", chat=place.group)
    place.bob.sends("/talk", chat=place.group, reply_to=copy)  # which is known to be Alice's by now
    await place.bob.sees("Alice 1 has been asked", chat=place.group)


async def test_a_photo_and_a_voice_of_the_same_member_are_one_question(bot: None, world: World) -> None:
    place = place_for(world, 1)
    voice = place.alice.sends_voice(brief_voice(), chat=place.group)
    place.bob.sends_photo(picture(2), chat=place.group, caption="/talk", reply_to=voice)
    question = await place.alice.sees("would like to make a photo speak with your voice", chat=place.group)
    await place.alice.presses(question, "No")
    await place.bob.sees("Another voice will do", chat=place.group)
    other = place.alice.sends_voice(VOICE, chat=place.group)
    place.bob.sends("/talk", chat=place.group, reply_to=place.alice.sends_photo(place.picture, chat=place.group))
    await place.alice.presses(await place.alice.sees(ASKS, chat=place.group), "Allow")
    await place.bob.sees(READY, chat=place.group)
    place.bob.sends("/talk", chat=place.group, reply_to=other)
    await place.alice.presses(await place.alice.sees("speak with your voice", chat=place.group), "Allow")
    await place.bob.sees_video(chat=place.group)


async def test_a_no_to_a_voice_holds_for_the_same_sound_cut_as_it_was(world: World) -> None:
    """The voice is longer than may be made, so that what is refused and what is kept must be cut alike."""
    async with world.bot(longest_voice=3):
        place = place_for(world, 1)
        voice = place.alice.sends_voice(VOICE, chat=place.group)
        place.bob.sends_photo(picture(2), chat=place.group, caption="/talk", reply_to=voice)
        question = await place.alice.sees("would like to make a photo speak with your voice", chat=place.group)
        await place.alice.presses(question, "No")
        await place.bob.sees("Another voice will do", chat=place.group)
        photo = place.bob.sends_photo(picture(3), chat=place.group, caption="/talk")
        asked = await place.bob.sees(READY, chat=place.group)
        again = place.bob.sends_voice(VOICE, chat=place.group, reply_to=asked)
        offer = await place.bob.sees("takes less than 0:03", chat=place.group)
        await place.bob.presses(offer, offer.buttons[0])
        await place.bob.sees("That voice is not to be used", chat=place.group)
    assert again.id > photo.id
    assert world.emo.tasks == {}
