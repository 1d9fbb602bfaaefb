"""The operator runs the bot from the chat: sees what is spent, pauses, speaks to all, and is told of trouble."""

import asyncio
import re

from bot.cli.trace import tell_trace
from bot.render.task import TASK_TRIES
from bot.sandbox.telegram import Person
from handlers.texts.admin import STAGES
from storage.alerts import failed_in_a_row, longest_wait, standing
from storage.broadcasts import SENDING, change_broadcast, new_broadcast
from storage.database import open_database
from storage.renders import Stage, create_render, end_render
from tests.stories.conftest import PORTRAIT, World, brief_voice


async def test_the_panel_shows_what_is_spent_and_pauses_and_resumes(world: World) -> None:
    alice, boss = world.person("Alice"), world.person("Boss")
    async with world.bot(admins=(boss.user.id,)):
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_voice(brief_voice())
        await alice.sees_video()
        render = (await world.renders())[0]
        boss.sends("/admin")
        panel = await boss.sees(r"Today: 0.1[0-9] CNY of 48.00\nThis month: 0.1[0-9] CNY of 480.00")
        assert panel.media == "photo"
        await boss.presses(panel, "Who spent most")
        await boss.sees(f"Alice \\({alice.user.id}\\): 0.1[0-9] CNY")
        await boss.presses(panel, "Failures")
        await boss.sees("Every video came")
        answer = await boss.presses(panel, "Pause")
        assert answer.text is not None
        assert "no new videos" in answer.text
        alice.sends_voice(brief_voice())
        await alice.sees("I take no new videos just now")
        assert (await alice.presses(panel, "Who spent most")).text is None
        panel = await boss.sees(lambda message: "Resume" in message.buttons)
        await boss.presses(panel, "Resume")
        boss.sends(f"/trace {render.id}")
        told = await boss.sees("the service took it as task")
        assert told.text.endswith(": the video was sent.")
    printed = await asyncio.to_thread(tell_trace, world.settings(), render.id)
    assert "about to be ordered" in printed
    alice_said = [message.text for message in world.telegram.chat_history(alice)]
    assert not any("CNY of" in (text or "") for text in alice_said)


async def test_the_panel_says_why_videos_did_not_come_in_the_words_that_people_read(world: World) -> None:
    alice, boss = world.person("Alice"), world.person("Boss")
    async with world.bot(admins=(boss.user.id,)):
        world.emo.fail_next("InternalError.Algo", "Inference error.", times=TASK_TRIES)
        alice.sends_photo(PORTRAIT)
        alice.sends_voice(brief_voice())
        await alice.sees("The service could not make this video")
        boss.sends("/admin")
        panel = await boss.sees("Today")
        assert panel.text.endswith("Nothing is in the works.")
        boss.sends(f"/trace {(await world.renders())[0].id}")
        traced = await boss.sees("this try ended \\(the service could not make it\\)")
        assert re.search("no video came. “The service could not make this video.*”$", traced.text)
        await boss.presses(panel, "Failures")
        await boss.sees("task_failed: 1\n“The service could not make this video")


async def test_what_is_stuck_is_told_in_words(world: World) -> None:
    alice, boss = world.person("Alice"), world.person("Boss")
    async with world.bot(admins=(boss.user.id,)):
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        world.emo.account = "arrears"
        alice.sends_voice(brief_voice())
        await alice.sees("Not now: the service doesn't take work")
        boss.sends("/admin")
        panel = await boss.sees("1 video is in the works")
        await boss.presses(panel, "Stuck")
        await boss.sees("^[0-9a-f]+: it is being ordered, 0 min. “Not now: the service doesn't take work .*”$")
        world.emo.account = "good"
        await alice.sees_video()


def test_every_stage_has_words() -> None:
    assert set(STAGES) == set(Stage)


async def test_others_cannot_open_the_panel(world: World, alice: Person) -> None:
    async with world.bot(admins=(world.person("Boss").user.id,)):
        for command in ("/admin", "/broadcast hello", "/who abcdef", "/trace abc"):
            alice.sends(command)
            await alice.sees("I don't know that command")


async def test_a_word_to_all_is_seen_first_and_goes_on_after_a_stop_of_the_bot(world: World) -> None:
    alice, bob, boss = world.person("Alice"), world.person("Bob"), world.person("Boss")
    async with world.bot(admins=(boss.user.id,)):
        for person in (alice, bob, boss):
            person.starts()
            await person.sees("Your files go")
        bob.blocks_bot()
        boss.sends("/broadcast Tomorrow I sleep.")
        preview = await boss.sees("This goes to [12] chats?:\n\nTomorrow I sleep")
        await alice.sees_nothing()
        await boss.presses(preview, "Send it")
        await alice.sees("Tomorrow I sleep.")
        await boss.sees("Done. Sent: 1")
    database = open_database(world.settings().database_url)
    left = await new_broadcast(database, boss.user.id, "I am back.", [alice.user.id])
    await change_broadcast(database, left.id, "preview", state=SENDING)
    await database.dispose()
    async with world.bot(admins=(boss.user.id,)):
        await alice.sees("I am back.")


async def test_trouble_is_told_once_and_once_when_it_has_passed(world: World) -> None:
    alice, boss = world.person("Alice"), world.person("Boss")
    boss.starts()
    async with world.bot(admins=(boss.user.id,)):
        await boss.sees("Hello!")
        world.emo.account = "arrears"
        alice.sends_photo(PORTRAIT)
        await boss.sees("There are no videos until this is fixed")
        await boss.sees_nothing(seconds=2)
        world.emo.account = "good"
        alice.sends_photo(PORTRAIT)
        await boss.sees("No longer the case: There are no videos")


async def test_refusals_in_a_row_and_long_waits_are_counted(world: World) -> None:
    database = open_database(world.settings().database_url)
    place = {"chat_id": 1, "user_id": 5, "thread_id": 0, "voice_message_id": 3, "ratio": "1:1", "style": "normal"}
    for number, stage in enumerate((Stage.DELIVERED, Stage.FAILED, Stage.REFUSED)):
        render, _ = await create_render(database, str(number), portrait_sha="p", voice_sha="v", **place)
        await end_render(database, render.id, stage, ended_at=1000.0 + number)
    assert await failed_in_a_row(database, 8) == 2
    await create_render(database, "old", portrait_sha="p", voice_sha="v", **place)
    assert 0 <= await longest_wait(database) < 60
    assert await standing(database) == {}
    await database.dispose()
