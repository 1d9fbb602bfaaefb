"""Topics, pins, copies, drafts and business accounts: what they do, and what is refused."""

import pytest
from telegram import Bot
from telegram.error import BadRequest

from bot.sandbox.telegram import Person, TelegramServer
from tests.sandbox.telegram.conftest import picture


async def test_a_topic_is_made_renamed_closed_and_deleted(server: TelegramServer, bot: Bot, alice: Person):
    forum = server.group("Forum", [alice], topics=["Faces"])
    chat = forum.chat.id
    with pytest.raises(BadRequest, match="Not enough rights to manage topics"):
        await bot.create_forum_topic(chat, "Voices")
    forum.takes_bot(alice, administrator=True)
    topic = (await bot.create_forum_topic(chat, "Voices")).message_thread_id
    alice.sends("/talk", chat=forum, topic="Voices")
    assert server.updates()[-1]["message"]["message_thread_id"] == topic
    with pytest.raises(BadRequest, match="Topic_not_modified"):
        await bot.edit_forum_topic(chat, topic, name="Voices")
    await bot.edit_forum_topic(chat, topic, name="Songs")
    assert forum.topic("Songs").id == topic
    await bot.close_forum_topic(chat, topic)
    await bot.send_message(chat, "an administrator may", message_thread_id=topic)
    forum.takes_bot(alice)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(chat, "a member may not", message_thread_id=topic)
    forum.takes_bot(alice, administrator=True)
    await bot.reopen_forum_topic(chat, topic)
    await bot.delete_forum_topic(chat, topic)
    assert topic not in {message.thread_id for message in server.chat_history(forum)}
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(chat, "too late", message_thread_id=topic)


async def test_a_group_without_topics_has_none_to_make(server: TelegramServer, bot: Bot, alice: Person):
    group = server.group("Friends", [alice])
    group.takes_bot(alice, administrator=True)
    with pytest.raises(BadRequest, match="The chat is not a forum"):
        await bot.create_forum_topic(group.chat.id, "Voices")


async def test_pins(server: TelegramServer, bot: Bot, alice: Person):
    chat = alice.user.id
    first, second = [(await bot.send_message(chat, word)).message_id for word in ("one", "two")]
    await bot.pin_chat_message(chat, first)
    await bot.pin_chat_message(chat, second)
    pinned = (await bot.get_chat(chat)).pinned_message
    assert pinned is not None
    assert pinned.message_id == second
    await bot.unpin_chat_message(chat)
    await bot.unpin_chat_message(chat, message_id=first)
    assert (await bot.get_chat(chat)).pinned_message is None
    with pytest.raises(BadRequest, match="Message to unpin not found"):
        await bot.unpin_chat_message(chat)
    group = server.group("Friends", [alice])
    said = await bot.send_message(group.chat.id, "important")
    with pytest.raises(BadRequest, match="Not enough rights to manage pinned messages"):
        await bot.pin_chat_message(group.chat.id, said.message_id)


async def test_many_are_copied_and_forwarded_in_their_order(server: TelegramServer, bot: Bot, alice: Person):
    photo = alice.sends_photo(picture(), caption="me")
    words = alice.sends("words")
    numbers = [photo.id, words.id, words.id + 50]
    await bot.copy_messages(alice.user.id, alice.user.id, numbers, remove_caption=True)
    await bot.forward_messages(alice.user.id, alice.user.id, numbers)
    copied, said, forwarded, _ = server.chat_history(alice)[-4:]
    assert [copied.media, copied.text, said.text, forwarded.text] == ["photo", "", "words", "me"]
    assert forwarded.content["forward_origin"]["sender_user"]["id"] == alice.user.id
    assert "forward_origin" not in copied.content
    with pytest.raises(BadRequest, match="strictly increasing order"):
        await bot.copy_messages(alice.user.id, alice.user.id, numbers[::-1])
    with pytest.raises(BadRequest, match="Message to forward not found"):
        await bot.forward_messages(alice.user.id, alice.user.id, [10**6])


async def test_a_draft_grows_without_being_a_message(server: TelegramServer, bot: Bot, alice: Person):
    before = server.chat_history(alice)
    for words in ("I", "I thi", "I think"):
        await bot.send_message_draft(alice.user.id, 1, words)
    drafts = [event.data["text"] for event in server.world.log.since(0) if event.kind == "draft"]
    assert drafts == ["I", "I thi", "I think"]
    assert server.chat_history(alice) == before


async def test_the_bot_answers_in_the_name_of_a_business(server: TelegramServer, bot: Bot, alice: Person):
    shop, customer = server.person("Shop"), server.person("Customer")
    business = server.business(shop)
    told = server.updates()[-1]["business_connection"]
    dialogue = business.dialogue(customer)
    customer.sends("are you open?", chat=dialogue)
    asked = server.updates()[-1]["business_message"]
    assert (asked["business_connection_id"], asked["chat"]["id"]) == (told["id"], customer.user.id)
    place = {"chat_id": customer.user.id, "business_connection_id": told["id"]}
    before = len(server.updates())
    said = await bot.send_photo(photo=picture(), caption="Yes", **place)
    assert said.from_user is not None
    assert (said.from_user.id, said.sender_business_bot) == (shop.user.id, bot.bot)
    await customer.sees("Yes", chat=dialogue)
    await customer.sees_nothing(seconds=0.05)
    assert len(server.updates()) == before
    with pytest.raises(BadRequest, match="Business_peer_invalid"):
        await bot.send_message(alice.user.id, "hello", business_connection_id=told["id"])
    business.ends()
    assert server.updates()[-1]["business_connection"]["is_enabled"] is False
    with pytest.raises(BadRequest, match="Business_connection_not_allowed"):
        await bot.send_message(text="hello", **place)
