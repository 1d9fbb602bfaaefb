"""The cast: names as people write them, found again however they are written, each chat by itself."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.cast import (
    LIMIT,
    PRESENTERS,
    Face,
    NameFault,
    Saving,
    Whose,
    faces,
    fault_of,
    find_by_slug,
    find_face,
    near,
    remove_face,
    rename_face,
    save_face,
    set_presenters,
    slug,
    tidy_name,
)
from storage.chats import settle_chat
from storage.objects import Object, Objects
from storage.renders import Render, Stage, create_render, end_render, read_render
from storage.videos import same_video

HERE, ELSEWHERE, ALICE = -100, -200, 1


async def add(objects: Objects, content: bytes) -> Object:
    with objects.scratch() as folder:
        (folder / "file").write_bytes(content)
        return await objects.add(folder / "file", extension="jpg", kind="portrait")


async def named(database: AsyncEngine, name: str, chat_id: int = HERE) -> Face:
    found = await find_face(database, chat_id, name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "name", ["Anna", "Dr. No", "O’Brien-Smith", "Tante Käthe 2", "外婆", "Бабушка", "👩‍🚀 Ada", "می‌شا", "x" * 32]
)
def test_a_name_of_any_script_is_fine(name: str) -> None:
    assert fault_of(tidy_name(name)) is None


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", NameFault.EMPTY),
        (" \n ", NameFault.EMPTY),
        ("x" * 33, NameFault.TOO_LONG),
        ("ﷺ" * 20, NameFault.TOO_LONG),
        ("<b>Anna</b>", NameFault.ODD),
        ("*Anna*", NameFault.ODD),
        ("/start", NameFault.ODD),
        ("@anna", NameFault.ODD),
        ("evil.example", NameFault.ODD),
        ("An\u202ena", NameFault.ODD),
        ("An\x07na", NameFault.ODD),
        ("A | B", NameFault.ODD),
        ("...", NameFault.ODD),
    ],
)
def test_a_name_that_is_none_is_told_why(name: str, fault: NameFault) -> None:
    assert fault_of(tidy_name(name)) is fault


async def test_a_name_is_found_however_it_is_written_and_only_in_its_chat(database: AsyncEngine) -> None:
    assert await save_face(database, HERE, "Tante Käthe", Whose("face"), ALICE) is Saving.DONE
    for written in ("tante käthe", "TANTE  KA\u0308THE", "\uff34ante Käthe"):
        assert (await named(database, written)).name == "Tante Käthe"
    assert await find_face(database, ELSEWHERE, "Tante Käthe") is None
    assert await faces(database, ELSEWHERE) == []


async def test_a_name_is_taken_once_and_the_same_again_is_done_already(database: AsyncEngine) -> None:
    assert await save_face(database, HERE, "Anna", Whose("face"), ALICE) is Saving.DONE
    assert await save_face(database, HERE, "ANNA", Whose("face"), ALICE) is Saving.DONE
    assert await save_face(database, HERE, "anna", Whose("another"), ALICE) is Saving.TAKEN
    assert await save_face(database, ELSEWHERE, "Anna", Whose("another"), ALICE) is Saving.DONE
    assert [(member.name, member.portrait_sha) for member in await faces(database, HERE)] == [("Anna", "face")]


async def test_a_chat_keeps_only_so_many(database: AsyncEngine) -> None:
    for number in range(LIMIT):
        assert await save_face(database, HERE, f"Face {number}", Whose("face"), ALICE) is Saving.DONE
    assert await save_face(database, HERE, "One more", Whose("face"), ALICE) is Saving.FULL
    assert await save_face(database, HERE, "face 3", Whose("face"), ALICE) is Saving.DONE
    assert await save_face(database, ELSEWHERE, "One more", Whose("face"), ALICE) is Saving.DONE


async def test_renaming_and_removing(database: AsyncEngine) -> None:
    for name in ("Anna", "Ben"):
        await save_face(database, HERE, name, Whose(name), ALICE)
    anna = await named(database, "anna")
    assert await rename_face(database, anna, "BEN") is Saving.TAKEN
    assert await rename_face(database, anna, "ANNA") is Saving.DONE
    assert await rename_face(database, anna, "Zoë") is Saving.DONE
    assert await rename_face(database, anna, "Eve") is Saving.UNKNOWN
    assert (await named(database, "zoë")).portrait_sha == "Anna"
    await remove_face(database, await named(database, "Ben"))
    assert [member.name for member in await faces(database, HERE)] == ["Zoë"]
    assert near("Zoe", await faces(database, HERE)) == ["Zoë"]
    assert near("Winston", await faces(database, HERE)) == []


async def test_presenters_are_everybodys_and_a_chats_own_name_goes_first(database: AsyncEngine) -> None:
    await set_presenters(database, {"Anna": "theirs", "Old": "gone"})
    await set_presenters(database, {"Anna": "theirs", "Ben": "too"})
    assert [member.name for member in await faces(database, PRESENTERS)] == ["Anna", "Ben"]
    assert (await named(database, "anna", ELSEWHERE)).is_presenter
    await save_face(database, HERE, "ANNA", Whose("ours"), ALICE)
    assert (await named(database, "anna")).portrait_sha == "ours"
    assert (await named(database, "anna", ELSEWHERE)).portrait_sha == "theirs"


@pytest.mark.parametrize("name", ["Anna", "Aunt Mary", "Дарья", "a_b", "👩‍🚀"])
async def test_a_link_finds_who_it_was_made_for(database: AsyncEngine, name: str) -> None:
    await set_presenters(database, {name: "face", "Somebody else": "else"})
    payload = f"as-{slug(name)}"
    assert len(payload) <= 64
    assert set(payload) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    found = await find_by_slug(database, HERE, slug(name))
    assert found is not None
    assert found.name == name
    assert await find_by_slug(database, HERE, "nobody") is None


async def test_housekeeping_leaves_the_cast_alone_and_it_goes_with_its_chat(
    database: AsyncEngine, tmp_path: Path
) -> None:
    objects = Objects(tmp_path / "objects", database)
    ours, shared, presenter = [await add(objects, os.urandom(8)) for _ in range(3)]
    await save_face(database, HERE, "Ours", Whose(ours.sha), ALICE)
    await save_face(database, HERE, "Shared", Whose(shared.sha), ALICE)
    await save_face(database, HERE, "Host", Whose(presenter.sha), ALICE)
    await save_face(database, ELSEWHERE, "Shared", Whose(shared.sha), ALICE)
    await set_presenters(database, {"Host": presenter.sha})
    assert await objects.remove_unused(time.time() + 60) == 0
    assert await settle_chat(database, objects, HERE) == 1
    assert await faces(database, HERE) == []
    assert [await objects.get(kept.sha) for kept in (ours, shared, presenter)] == [None, shared, presenter]


async def render_of(database: AsyncEngine, chat_id: int, origin: str, **columns: Any) -> Render:
    row = {"user_id": 1, "thread_id": 0, "voice_message_id": 1, "portrait_sha": "host", "voice_sha": "words"}
    render, _ = await create_render(database, origin, chat_id=chat_id, ratio="1:1", style="calm", **(row | columns))
    return render


async def test_a_presenters_video_serves_every_chat_and_anybody_elses_its_own_only(database: AsyncEngine) -> None:
    made = await render_of(database, ELSEWHERE, "first")
    await end_render(database, made.id, Stage.DELIVERED, video_file_id="kept at Telegram")
    asked = await render_of(database, HERE, "second")
    assert await same_video(database, asked) is None
    await save_face(database, ELSEWHERE, "Host", Whose("host"), ALICE)
    assert await same_video(database, asked) is None
    await set_presenters(database, {"Host": "host"})
    assert await same_video(database, asked) == await read_render(database, made.id)
    assert await same_video(database, await render_of(database, HERE, "third", voice_sha="other words")) is None
