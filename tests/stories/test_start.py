"""The first minute: what a newcomer sees before Start, at Start, and by a link, and how soon they have a video."""

import shutil
from pathlib import Path

from bot.presenters import READY_FACES
from bot.sandbox.telegram import Person
from handlers import texts
from handlers.texts.language import LANGUAGES, speaking
from tests.stories.conftest import PORTRAIT, World, brief_voice, profile_told
from tests.stories.test_bad_telegram import refusal

NOTICE = "Your files go to the gateway"


def notices(world: World, person: Person) -> int:
    return sum(NOTICE in message.text for message in world.telegram.chat_history(person))


async def test_two_taps_and_one_voice_make_the_first_video_of_a_ready_face(world: World, alice: Person) -> None:
    async with world.bot(presenters_dir=None):
        alice.starts()
        welcome = await alice.sees("Hello! Send me a photo")
        assert welcome.media == "video"
        assert welcome.text.endswith(texts.EXAMPLE_BY_PUPPET())
        assert welcome.buttons == ["Let Mona Lisa speak", "Let Vincent speak"]
        assert welcome.reply_to is None
        await alice.sees(NOTICE)
        assert world.emo.bill == []
        await alice.presses(welcome, "Let Mona Lisa speak")
        face = await alice.sees("Mona Lisa is ready. Now send a voice message")
        assert face.media == "photo"
        alice.sends_voice(brief_voice())
        await alice.sees_video()
    assert notices(world, alice) == 1
    assert (world.detects_paid(), world.videos_paid()) == (1, 1)


async def test_a_voice_that_waits_is_said_at_once_by_the_face_that_is_tapped(world: World, alice: Person) -> None:
    async with world.bot(presenters_dir=None):
        alice.starts()
        welcome = await alice.sees("Hello")
        voice = alice.sends_voice(brief_voice())
        await alice.sees("Got your voice")
        await alice.presses(welcome, "Let Vincent speak")
        await alice.sees("Vincent speaks")
        video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    (render,) = await world.renders()
    assert render.origin.startswith("button:")


async def test_the_example_is_made_once_for_all_who_come_and_a_lost_one_anew(world: World, alice: Person) -> None:
    bob, carol = world.person("Bob"), world.person("Carol")
    async with world.bot(presenters_dir=None):
        shown = []
        for person in (alice, bob):
            person.starts()
            shown.append(await person.sees(lambda message: message.media == "video"))
        assert shown[0].files[-1].path == shown[1].files[-1].path
        world.telegram.faults.add(refusal("sendVideo", 400, "Bad Request: wrong file identifier/HTTP URL specified"))
        carol.starts()
        again = await carol.sees(lambda message: message.media == "video")
        assert again.files[-1].path != shown[0].files[-1].path


async def test_without_an_example_or_where_it_is_refused_the_words_come_alone(
    world: World, alice: Person, tmp_path: Path
) -> None:
    own = tmp_path / "presenters"
    own.mkdir()
    shutil.copy(PORTRAIT, own / "Anna.jpg")
    async with world.bot(presenters_dir=own):
        alice.starts()
        welcome = await alice.sees("Hello")
        assert (welcome.media, welcome.buttons) == (None, ["Let Anna speak"])
    shutil.copy(READY_FACES / "example.mp4", own / "hello.mp4")
    async with world.bot(presenters_dir=own):
        bob = world.person("Bob")
        world.telegram.faults.add(refusal("sendVideo", 400, "Bad Request: CHAT_SEND_VIDEOS_FORBIDDEN"))
        bob.starts()
        assert (await bob.sees("Hello")).media is None
        bob.starts()
        assert (await bob.sees(texts.EXAMPLE())).media == "video"
        assert notices(world, bob) == 1


async def test_a_link_shows_the_presenter_with_a_greeting_and_the_next_step_in_one_message(
    world: World, alice: Person
) -> None:
    async with world.bot(presenters_dir=None):
        alice.starts("as-Mona_Lisa")
        greeting = await alice.sees("Hello! Mona Lisa is ready. Now send a voice message")
        assert greeting.media == "photo"
        notice = await alice.sees(NOTICE)
        assert notice.id > greeting.id
        alice.sends_voice(brief_voice())
        await alice.sees_video()
        alice.starts("as-Vincent")
        await alice.sees("Hello! Vincent is ready")
    assert notices(world, alice) == 1


async def test_a_face_whose_picture_the_chat_does_not_take_is_ready_in_words(world: World, alice: Person) -> None:
    async with world.bot(presenters_dir=None):
        world.telegram.faults.add(refusal("sendPhoto", 400, "Bad Request: CHAT_SEND_MEDIA_FORBIDDEN"))
        alice.starts("as-Vincent")
        assert (await alice.sees("Vincent is ready")).media is None


async def test_before_start_the_bot_says_in_each_language_what_it_does(world: World) -> None:
    shutil.rmtree(world.data_dir)
    async with world.bot():
        await profile_told(world)
    said = world.telegram.world.profile.texts
    for language in LANGUAGES:
        code = "" if language == "en" else language
        with speaking(language):
            assert said["description", code] == texts.DESCRIPTION()
            assert said["short_description", code] == texts.SHORT_DESCRIPTION()
            assert len(texts.DESCRIPTION()) <= 512
            assert len(texts.SHORT_DESCRIPTION()) <= 120


async def test_what_the_operator_has_written_on_the_profile_stays(world: World) -> None:
    shutil.rmtree(world.data_dir)
    profile = world.telegram.world.profile.texts
    profile["description", ""] = "Our own words."
    async with world.bot():
        await profile_told(world)
    assert profile["description", ""] == "Our own words."
    assert ("description", "ru") not in profile
    assert profile["short_description", ""] == texts.SHORT_DESCRIPTION()
