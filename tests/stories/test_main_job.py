"""The main job: a photo and a voice in, a talking video out."""

from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, VOICE, World


async def test_a_photo_then_a_voice_make_a_video_as_a_reply_to_the_voice(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Now send a voice message")
    voice = alice.sends_voice(VOICE)
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
