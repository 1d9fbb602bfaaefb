"""Customer support: the agent hears of customers, answers by voice, and lets each video go out."""

import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from bot.sandbox.telegram.business import Business, Dialogue
from bot.sandbox.telegram.message import Message
from tests.stories.conftest import BY_EACH_ENGINE, PORTRAIT, World, brief_voice


@pytest.fixture
def agent(world: World) -> Person:
    return world.person("Agnes")


async def shop(world: World, agent: Person) -> tuple[Business, Dialogue, Person]:
    agent.starts()
    await agent.sees("Hello")
    business = world.telegram.business(agent)
    await agent.sees("Your account is connected")
    agent.sends_photo(PORTRAIT)
    await agent.sees("Good photo")
    customer = world.person("Carl")
    return business, business.dialogue(customer), customer


async def previewed(agent: Person, customer: Person, dialogue: Dialogue, words: str = "Is it in stock?") -> Message:
    customer.sends(words, chat=dialogue)
    notice = await agent.sees(f"{customer.user.first_name} wrote: .*Reply to this with a voice")
    agent.sends_voice(brief_voice(), reply_to=notice)
    return await agent.sees_video()


@BY_EACH_ENGINE
async def test_a_video_goes_out_in_the_accounts_name_once_the_agent_lets_it(
    bot: None, world: World, agent: Person
) -> None:
    _, dialogue, customer = await shop(world, agent)
    preview = await previewed(agent, customer, dialogue)
    await customer.sees_nothing(chat=dialogue)
    assert preview.buttons[:2] == ["Send to Carl", "Not this one"]
    assert (await agent.presses(preview, "Send to Carl")).text == "Sent to Carl."
    video = await customer.sees_video(chat=dialogue)
    assert "AI" in video.text
    assert video.reply_to is not None
    assert video.reply_to.text == "Is it in stock?"
    assert (await agent.presses(preview, "Send to Carl")).text == "That went to Carl already."
    assert sum(message.media == "video" for message in world.telegram.chat_history(dialogue)) == 1
    assert len(world.emo.tasks) == 1


async def test_one_that_the_agent_does_not_like_stays_and_another_voice_may_follow(
    bot: None, world: World, agent: Person
) -> None:
    _, dialogue, customer = await shop(world, agent)
    preview = await previewed(agent, customer, dialogue)
    await agent.presses(preview, "Not this one")
    await customer.sees_nothing(chat=dialogue)
    notice = next(each for each in world.telegram.chat_history(agent) if "wrote:" in each.text)
    agent.sends_voice(brief_voice(), reply_to=notice)
    second = await agent.sees(lambda message: message.media == "video" and message.id != preview.id, timeout=30)
    await agent.presses(second, "Send to Carl")
    await customer.sees_video(chat=dialogue)


async def test_the_same_words_to_the_next_customer_are_instant_and_free(bot: None, world: World, agent: Person) -> None:
    business, dialogue, customer = await shop(world, agent)
    await previewed(agent, customer, dialogue)
    dora = world.person("Dora")
    preview = await previewed(agent, dora, business.dialogue(dora))
    await agent.presses(preview, "Send to Dora")
    await dora.sees_video(chat=business.dialogue(dora))
    assert len(world.emo.tasks) == 1


async def test_a_customer_is_never_answered_by_the_bot_itself_and_the_agent_told_once(
    bot: None, world: World, agent: Person
) -> None:
    _, dialogue, customer = await shop(world, agent)
    customer.sends("/start", chat=dialogue)
    await agent.sees("Carl wrote: /start")
    customer.sends_photo(PORTRAIT, chat=dialogue)
    customer.sends_voice(brief_voice(), chat=dialogue)
    agent.sends("I'll see to it", chat=dialogue)
    await agent.sees_nothing()
    assert [each for each in world.telegram.chat_history(dialogue) if each.sender.is_bot] == []
    assert world.detects_paid() == 1  # the agent's own portrait


async def test_an_account_that_is_no_longer_connected_sends_nothing_and_says_so(
    bot: None, world: World, agent: Person
) -> None:
    business, dialogue, customer = await shop(world, agent)
    preview = await previewed(agent, customer, dialogue)
    business.ends()
    await agent.sees("no longer connected")
    assert "doesn't let me answer Carl" in ((await agent.presses(preview, "Send to Carl")).text or "")
    assert world.telegram.chat_history(dialogue)[-1].text == "Is it in stock?"


async def test_a_reply_to_a_notice_whose_answer_was_lost_gets_its_button_too(
    bot: None, world: World, agent: Person
) -> None:
    _, dialogue, customer = await shop(world, agent)
    world.telegram.faults.add(Fault("sendMessage", drop="after"))
    customer.sends("Is it in stock?", chat=dialogue)
    first = await agent.sees("Carl wrote: ")
    await agent.sees("Carl wrote: ")  # it came twice, and either may be answered
    agent.sends_voice(brief_voice(), reply_to=first)
    preview = await agent.sees_video()
    await agent.presses(preview, "Send to Carl")
    await customer.sees_video(chat=dialogue)


async def test_where_telegram_does_not_say_whether_it_arrived_it_is_not_sent_again(
    bot: None, world: World, agent: Person
) -> None:
    _, dialogue, customer = await shop(world, agent)
    preview = await previewed(agent, customer, dialogue)
    world.telegram.faults.add(Fault("sendVideo", drop="after"))
    for _ in range(2):
        assert "look into your chat" in ((await agent.presses(preview, "Send to Carl")).text or "")
    await customer.sees_video(chat=dialogue)
    assert sum(message.media == "video" for message in world.telegram.chat_history(dialogue)) == 1
