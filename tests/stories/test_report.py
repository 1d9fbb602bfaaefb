"""/report: a video that should not exist is removed by who runs the chat, with all that was made of it."""

from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, World, brief_voice


async def test_a_member_reports_and_an_admin_removes_it_everywhere(bot: None, world: World) -> None:
    alice, bob, carol = (world.person(name) for name in ("Alice", "Bob", "Carol"))
    group = world.telegram.group("Friends", [carol, alice, bob])
    photo = bob.sends_photo(PORTRAIT, chat=group)
    bob.sends("/talk", chat=group, reply_to=photo)
    question = await bob.sees("Now send a voice message", chat=group)
    bob.sends_voice(brief_voice(), chat=group, reply_to=question)
    video = await bob.sees_video(chat=group)
    await bob.presses(video, "Sticker")
    sticker = await bob.sees(lambda message: message.media == "sticker", chat=group)
    alice.sends("/report", chat=group, reply_to=photo)
    await alice.sees("Reply to a video of mine", chat=group)
    alice.sends("/report", chat=group, reply_to=sticker)
    report = await alice.sees("Alice says that this video should not exist", chat=group)
    assert (await alice.presses(report, "Remove it")).text == "Only admins can remove it."
    assert (await carol.presses(report, "Remove it")).text == "The video is removed, with everything made from it."
    await bob.sees("was reported and removed", chat=group)
    assert not {video.id, sticker.id} & {*video.chat.messages}
    assert [each["stickers"] for each in world.telegram.world.sticker_sets.values()] == [[]]
    assert [path for path in world.objects() if path.suffix == ".mp4"] == []
    bob.sends("/history", chat=group)
    await bob.sees("no videos of yours", chat=group)


async def test_one_alone_removes_their_own(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    video = await alice.sees_video()
    alice.sends("/report", reply_to=video)
    report = await alice.sees("You can remove this video")
    await alice.presses(report, "Remove it")
    await alice.sees("was reported and removed")
    assert video.id not in video.chat.messages


async def test_the_operators_admins_hear_of_it_and_may_remove_it_from_their_own_chat(world: World) -> None:
    alice, olga = world.person("Alice"), world.person("Olga")
    async with world.bot(admins=(olga.user.id,)):
        olga.starts()
        await olga.sees("Hello")
        alice.sends_photo(PORTRAIT)
        alice.sends_voice(brief_voice())
        video = await alice.sees_video()
        alice.sends("/report", reply_to=video)
        report = await olga.sees("Alice says that this video should not exist")
        await olga.presses(report, "Remove it")
        await alice.sees("was reported and removed")
        assert video.id not in video.chat.messages
