"""Three people in a group with topics, from a saved face to a sticker: everything stays in its topic."""

from tests.stories.conftest import PORTRAIT, World, brief_voice


async def test_a_video_becomes_a_round_note_a_sticker_and_a_loop_in_its_topic(bot: None, world: World) -> None:
    alice, bob, carol = (world.person(name) for name in ("Alice", "Bob", "Carol"))
    group = world.telegram.group("Friends", [alice, bob, carol], topics=("Fun", "Work"))
    alice.sends("/save Ann", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group, topic="Fun"))
    await alice.sees("Ann is saved", chat=group)
    carol.sends("lovely", chat=group, topic="Fun")
    bob.sends("/as Ann", chat=group, reply_to=bob.sends_voice(brief_voice(), chat=group, topic="Fun"))
    video = await bob.sees_video(chat=group)
    await world.render_that(lambda render: render.ended)
    assert (await carol.presses(video, "Sticker")).text == "Only the person who asked for it can do that."
    paid = len(world.emo.bill)
    for label, media in {"Sticker": "sticker", "Round": "video_note", "Loop": "animation"}.items():
        await bob.presses(video, label)
        sent = await bob.sees(lambda message, media=media: message.media == media, chat=group)  # type: ignore[misc]
        assert sent.thread_id == group.topic("Fun").id
    (stickers,) = world.telegram.world.sticker_sets.values()
    assert stickers["title"] == "Talking faces of Friends"
    bob.sends("/history", chat=group, topic="Fun")
    listed = await bob.sees("Your last videos here", chat=group)
    await bob.presses(listed, "1")
    again = await bob.sees(lambda message: message.media == "video" and message.id != video.id, chat=group)
    assert again.thread_id == group.topic("Fun").id
    assert len(world.emo.bill) == paid
    carol.sends("/privacy", chat=group, topic="Work")
    answer = await carol.sees("What I keep", chat=group)
    assert answer.thread_id == group.topic("Work").id
