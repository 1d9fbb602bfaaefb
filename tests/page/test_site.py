"""The page's server by itself: who may talk to it, how events go on, what becomes of a recording."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np
import pytest
from aiohttp import ClientSession
from av.audio.frame import AudioFrame

from bot.sandbox.emo import EmoServer
from bot.sandbox.page import Cast, make_cast, open_page
from bot.sandbox.page.recording import seconds_of, to_voice, waveform
from bot.sandbox.telegram import TelegramServer
from tests.still_renderer import detect_centre, render_still, still_engine
from tests.stories.conftest import EXAMPLES, PORTRAIT, VOICE


@dataclass
class Site:
    """An open page, and who asks it for things."""

    url: str
    telegram: TelegramServer
    emo: EmoServer
    cast: Cast
    session: ClientSession

    async def state(self) -> dict[str, Any]:
        async with self.session.get(f"{self.url}api/state") as answer:
            return dict(await answer.json())

    async def act(self, action: str, **fields: object) -> dict[str, Any]:
        you = self.cast.people[0]
        given = {"as": you.user.id, "chat": you.chat.id} | fields
        headers = {"Origin": self.url.rstrip("/")}
        async with self.session.post(f"{self.url}api/{action}", json=given, headers=headers) as answer:
            return dict(await answer.json())


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    telegram, emo = TelegramServer(), EmoServer(detect_centre, render_still, engine=still_engine())
    await telegram.start()
    await emo.start()
    cast = make_cast(telegram, samples=EXAMPLES)
    page = await open_page(telegram, emo, cast, [0])
    async with aiohttp.ClientSession() as session:
        yield Site(page.url, telegram, emo, cast, session)
    await page.close()
    await emo.stop()
    await telegram.stop()


async def test_only_this_machine_under_its_own_name(site: Site) -> None:
    assert site.url.startswith("http://127.0.0.1:")
    async with site.session.get(site.url, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 421
    async with site.session.get(site.url) as answer:
        assert answer.status == 200
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
async def test_other_sites_can_do_nothing(site: Site, origin: str | None) -> None:
    you = site.cast.people[0]
    headers = {"Origin": origin} if origin else {}
    given = {"as": you.user.id, "chat": you.chat.id, "text": "hello"}
    async with site.session.post(f"{site.url}api/say", json=given, headers=headers) as answer:
        assert answer.status == 403
    assert site.telegram.chat_history(you) == []


@pytest.mark.parametrize(
    "path", ["files/../telegram.py", "files/photos/file_99.jpg", "samples/../README.md", "tasks/x.mp4"]
)
async def test_no_other_file_is_given_out(site: Site, path: str) -> None:
    async with site.session.get(f"{site.url}{path}") as answer:
        assert answer.status == 404


async def test_a_file_that_could_run_in_the_page_is_only_downloaded(site: Site) -> None:
    you = site.cast.people[0]
    sent = you.sends_document(b"<script>alert(1)</script>", "x.html", "text/html")
    async with site.session.get(f"{site.url}files/{sent.file.remote}") as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"


async def test_videos_can_be_wound(site: Site) -> None:
    sent = site.cast.people[0].sends_photo(PORTRAIT)
    async with site.session.get(f"{site.url}files/{sent.file.remote}", headers={"Range": "bytes=10-19"}) as answer:
        assert answer.status == 206
        assert await answer.read() == sent.media_path.read_bytes()[10:20]


async def events(site: Site, count: int, query: str, headers: dict[str, str] | None = None) -> list[str]:
    """The first lines of a stream that name or number an event."""
    found: list[str] = []
    async with asyncio.timeout(60), site.session.get(f"{site.url}events?{query}", headers=headers) as answer:
        async for line in answer.content:
            if line.startswith((b"id:", b"event: message", b"event: reload")):
                found.append(line.decode().strip())
            if len(found) == count:
                break
    return found


async def test_who_was_away_hears_what_was_missed_and_nothing_twice(site: Site) -> None:
    state = await site.state()
    you = site.cast.people[0]
    you.sends("one")
    first = await events(site, 2, f"world={state['world']}&after={state['last']}")
    assert first[1] == "event: message"
    you.sends("two")
    number = first[0].removeprefix("id: ")
    second = await events(site, 2, f"world={state['world']}&after={state['last']}", {"Last-Event-ID": number})
    assert int(second[0].removeprefix("id: ")) > int(number)
    assert await events(site, 1, f"world=another&after={state['last']}") == ["event: reload"]
    assert await events(site, 1, f"world={state['world']}&after=999999") == ["event: reload"]


async def test_what_a_client_would_not_do_is_said(site: Site) -> None:
    assert "1 to 4096" in (await site.act("say", text=" "))["error"]
    assert "nobody" in (await site.act("say", **{"as": 1}, text="x"))["error"]
    other = site.cast.people[1].sends("mine", chat=site.cast.groups[0])
    wrong = await site.act("delete", chat=other.chat.id, message=other.id)
    assert wrong["error"] == "this is somebody else's message"
    private = site.cast.people[1].sends("secret")
    assert "error" in await site.act("say", chat=private.chat.id, text="x")


async def test_calls_are_shown_without_what_makes_a_link_work(site: Site) -> None:
    url = f"{site.emo.url}/api/v1/services/aigc/image2video/face-detect"
    body = {"model": "emo-detect-v1", "input": {"image_url": "http://127.0.0.1:1/media/a.jpg?signature=secret"}}
    async with site.session.post(url, json=body, headers={"Authorization": "Bearer sandbox-key"}):
        pass
    calls = (await site.state())["exchanges"]
    assert calls[0]["params"]["input"]["image_url"] == "http://127.0.0.1:1/media/a.jpg?…"
    assert "secret" not in str(calls)
    assert "sandbox-key" not in str(calls)


async def test_what_is_sent_again_because_no_answer_came_arrives_once(site: Site) -> None:
    you = site.cast.people[0]
    await site.act("say", text="hello", key="1")
    await site.act("say", text="hello", key="1")
    assert "error" in await site.act("say", text=" ", key="2")
    await site.act("say", text="hello", key="2")
    assert [one.text for one in site.telegram.chat_history(you)] == ["hello", "hello"]


async def test_a_business_account_is_one_chat_for_each_customer_and_its_owner(site: Site) -> None:
    you, mia, jonas = site.cast.people
    shown = [chat for chat in (await site.state())["chats"] if chat["kind"] == "business"]
    assert [(chat["owner"], set(chat["members"])) for chat in shown] == [
        (mia.user.id, {one.user.id, mia.user.id, site.telegram.world.bot.id}) for one in (you, jonas)
    ]
    await site.act("say", chat=shown[0]["id"], text="is it open?")
    waiting = (await site.state())["waiting"]
    said = site.telegram.chat_history(site.cast.dialogues[0])[0]
    assert waiting[-1] == f"{shown[0]['id']}/{said.id}"
    world = site.telegram.world
    world.post(said.chat, world.bot, {"text": "It is."}, reply_to=said)
    answer = [one for one in (await site.state())["messages"] if one["chat"] == shown[0]["id"]][-1]
    assert answer["sender"] == {"id": mia.user.id, "name": "Mia", "bot": False, "via": "EMO"}
    assert "error" in await site.act("say", chat=shown[1]["id"], text="not mine")


async def test_samples_have_names_and_say_what_they_are(site: Site) -> None:
    shown = {one["title"]: one for one in (await site.state())["samples"]}
    assert [*shown] == ["Eileen", "Clara", "Rupert"]
    assert shown["Clara"]["seconds"] == 6
    assert "Hello there!" in shown["Clara"]["words"]


async def test_answers_get_lost_once_and_a_bot_that_is_not_ours_cannot_be_restarted(site: Site) -> None:
    names = {one["name"] for one in (await site.state())["inside"]["switches"]}
    assert {"lost", "unheard"} <= names
    assert "restart" not in names
    assert "no such switch" in (await site.act("switch", name="restart", on=True))["error"]
    await site.act("switch", name="unheard", on=True)
    with pytest.raises(aiohttp.ClientConnectionError):
        await site.session.post(f"{site.telegram.url}/bot{site.telegram.token}/sendVideo", json={"chat_id": 1})
    shown = {one["name"]: one["on"] for one in (await site.state())["inside"]["switches"]}
    assert not shown["unheard"]


async def test_a_switch_counts_its_calls_and_turns_itself_off(site: Site) -> None:
    await site.act("switch", name="slow", on=True)
    await site.act("switch", name="failing", on=True)
    url = f"{site.emo.url}/api/v1/tasks/x"
    statuses = []
    for _ in range(2):
        async with site.session.get(url) as answer:
            statuses.append(answer.status)
    assert statuses == [500, 500]
    shown = {one["name"]: one["on"] for one in (await site.state())["inside"]["switches"]}
    assert (shown["failing"], shown["slow"]) == (False, True)
    await site.act("switch", name="slow", on=False)
    assert site.emo.faults.planned == [fault for fault in site.emo.faults.planned if fault.times == 0]


async def looks(site: Site, model: str) -> int:
    """Ask a model for a look without a picture, as a bot does to see whether it is alive; gives the status."""
    call = f"{site.emo.url}/api/v1/services/aigc/image2video/face-detect"
    headers = {"Authorization": "Bearer sandbox-key"}
    async with site.session.post(call, json={"model": model, "input": {}}, headers=headers) as answer:
        return answer.status


async def test_the_engine_that_is_on_and_what_became_of_the_other(site: Site) -> None:
    def told(state: dict[str, Any]) -> list[tuple[str, bool, bool]]:
        return [(engine["title"], engine["on"], engine["alive"]) for engine in state["inside"]["engines"]]

    assert told(await site.state()) == [("EMO", False, True), ("S2V", False, True)]
    assert await looks(site, "emo-detect-v1") == 400
    assert told(await site.state()) == [("EMO", True, True), ("S2V", False, True)]
    await site.act("switch", name="retired", on=True)
    assert await looks(site, "emo-detect-v1") == 403
    assert told(await site.state()) == [("EMO", True, False), ("S2V", False, True)]
    assert await looks(site, "wan2.2-s2v-detect") == 400
    assert told(await site.state()) == [("EMO", False, False), ("S2V", True, True)]
    assert next(one for one in (await site.state())["inside"]["switches"] if one["name"] == "retired")["on"]
    await site.act("switch", name="retired", on=False)
    assert await looks(site, "emo-detect-v1") == 400


def webm(seconds: float, delay: float = 0.0) -> bytes:
    """What a browser records: Opus in WebM, with a clock that begins anywhere."""
    target = io.BytesIO()
    with av.open(target, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        for number in range(int(seconds * 50)):
            tone = np.sin(np.arange(960) * 0.05 + number) * min(1.0, number / 50) * 0.5
            frame = AudioFrame.from_ndarray(tone[None].astype(np.float32), format="flt", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = (
                48_000,
                int(delay * 48_000) + number * 960,
                Fraction(1, 48_000),
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def packets(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data), "r") as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def test_a_recording_becomes_ogg_without_being_encoded_again() -> None:
    recorded = webm(3.0, delay=2.0)
    voice = to_voice(recorded)
    assert voice[:4] == b"OggS"
    assert packets(voice) == packets(recorded)
    assert abs(seconds_of(voice) - 3.0) < 0.1


def test_other_sound_becomes_opus_too(tmp_path: Path) -> None:
    wav = io.BytesIO()
    with av.open(str(VOICE)) as source, av.open(wav, "w", format="wav") as target:
        stream = target.add_stream("pcm_s16le", rate=48_000, layout="mono")
        for frame in source.decode(audio=0):
            target.mux(stream.encode(frame))
    voice = to_voice(wav.getvalue())
    assert voice[:4] == b"OggS"
    assert abs(seconds_of(voice) - 6.09) < 0.2


@pytest.mark.parametrize("data", [b"", b"no sound", PORTRAIT.read_bytes()])
def test_what_is_no_recording_is_said(data: bytes) -> None:
    with pytest.raises(ValueError, match="recording"):
        to_voice(data)


def test_a_waveform_follows_the_loudness() -> None:
    bars = waveform(to_voice(webm(1.0)))
    assert len(bars) == 56
    assert bars[0] < bars[28] < max(bars) == 31
    assert waveform(b"nothing") == []
