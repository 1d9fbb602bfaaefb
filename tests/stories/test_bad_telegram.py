"""Telegram floods, breaks off, repeats itself; chats go, messages go: no video comes twice, nobody waits in vain."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.sandbox.faults import Fault, Moment
from bot.sandbox.telegram import Person
from bot.settings import Settings
from handlers import texts
from storage.renders import Stage
from tests.stories.conftest import PORTRAIT, World, brief_voice


def flood(call: str, seconds: int, times: int = 1) -> Fault:
    body = {"error_code": 429, "description": f"Too Many Requests: retry after {seconds}"}
    return refusal(call, 429, body | {"parameters": {"retry_after": seconds}}, times)


def refusal(call: str, status: int, body: str | dict[str, object], times: int = 1) -> Fault:
    told = body if isinstance(body, dict) else {"error_code": status, "description": body}
    return Fault(call, status=status, body={"ok": False, **told}, times=times)


async def orders_a_video(alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends_voice(brief_voice())


async def works(alice: Person) -> None:
    """Wait until the bot has handled all that came before."""
    alice.sends("/help")
    await alice.sees("that's all")


async def test_a_flood_is_waited_out_as_long_as_telegram_says(bot: None, world: World, alice: Person) -> None:
    clock, times = asyncio.get_running_loop().time, []
    world.telegram.faults.watch("sendVideo", "before", lambda _: times.append(clock()))
    world.telegram.faults.add(flood("sendVideo", 1, times=2))
    await orders_a_video(alice)
    await alice.sees_video()
    assert len(times) == 3
    assert min(times[1] - times[0], times[2] - times[1]) >= 1
    assert world.videos(alice) == 1


async def test_with_telegrams_own_limit_of_a_message_a_second_nothing_gets_lost(
    bot: None, world: World, alice: Person
) -> None:
    world.telegram.limits.per_chat_second = 1
    for text in ("/start", "/help", "hello"):
        alice.sends(text)
    for words in ("Hello!", "that's all", "I make a photo speak"):
        await alice.sees(words)


async def test_telegram_in_trouble_gets_everything_a_second_time(bot: None, world: World, alice: Person) -> None:
    world.telegram.faults.add(refusal("getUpdates", 502, "Bad Gateway"))
    world.telegram.faults.add(refusal("getFile", 502, "Bad Gateway"))
    for call in ("sendMessage", "sendVideo"):
        world.telegram.faults.add(refusal(call, 502, "Bad Gateway", times=2))
    world.telegram.faults.add(Fault("file", status=500))
    await orders_a_video(alice)
    await alice.sees_video()
    left = [None, None, "video"]  # what becomes of files, the answer to the photo, and no card
    async with asyncio.timeout(60):
        while [one.media for one in world.telegram.chat_history(alice) if one.sender.is_bot] != left:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_video_whose_answer_was_lost_is_not_sent_twice_but_offered(
    drop: str, bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    world.telegram.faults.add(Fault("sendVideo", drop=drop))  # type: ignore[arg-type]
    await orders_a_video(alice)
    offer = await alice.sees("did not say whether it arrived")
    assert offer.buttons == ["Send it again"]
    assert world.videos(alice) == (1 if drop == "after" else 0)
    paid = list(world.emo.bill)

    before = dict(asked)
    since = world.videos(alice)
    await alice.presses(offer, "Send it again")
    await alice.sees_video()
    await works(alice)
    assert world.videos(alice) == since + 1
    assert (dict(asked), world.emo.bill) == (before, paid)
    assert (await world.render_that(lambda render: render.ended)).reason is None


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_word_whose_answer_was_lost_is_said_again(drop: Moment, bot: None, world: World, alice: Person) -> None:
    alice.starts()
    await alice.sees("Your files go")
    world.telegram.faults.add(Fault("sendMessage", drop=drop))
    alice.sends_photo(PORTRAIT)
    for _ in range(1 if drop == "before" else 2):
        await alice.sees("Good photo")
    await works(alice)


@pytest.mark.parametrize("card", [Fault("sendMessage", drop="after"), refusal("sendMessage", 400, "Bad Request: no")])
async def test_a_card_that_is_lost_or_not_taken_is_no_reason_for_alarm(
    card: Fault, bot: None, world: World, alice: Person
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    world.telegram.faults.add(replace(card))
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    await works(alice)
    said = [message.text for message in world.telegram.chat_history(alice) if message.sender.is_bot]
    assert texts.WENT_WRONG() not in said
    assert len(world.emo.tasks) == 1


async def test_a_press_does_its_work_though_the_word_at_the_top_is_lost(bot: None, world: World, alice: Person) -> None:
    await orders_a_video(alice)
    video = await alice.sees_video()
    world.telegram.faults.add(Fault("answerCallbackQuery", drop="before"))
    alice.presses(video, "New photo")
    await alice.sees("Send the new photo")


async def test_a_file_that_comes_with_other_bytes_than_sent_is_fetched_again(
    bot: None, world: World, alice: Person
) -> None:
    world.telegram.faults.add(Fault("file", status=200, body={"it": "works"}))
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")


async def test_a_file_that_telegram_does_not_hand_over_is_asked_for_anew(
    bot: None, world: World, alice: Person
) -> None:
    world.telegram.faults.add(
        refusal("getFile", 400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    )
    alice.sends_photo(PORTRAIT)
    await alice.sees("doesn't hand me that file")
    world.telegram.faults.add(refusal("getFile", 400, "Bad Request: file is too big"))
    alice.sends_photo(PORTRAIT)
    await alice.sees("too big for me")
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")


async def test_who_blocks_the_bot_leaves_nothing_behind_and_may_come_back(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    world.emo.hold()
    await orders_a_video(alice)
    await world.task_that(lambda task: task.task_id is not None)
    cancelled = asyncio.Event()
    world.emo.faults.watch("cancel", "after", lambda _: cancelled.set())
    alice.blocks_bot()
    render = await world.render_that(lambda render: render.ended)
    assert (render.stage, render.reason) == (Stage.GONE, "chat_gone")
    bob = world.person("Bob")
    await works(bob)
    await world.no_objects()
    draft = await world.draft(alice)
    assert (draft.portrait_sha, draft.voice_sha) == (None, None)

    await asyncio.wait_for(cancelled.wait(), 60)
    assert [task.state for task in world.emo.tasks.values()] == ["CANCELED"], "a task for nobody would be paid"

    alice.unblocks_bot()
    world.emo.release()
    await orders_a_video(alice)
    await alice.sees_video()
    assert world.videos(alice) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (400, "Bad Request: chat not found"),
    ],
)
async def test_a_chat_that_is_found_gone_at_delivery_settles(
    status: int, words: str, bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    world.emo.hold()
    await orders_a_video(alice)
    await world.task_that(lambda task: task.task_id is not None)
    await world.render_that(lambda render: render.card_message_id is not None)
    gone = [
        world.telegram.faults.add(refusal(call, status, words, times=-1))
        for call in ("sendVideo", "sendChatAction", "deleteMessage")
    ]
    with capture_logs() as log:
        world.emo.release()
        render = await world.render_that(lambda render: render.ended)
        assert render.stage is Stage.GONE
        for fault in gone:
            world.telegram.faults.planned.remove(fault)
        await world.no_objects()
    await works(alice)
    assert not [line for line in log if line["log_level"] in ("error", "critical")]
    assert await world.status_of(next(fetch for fetch in world.emo.fetches).url) in (403, 404, 410)
    assert asked["submit"] == 1


PAGE = "<html><h1>Forbidden</h1></html>"


@pytest.mark.parametrize(
    "refused",
    [
        Fault("sendVideo", status=403, body=PAGE),
        Fault("sendVideo", status=404, body=PAGE),
        Fault("sendVideo", status=401, body=PAGE),
        refusal("sendVideo", 403, "Forbidden: bot was blocked by the user"),
    ],
    ids=["page-403", "page-404", "page-401", "said-once"],
)
async def test_nothing_is_deleted_on_the_word_of_a_proxy_nor_on_one_word_of_telegram(
    refused: Fault, bot: None, world: World, alice: Person
) -> None:
    alice.sends("/save Ann", reply_to=alice.sends_photo(PORTRAIT))
    await alice.sees("is saved, for everybody")
    world.telegram.faults.add(replace(refused))
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    alice.sends("/cast")
    await alice.sees("Ann")
    assert len(world.emo.tasks) == 1


async def test_updates_that_come_again_change_nothing(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    await orders_a_video(alice)
    video = await alice.sees_video()
    await alice.presses(video, "New photo")
    await alice.sees("Send the new photo")
    await works(alice)
    draft, before = await world.draft(alice), dict(asked)
    history = [message.id for message in world.telegram.chat_history(alice)]
    for update in world.telegram.updates():
        world.telegram.redeliver(update)
    await works(alice)
    assert [message.id for message in world.telegram.chat_history(alice)][: len(history)] == history
    assert len(world.telegram.chat_history(alice)) == len(history) + 2
    assert (await world.draft(alice), dict(asked)) == (draft, before)
    assert len(await world.renders()) == 1


async def test_a_card_that_the_person_deletes_is_not_missed(bot: None, world: World, alice: Person) -> None:
    world.emo.hold()
    await orders_a_video(alice)
    card = await alice.sees("Waiting for the service")
    alice.deletes(card)
    world.emo.release()
    await alice.sees_video()
    await works(alice)
    assert texts.WENT_WRONG() not in world.telegram.transcript(alice)


async def test_without_its_card_the_end_of_a_render_is_said_in_a_message(
    bot: None, world: World, alice: Person
) -> None:
    world.emo.hold()
    await orders_a_video(alice)
    card = await alice.sees("Waiting for the service")
    world.emo.fail_next("DataInspectionFailed", "Input data may contain inappropriate content.")
    alice.deletes(card)
    world.emo.release()
    await alice.sees("refuses this photo or voice")


async def test_messages_that_are_deleted_at_once_are_answered_all_the_same(
    bot: None, world: World, alice: Person
) -> None:
    alice.deletes(alice.sends_photo(PORTRAIT))
    assert (await alice.sees("Good photo")).reply_to is None
    alice.deletes(alice.sends_voice(brief_voice()))
    assert (await alice.sees_video()).reply_to is None


async def test_a_video_that_telegram_has_lost_is_sent_from_the_file(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    await orders_a_video(alice)
    await alice.sees_video()
    world.telegram.faults.add(refusal("sendVideo", 400, "Bad Request: wrong file identifier/HTTP URL specified"))
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    assert asked["submit"] == 1


async def test_where_videos_are_not_allowed_that_is_said(bot: None, world: World, alice: Person) -> None:
    words = "Bad Request: not enough rights to send videos to the chat"
    world.telegram.faults.add(refusal("sendVideo", 400, words))
    await orders_a_video(alice)
    end = await alice.sees("not allowed to send videos here")
    await alice.presses(end, "Try again")
    await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def test_a_press_that_telegram_finds_too_old_still_does_its_work(bot: None, world: World, alice: Person) -> None:
    world.emo.hold()
    await orders_a_video(alice)
    card = await alice.sees("Waiting for the service")
    world.telegram.faults.add(refusal("answerCallbackQuery", 400, "Bad Request: query is too old"))
    alice.presses(card, "Cancel")
    await alice.sees("Stopped")
    assert [task.state for task in world.emo.tasks.values()] == ["CANCELED"]


async def test_a_cancel_whose_answer_telegram_refuses_is_done(bot: None, world: World, alice: Person) -> None:
    world.emo.hold()
    await orders_a_video(alice)
    await alice.sees("Waiting for the service")
    world.telegram.faults.add(refusal("sendMessage", 400, "Bad Request: not enough rights to send text messages"))
    alice.sends("/cancel")
    await alice.sees("Stopped")
    assert [task.state for task in world.emo.tasks.values()] == ["CANCELED"]


async def test_videos_that_telegram_does_not_take_keep_nobody_else_from_theirs(
    bot: None, world: World, alice: Person
) -> None:
    people = [alice, *(world.person(name) for name in ("Bob", "Carol", "Dora", "Emil"))]
    refused = world.telegram.faults.add(refusal("sendVideo", 500, "Internal Server Error", times=-1))
    for person in people:
        await orders_a_video(person)
    for person in people:
        card = await person.sees("Telegram doesn't take it just now")
    assert card.buttons == ["Cancel"]
    alice.sends("/cancel")
    await alice.sees("Stopped")
    world.telegram.faults.planned.remove(refused)
    for person in people[1:]:
        await person.sees_video()
    assert world.videos(alice) == 0


async def test_a_video_that_is_too_large_for_the_way_to_telegram_comes_smaller(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    sizes: list[int] = []
    world.telegram.faults.watch("sendVideo", "before", lambda request: sizes.append(request.content_length or 0))
    world.telegram.faults.add(refusal("sendVideo", 413, "Request Entity Too Large"))
    await orders_a_video(alice)
    await alice.sees_video()
    assert len(sizes) == 2
    assert sizes[1] < sizes[0]
    assert asked["submit"] == 1


async def test_through_a_bot_api_server_of_ones_own_a_video_need_not_be_small(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert world.settings().upload_limit == 49 * 1024 * 1024
    assert world.settings(telegram_local_files=tmp_path).upload_limit == 1_999 * 1024 * 1024
    sizes: list[int] = []
    world.telegram.faults.watch("sendVideo", "before", lambda request: sizes.append(request.content_length or 0))
    for share in (10.0, 0.7):
        limit = int((sizes or [10**8])[0] * share)
        monkeypatch.setattr(Settings, "upload_limit", limit)
        async with world.bot():
            await orders_a_video(alice)
            await alice.sees_video()
            alice.sends("/forget")
            await alice.presses(await alice.sees("Nothing can bring it back"), "Forget me")
    whole, small = sizes
    assert small < whole, sizes


async def test_a_video_that_is_never_small_enough_is_tried_twice_and_said(
    bot: None, world: World, alice: Person
) -> None:
    tried: list[None] = []
    world.telegram.faults.watch("sendVideo", "before", lambda _: tried.append(None))
    world.telegram.faults.add(refusal("sendVideo", 413, "Request Entity Too Large", times=-1))
    await orders_a_video(alice)
    end = await alice.sees("does not take one of this size")
    assert end.buttons == []
    assert len(tried) == 2


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


async def test_one_chats_flood_keeps_no_other_chat_waiting(bot: None, world: World, alice: Person) -> None:
    bob, flooded = world.person("Bob"), asyncio.Event()
    world.telegram.faults.watch("sendVideo", "before", lambda _: flooded.set())
    world.telegram.faults.add(flood("sendVideo", 3600))
    await orders_a_video(alice)
    await asyncio.wait_for(flooded.wait(), 60)
    await works(bob)


async def test_a_flooded_toast_keeps_the_round_note_from_nobody(bot: None, world: World, alice: Person) -> None:
    await orders_a_video(alice)
    video = await alice.sees_video()
    world.telegram.faults.add(flood("answerCallbackQuery", 3600))
    alice.presses(video, "Round")
    await until(lambda: any(each.media == "video_note" for each in world.telegram.chat_history(alice)))
