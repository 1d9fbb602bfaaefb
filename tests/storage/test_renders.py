"""Renders: asked for once, ended once; what a chat had goes with it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.chats import settle_chat
from storage.drafts import DraftKey, read_draft, write_draft
from storage.objects import Objects
from storage.queue import moving_renders, place_of
from storage.renders import Render, Stage, create_render, end_render, open_renders, read_render, update_render
from storage.videos import same_video


async def ask(database: AsyncEngine, origin: str, chat_id: int = 1, **columns: Any) -> Render:
    given = {"user_id": 5, "thread_id": 0, "voice_message_id": 3, "portrait_sha": "p", "voice_sha": "v"}
    render, _ = await create_render(database, origin, chat_id=chat_id, ratio="1:1", style="normal", **(given | columns))
    return render


async def test_asked_for_twice_by_one_origin_it_is_one_render(database: AsyncEngine) -> None:
    first = await ask(database, "draft:1:2:3")
    assert (await ask(database, "draft:1:2:3")).id == first.id
    assert len(await open_renders(database)) == 1


async def test_it_ends_once_and_stays_as_it_ended(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    assert await end_render(database, render.id, Stage.CANCELLED)
    assert not await end_render(database, render.id, Stage.DELIVERED)
    assert await update_render(database, render.id, stage=Stage.WAITING) is None
    after = await read_render(database, render.id)
    assert after is not None
    assert after.stage is Stage.CANCELLED


async def test_what_is_written_to_an_open_one_is_returned_with_all_the_rest(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    written = await update_render(database, render.id, stage=Stage.WAITING, video_sha="video")
    assert written == replace(render, stage=Stage.WAITING, video_sha="video") == await read_render(database, render.id)
    assert await update_render(database, "nobody", stage=Stage.WAITING) is None


async def test_since_when_it_is_in_trouble_stays_until_the_trouble_passes(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    first = await update_render(database, render.id, trouble="service")
    assert first is not None
    assert first.trouble_since is not None
    second = await update_render(database, render.id, trouble="account", stage=Stage.WAITING)
    assert second is not None
    assert (second.trouble, second.trouble_since) == ("account", first.trouble_since)
    passed = await update_render(database, render.id, trouble=None)
    assert passed is not None
    assert passed.trouble_since is None


async def test_a_cancel_that_comes_too_late_for_the_queue_ends_nothing(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    await update_render(database, render.id, stage=Stage.SUBMITTING)
    assert not await end_render(database, render.id, Stage.CANCELLED, only_from=(Stage.QUEUED,))


async def test_the_same_video_is_found_in_the_same_chat_only(database: AsyncEngine) -> None:
    first = await ask(database, "a")
    await end_render(database, first.id, Stage.DELIVERED, video_file_id="file")
    found = await same_video(database, await ask(database, "b"))
    assert found is not None
    assert found.id == first.id
    assert await same_video(database, await ask(database, "c", chat_id=2)) is None
    assert await same_video(database, await ask(database, "d", voice_sha="other")) is None


async def test_a_chat_that_is_gone_takes_its_own_files_and_leaves_the_shared(
    database: AsyncEngine, tmp_path: Path
) -> None:
    objects = Objects(tmp_path / "objects", database)
    kept = {}
    for name in ("own", "shared", "draft"):
        (tmp_path / name).write_text(name)
        kept[name] = await objects.add(tmp_path / name, extension="jpg", kind="portrait")
    mine = await ask(database, "a", portrait_sha=kept["own"].sha, voice_sha=kept["shared"].sha)
    theirs = await ask(database, "b", chat_id=2, voice_sha=kept["shared"].sha)
    await write_draft(database, DraftKey(1, 5), portrait_sha=kept["draft"].sha)

    assert await settle_chat(database, objects, 1) == 2

    assert [await objects.get(kept[name].sha) is None for name in ("own", "shared", "draft")] == [True, False, True]
    assert (await read_draft(database, DraftKey(1, 5))).portrait_sha is None
    assert [render.id for render in await open_renders(database)] == [theirs.id]
    after = await read_render(database, mine.id)
    assert after is not None
    assert after.stage is Stage.GONE


async def test_the_queue_is_first_come_first_served(database: AsyncEngine) -> None:
    first, ended, last = [await ask(database, origin) for origin in "abc"]
    await end_render(database, ended.id, Stage.CANCELLED)
    assert [await place_of(database, render) for render in (first, last)] == [0, 1]


async def test_far_back_in_the_queue_only_those_at_work_are_read(database: AsyncEngine) -> None:
    first, second, third, fourth = [await ask(database, origin) for origin in "abcd"]
    await update_render(database, fourth.id, stage=Stage.WAITING)
    assert [render.id for render in await moving_renders(database, 2)] == [first.id, second.id, fourth.id]
    everybody = [render.id for render in (first, second, third, fourth)]
    assert [render.id for render in await moving_renders(database, 9)] == everybody
