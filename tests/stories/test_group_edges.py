"""What groups do to a bot: they move, close topics, speak without a name, forbid, and throw it out."""

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from storage.renders import Stage
from tests.stories.conftest import PORTRAIT, World, brief_voice


def friends(world: World, *topics: str, kind: str = "supergroup") -> tuple[Group, Person, Person]:
    alice, bob = world.person("Alice"), world.person("Bob")
    return world.telegram.group("Friends", [alice, bob], topics=topics, kind=kind), alice, bob


async def test_a_group_that_becomes_a_supergroup_keeps_everything(bot: None, world: World) -> None:
    group, alice, bob = friends(world, kind="group")
    photo = alice.sends_photo(PORTRAIT, chat=group)
    alice.sends("/save Ann", chat=group, reply_to=photo)
    await alice.sees("in the cast", chat=group)
    alice.sends("/talk", chat=group, reply_to=photo)
    await alice.sees("Now send a voice message", chat=group)
    heir = group.migrates(alice)
    alice.sends("/status", chat=heir)
    await alice.sees("I have your photo", chat=heir)
    bob.sends("/as Ann", chat=heir)
    question = await bob.sees("Ann is ready", chat=heir)
    bob.sends_voice(brief_voice(), chat=heir, reply_to=question)
    await bob.sees_video(chat=heir)


async def test_a_group_that_moves_while_a_video_is_made_gets_it_at_its_new_place(bot: None, world: World) -> None:
    group, alice, _ = friends(world, kind="group")
    world.emo.hold()
    alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group))
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    await world.task_that(lambda task: task.task_id is not None)
    heir = group.migrates(alice)
    world.emo.release()
    await alice.sees_video(chat=heir)
    assert len(world.emo.tasks) == 1


async def test_a_move_that_is_seen_only_as_an_error_loses_neither_an_answer_nor_an_end(bot: None, world: World) -> None:
    group, alice, _ = friends(world, kind="group")
    world.emo.hold()
    photo = alice.sends_photo(PORTRAIT, chat=group)
    alice.sends("/save Ann", chat=group, reply_to=photo)
    await alice.sees("in the cast", chat=group)
    alice.sends("/talk", chat=group, reply_to=photo)
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    await world.task_that(lambda task: task.task_id is not None)
    await world.render_that(lambda render: render.card_message_id is not None)
    alice.sends("/status", chat=group)
    heir = group.migrates(alice, told=False)
    await alice.sees("In the works", chat=heir)
    world.emo.fail_next("DataInspectionFailed", "Input data may contain inappropriate content.")
    world.emo.release()
    await alice.sees("refuses this photo or voice", chat=heir)
    alice.sends("/cast", chat=heir)
    await alice.sees("Ann", chat=heir)


async def test_a_topic_that_was_deleted_gets_its_video_in_the_chat(bot: None, world: World) -> None:
    group, alice, _ = friends(world, "Fun")
    world.emo.hold()
    alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group, topic="Fun"))
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    await world.task_that(lambda task: task.task_id is not None)
    group.deletes_topic("Fun")
    world.emo.release()
    video = await alice.sees_video(chat=group)
    assert video.thread_id is None


async def test_an_anonymous_admin_has_a_draft_and_buttons_that_any_admin_may_press(bot: None, world: World) -> None:
    group, alice, bob = friends(world)
    group.takes(alice, administrator=True, anonymous=True)
    photo = alice.sends_photo(PORTRAIT, chat=group)
    alice.sends("/talk", chat=group, reply_to=photo)
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    video = await alice.sees_video(chat=group)
    assert (await bob.presses(video, "Again")).text == "Only the person who asked for it can do that."
    assert (await alice.presses(video, "Again")).text == "Choose a shape and how lively it should be."


async def test_a_group_that_throws_the_bot_out_is_settled_and_tidied(bot: None, world: World) -> None:
    group, alice, _ = friends(world)
    world.emo.hold()
    photo = alice.sends_photo(PORTRAIT, chat=group)
    alice.sends("/save Ann", chat=group, reply_to=photo)
    await alice.sees("in the cast", chat=group)
    alice.sends("/talk", chat=group, reply_to=photo)
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    await world.task_that(lambda task: task.task_id is not None)
    group.removes_bot(alice)
    await world.render_that(lambda render: render.stage is Stage.GONE)
    world.emo.release()
    await world.no_objects()
    world.ledger_is_whole = False  # the task ends at the service, for nobody
