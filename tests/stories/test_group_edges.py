"""What groups do to a bot: they move, close topics, speak without a name, forbid, and throw it out."""

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from storage.renders import Stage
from tests.stories.conftest import PORTRAIT, World, brief_voice
from tests.stories.test_bad_telegram import refusal


def friends(world: World, *topics: str, kind: str = "supergroup") -> tuple[Group, Person, Person]:
    alice, bob = world.person("Alice"), world.person("Bob")
    return world.telegram.group("Friends", [alice, bob], topics=topics, kind=kind), alice, bob


async def test_a_group_that_becomes_a_supergroup_keeps_everything(bot: None, world: World) -> None:
    group, alice, bob = friends(world, kind="group")
    photo = alice.sends_photo(PORTRAIT, chat=group)
    alice.sends("/save Ann", chat=group, reply_to=photo)
    await alice.sees("is saved, for everybody", chat=group)
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
    await alice.sees("is saved, for everybody", chat=group)
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
    assert (await alice.presses(video, "Again")).text == "Choose square or tall, and how lively."


async def test_a_group_that_throws_the_bot_out_is_settled_and_tidied(bot: None, world: World) -> None:
    group, alice, _ = friends(world)
    world.emo.hold()
    photo = alice.sends_photo(PORTRAIT, chat=group)
    alice.sends("/save Ann", chat=group, reply_to=photo)
    await alice.sees("is saved, for everybody", chat=group)
    alice.sends("/talk", chat=group, reply_to=photo)
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    await world.task_that(lambda task: task.task_id is not None)
    group.removes_bot(alice)
    await world.render_that(lambda render: render.stage is Stage.GONE)
    world.emo.release()
    await world.no_objects()
    world.ledger_is_whole = False  # the task ends at the service, for nobody


async def test_a_bot_that_is_removed_and_added_again_at_once_has_forgotten_nothing(world: World) -> None:
    group, alice, _ = friends(world)
    async with world.bot():
        alice.sends("/save Ann", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group))
        await alice.sees("is saved, for everybody", chat=group)
    group.removes_bot(alice)
    group.takes_bot(alice)
    async with world.bot():
        alice.sends("/cast", chat=group)
        await alice.sees("Ann", chat=group)


async def test_in_a_closed_general_topic_the_answer_comes_in_private(bot: None, world: World) -> None:
    group, alice, _ = friends(world, "Fun")
    alice.starts()
    await alice.sees("Hello")
    group.closes_topic("General", alice)
    alice.sends("/help", chat=group)
    await alice.sees("can't answer you in Friends.*This topic is closed")


async def test_where_nothing_may_be_saved_or_forwarded_a_video_comes_all_the_same(bot: None, world: World) -> None:
    group, alice, _ = friends(world)
    group.chat.protected = True
    photo = alice.sends_photo(PORTRAIT, chat=group)
    alice.sends("/talk", chat=group, reply_to=photo)
    asked = await alice.sees("voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=asked)
    await alice.sees_video(chat=group)


async def test_a_command_to_another_bot_is_not_answered(bot: None, world: World) -> None:
    group, alice, _ = friends(world)
    group.takes_bot(alice, administrator=True)
    alice.sends("/help@another_bot", chat=group)
    alice.sends("/status", chat=group)
    await alice.sees("Nothing is in the works", chat=group)
    assert sum(message.sender.is_bot for message in world.telegram.chat_history(group)) == 1


SERVICE: list[dict[str, object]] = [
    {"boost_added": {"boost_count": 1}},
    {"giveaway_created": {}},
    {"passport_data": {"data": [], "credentials": {"data": "", "hash": "", "secret": ""}}},
    {"a_service_of_tomorrow": {"it": "is"}},
]


async def test_of_boosts_and_other_service_messages_nothing_is_said(bot: None, world: World) -> None:
    alice = world.person("Alice")
    alice.starts()
    await alice.sees("Hello")
    for content in SERVICE:
        world.telegram.world.post(alice.chat, alice.user, content)
    alice.sends_location(1.0, 2.0)
    await alice.sees("I can't use a place")
    answers = [message.text for message in world.telegram.chat_history(alice) if message.sender.is_bot]
    assert len(answers) == 3  # the welcome, what becomes of files, and that a place is of no use


async def test_where_telegram_hides_members_the_owner_is_known_by_the_list_of_admins(bot: None, world: World) -> None:
    group, alice, bob = friends(world)
    world.telegram.faults.add(refusal("getChatMember", 400, "Bad Request: CHAT_ADMIN_REQUIRED", times=-1))
    alice.sends("/settings", chat=group)
    settings = await alice.sees("How videos are made", chat=group)
    assert (await alice.presses(settings, "Tall")).text == "Saved."
    assert "Only admins" in ((await bob.presses(settings, "Lively")).text or "")


async def test_where_telegram_does_not_tell_who_is_an_admin_nobody_is_told_that_only_admins_may(
    bot: None, world: World
) -> None:
    group, alice, _ = friends(world)
    for call in ("getChatMember", "getChatAdministrators"):
        world.telegram.faults.add(refusal(call, 400, "Bad Request: member list is inaccessible", times=-1))
    alice.sends("/settings", chat=group)
    alice.presses(await alice.sees("How videos are made", chat=group), "Tall")
    await alice.sees("doesn't tell me who runs this chat", chat=group)


async def test_who_writes_to_a_channel_is_answered_in_a_topic_of_their_own(bot: None, world: World) -> None:
    owner, alice, bob = (world.person(name) for name in ("Olga", "Alice", "Bob"))
    channel = world.telegram.direct_messages("News", owner, [alice, bob])
    bob.sends("/help", chat=channel)
    await bob.sees(lambda message: message.thread_id == bob.user.id, chat=channel)
    alice.sends("/talk", chat=channel, reply_to=alice.sends_photo(PORTRAIT, chat=channel))
    question = await alice.sees("Now send a voice message", chat=channel)
    alice.sends_voice(brief_voice(), chat=channel, reply_to=question)
    video = await alice.sees_video(chat=channel)
    assert video.thread_id == question.thread_id == alice.user.id
