"""S2V: a bot with a token and a key alone makes videos, by the vendor's temporary storage or by links of its own."""

import asyncio
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bot.sandbox.emo.models import EMO, S2V
from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from storage.renders import Stage
from tests.media.samples import recorded, speech
from tests.stories.conftest import PORTRAIT, World, brief_voice

UPLOAD: dict[str, Any] = {"engine": "s2v", "public_url": None, "hosting": "upload"}
LINKS: dict[str, Any] = {"engine": "s2v"}


async def orders_a_video(person: Person, voice: bytes | Path | None = None) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo|I have your photo")
    person.sends_voice(voice or brief_voice())


def paid(world: World) -> Counter[str]:
    """How often each model was paid."""
    return Counter(entry.model for entry in world.emo.bill)


@pytest.mark.parametrize(("way", "begins"), [(UPLOAD, "oss://"), (LINKS, "http://")])
async def test_a_photo_and_a_voice_become_a_video(
    way: dict[str, Any], begins: str, world: World, alice: Person
) -> None:
    async with world.bot(**way):
        alice.starts()
        await alice.sees("less than 60 seconds")
        await alice.sees("Your files go to")
        await orders_a_video(alice)
        video = await alice.sees_video()
    assert video.buttons == ["Save face", "New voice", "New photo", "Round", "Sticker", "Loop"], (
        "there is nothing to choose"
    )
    [task] = world.emo.tasks.values()
    assert task.order.image_url.startswith(begins)
    assert task.order.audio_url.startswith(begins)
    assert paid(world) == {S2V.looker: 1, S2V.name: 1}
    [row] = await world.all_tasks()
    assert (row.engine, row.model, row.second_price) == ("s2v", "wan2.2-s2v", "0.5")


async def test_the_price_is_that_of_the_resolution(world: World, alice: Person) -> None:
    async with world.bot(**UPLOAD, video_resolution="720P"):
        await orders_a_video(alice)
        await alice.sees_video()
    [video] = [entry for entry in world.emo.bill if entry.task_id]
    assert video.amount == Decimal("0.9") * Decimal(str(video.quantity))


async def test_a_picture_that_is_too_wide_is_cropped_and_that_is_said(
    world: World, alice: Person, tmp_path: Path
) -> None:
    with Image.open(PORTRAIT) as portrait:
        side = min(portrait.size)
        Image.new("RGB", (side * 3, side), "grey").save(tmp_path / "wide.png")
        wide = Image.open(tmp_path / "wide.png")
        wide.paste(portrait.crop((0, 0, side, side)), (side, 0))
        wide.save(tmp_path / "wide.jpg")
    async with world.bot(**LINKS):
        alice.sends_photo(tmp_path / "wide.jpg")
        await alice.sees("I use its middle")
        alice.sends_voice(brief_voice())
        await alice.sees_video()


async def test_settings_offer_only_what_can_be_chosen(world: World, alice: Person) -> None:
    async with world.bot(**LINKS):
        alice.sends("/settings")
        shown = await alice.sees(lambda message: bool(message.inline))
        assert not {"Square", "Tall", "Calm"} & {label.removeprefix("✓ ") for label in shown.buttons}


async def test_a_lost_submit_of_uploaded_files_is_found_by_its_sound(world: World, alice: Person) -> None:
    world.emo.faults.add(Fault("submit", drop="after"))
    async with world.bot(**UPLOAD):
        await orders_a_video(alice)
        await alice.sees_video()
    assert paid(world)[S2V.name] == 1


async def order_of_another_program(world: World, tmp_path: Path) -> None:
    """Another program has a task made with the same account, of another voice."""
    files = {"p.jpg": PORTRAIT, "v.wav": recorded(speech(4.0, seed=9), tmp_path / "v.wav", "pcm_s16le", kind="wav")}
    key = {"Authorization": "Bearer sandbox-key"}
    async with aiohttp.ClientSession(headers=key) as session:
        names = []
        for name, path in files.items():
            asked = {"action": "getPolicy", "model": S2V.name}
            async with session.get(f"{world.emo.url}/api/v1/uploads", params=asked) as answer:
                granted = (await answer.json())["data"]
            form = aiohttp.FormData(quote_fields=False)
            fields = {"OSSAccessKeyId": "oss_access_key_id", "policy": "policy", "Signature": "signature"}
            for field, given in fields.items():
                form.add_field(field, granted[given])
            form.add_field("key", f"{granted['upload_dir']}/{name}")
            form.add_field("success_action_status", "200")
            form.add_field("x-oss-object-acl", granted["x_oss_object_acl"])
            form.add_field("x-oss-forbid-overwrite", granted["x_oss_forbid_overwrite"])
            form.add_field("file", path.read_bytes(), filename=name)
            async with session.post(granted["upload_host"], data=form) as answer:
                assert answer.status == 200
            names.append(f"oss://{granted['upload_dir']}/{name}")
        body = {
            "model": S2V.name,
            "input": {"image_url": names[0], "audio_url": names[1]},
            "parameters": {"resolution": "480P"},
        }
        how = {"X-DashScope-Async": "enable", "X-DashScope-OssResourceResolve": "enable"}
        path_of_it = "/api/v1/services/aigc/image2video/video-synthesis"
        async with session.post(f"{world.emo.url}{path_of_it}", json=body, headers=how) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_anothers_video_is_never_taken_for_a_lost_one(
    drop: Any, world: World, alice: Person, tmp_path: Path
) -> None:
    """Its own where the service had taken it; a question where only the other one is there."""
    world.ledger_is_whole = False  # the other program pays for itself
    async with world.bot(**UPLOAD):
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo|I have your photo")
        await order_of_another_program(world, tmp_path)
        world.emo.faults.add(Fault("submit", drop=drop))
        alice.sends_voice(brief_voice())
        if drop == "after":
            await alice.sees_video()
            [row] = await world.all_tasks()
            assert world.emo.tasks[row.task_id or ""].order.audio_url.endswith(".wav")
            assert row.video_seconds == pytest.approx(1.5, abs=0.3)
        else:
            await alice.sees("Trying again may mean paying twice")
            await world.render_that(lambda render: render.stage is Stage.UNSURE)
            assert world.videos(alice) == 0
    world.emo.notes.clear()  # the other program had its picture not looked at


async def test_a_look_whose_answer_was_lost_is_booked_where_nobody_can_tell(world: World, alice: Person) -> None:
    world.emo.faults.add(Fault("detect", drop="after"))
    async with world.bot(**UPLOAD):
        await orders_a_video(alice)
        await alice.sees_video()
    assert paid(world)[S2V.looker] == 2


async def test_an_engine_that_is_changed_with_work_in_flight_loses_and_pays_nothing_twice(
    world: World, alice: Person
) -> None:
    world.emo.hold()
    bob = world.person("Bob")
    async with world.bot(max_in_flight=1):
        await orders_a_video(alice)
        await world.task_that(lambda task: task.task_id is not None)
        await orders_a_video(bob)
        await bob.sees("You're next|In the queue")
    async with world.bot(engine="s2v", max_in_flight=1):
        world.emo.release()
        await asyncio.gather(alice.sees_video(), bob.sees_video())
    assert [(task.engine, task.model) for task in await world.all_tasks()] == [("emo", EMO.name), ("s2v", S2V.name)]
    assert (paid(world)[EMO.name], paid(world)[S2V.name]) == (1, 1)
