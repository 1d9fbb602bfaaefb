"""Groups: what the bot is shown, topics, and coming and going."""

import pytest
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.sandbox.telegram import Person, TelegramServer
from tests.sandbox.telegram.conftest import picture


def heard(server: TelegramServer) -> list[str]:
    messages = [update.get("message", {}) for update in server.updates()]
    return [message.get("text") or message.get("caption") or "-" for message in messages if message]


async def test_privacy_mode_shows_commands_and_replies_to_the_bot_only(server: TelegramServer, bot: Bot, alice: Person):
    bob = server.person("Bob")
    group = server.group("Friends", members=[alice, bob])
    question = await bot.send_message(group.chat.id, "a photo, please")
    shown = await alice.sees("photo, please", chat=group)
    before = len(server.updates())
    bob.sends("just chatting with @emo_sandbox_bot", chat=group)
    bob.sends("/talk@another_bot", chat=group)
    photo = bob.sends_photo(picture(), chat=group, caption="no command")
    alice.sends("a reply to Bob", reply_to=photo)
    assert len(server.updates()) == before
    alice.sends("/talk", reply_to=photo)
    alice.sends("/talk@Emo_Sandbox_Bot now", chat=group)
    bob.sends_photo(picture(), reply_to=shown, caption="here")
    assert heard(server)[-3:] == ["/talk", "/talk@Emo_Sandbox_Bot now", "here"]
    reply = server.updates()[-3]["message"]["reply_to_message"]
    assert reply["photo"]
    assert shown.id == question.message_id


async def test_an_administrator_and_an_open_bot_see_everything(server: TelegramServer, alice: Person):
    group = server.group("Friends", members=[alice])
    group.takes_bot(alice, administrator=True)
    alice.sends("anything", chat=group)
    assert heard(server)[-1] == "anything"
    async with TelegramServer(reads_all=True) as other:
        carol = other.person("Carol")
        carol.sends("all of it", chat=other.group("Open", members=[carol]))
        assert heard(other)[-1] == "all of it"


async def test_topics(server: TelegramServer, bot: Bot, alice: Person):
    forum = server.group("Forum", members=[alice], topics=["Faces", "Voices"])
    faces = forum.topic("Faces")
    command = alice.sends("/talk", chat=forum, topic="Faces")
    update = server.updates()[-1]["message"]
    assert (update["message_thread_id"], update["is_topic_message"]) == (faces.id, True)
    assert update["reply_to_message"]["forum_topic_created"]["name"] == "Faces"
    answer = await bot.send_message(forum.chat.id, "here", message_thread_id=faces.id)
    assert answer.message_thread_id == faces.id
    by_reply = await bot.send_message(forum.chat.id, "by reply", reply_to_message_id=command.id)
    assert by_reply.message_thread_id == faces.id
    alice.sends("/help", chat=forum, topic="General")
    assert "message_thread_id" not in server.updates()[-1]["message"]
    for wrong in (1, 4711):
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(forum.chat.id, "lost", message_thread_id=wrong)


async def test_coming_and_going(server: TelegramServer, bot: Bot, alice: Person):
    group = server.group("Friends", members=[alice])
    kinds = [next(kind for kind in update if kind != "update_id") for update in server.updates()[-2:]]
    assert kinds == ["my_chat_member", "message"]
    group.removes_bot(alice)
    assert server.updates()[-2]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(group.chat.id, "hello?")
    group.takes_bot(alice)
    assert await bot.leave_chat(group.chat.id)
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await bot.send_message(group.chat.id, "hello?")


async def test_a_group_becomes_a_supergroup(server: TelegramServer, bot: Bot, alice: Person):
    group = server.group("Friends", members=[alice], kind="group")
    await bot.send_message(group.chat.id, "before")
    heir = group.migrates(alice)
    told = [update["message"] for update in server.updates()[-2:]]
    assert told[0]["migrate_to_chat_id"] == heir.chat.id
    assert told[1]["migrate_from_chat_id"] == group.chat.id
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(group.chat.id, "after")
    assert caught.value.new_chat_id == heir.chat.id
    await bot.send_message(heir.chat.id, "after")
    alice.sends("/talk", chat=heir)


async def test_who_is_who(server: TelegramServer, bot: Bot, alice: Person):
    bob, carol = server.person("Bob"), server.person("Carol")
    group = server.group("Friends", members=[alice, bob])
    chat = group.chat.id
    assert (await bot.get_chat_member(chat, alice.user.id)).status == "creator"
    assert (await bot.get_chat_member(chat, bob.user.id)).status == "member"
    assert (await bot.get_chat_member(chat, carol.user.id)).status == "left"
    group.takes(bob, administrator=True, anonymous=True)
    assert {member.user.id for member in await bot.get_chat_administrators(chat)} == {alice.user.id, bob.user.id}
    assert await bot.get_chat_member_count(chat) == 3
    assert (await bot.get_chat(chat)).title == "Friends"
    bob.sends("/talk", chat=group)
    message = server.updates()[-1]["message"]
    assert (message["from"]["username"], message["sender_chat"]["id"]) == ("GroupAnonymousBot", chat)
    with pytest.raises(ValueError, match="Carol is not in Friends"):
        carol.sends("let me in", chat=group)


async def test_the_bot_deletes_its_own_in_a_group_and_anything_in_private(
    bot: Bot, server: TelegramServer, alice: Person
):
    group = server.group("Friends", members=[alice])
    hers = alice.sends("/talk", chat=group)
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await bot.delete_message(group.chat.id, hers.id)
    mine = await bot.send_message(group.chat.id, "mine")
    assert await bot.delete_messages(group.chat.id, [mine.message_id, hers.id, 999])
    await alice.sees_gone(await alice.sees("mine", chat=group))
    private = alice.sends("secret")
    assert await bot.delete_message(alice.user.id, private.id)
    assert [message.id for message in server.chat_history(group)][-1] == hers.id
