"""Files without a name or an honest type: the bytes decide."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bot.media import jobs
from bot.media.child import run_limited
from bot.media.facts import Kind
from bot.media.kind import tell_kind
from tests.media.samples import filmed, moved, packed, picture, recorded, speech

CORPUS = Path(__file__).parent / "corpus"
VOICE = speech(1.0)


def film(path: Path, kind: str) -> Path:
    return moved(filmed(path.with_suffix(".mp4"), 0.5, (64, 48), speech(0.5), 100_000), path, kind)


def sound(path: Path, codec: str, kind: str, rate: int = 48000) -> Path:
    return recorded(VOICE, path, codec, rate, kind)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


KINDS: dict[str, tuple[Kind, Callable[[Path], Path]]] = {
    **{
        kind: (Kind.PICTURE, lambda path, kind=kind: written(path, packed(picture(), kind)))  # type: ignore[misc]
        for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF", "JPEG2000")
    },
    "half a JPEG": (Kind.PICTURE, lambda path: written(path, packed(picture(), "JPEG")[:900])),
    "the head of a PNG": (Kind.PICTURE, lambda path: written(path, packed(picture(), "PNG")[:20])),
    "arithmetic.jpg": (Kind.PICTURE, lambda _: CORPUS / "arithmetic.jpg"),
    "wideband.amr": (Kind.SOUND, lambda _: CORPUS / "wideband.amr"),
    "discontinuous.amr": (Kind.SOUND, lambda _: CORPUS / "discontinuous.amr"),
    "ogg": (Kind.SOUND, lambda path: sound(path, "libopus", "ogg")),
    "mp3": (Kind.SOUND, lambda path: sound(path, "libmp3lame", "mp3", 44100)),
    "aiff": (Kind.SOUND, lambda path: sound(path, "pcm_s16be", "aiff")),
    "caf": (Kind.SOUND, lambda path: sound(path, "pcm_s16be", "caf")),
    "wma": (Kind.SOUND, lambda path: sound(path, "mp2", "asf", 44100)),
    "avi": (Kind.SOUND, lambda path: sound(path, "mp2", "avi")),
    "mka": (Kind.SOUND, lambda path: sound(path, "libopus", "matroska")),
    "m4b": (Kind.SOUND, lambda path: sound(path, "aac", "ipod")),
    "wv": (Kind.SOUND, lambda path: sound(path, "wavpack", "wv")),
    "aac": (Kind.SOUND, lambda path: sound(path, "aac", "adts")),
    "half an Ogg": (Kind.SOUND, lambda path: written(path, sound(path, "libopus", "ogg").read_bytes()[:60])),
    **{
        kind: (Kind.FILM, lambda path, kind=kind: film(path, kind))  # type: ignore[misc]
        for kind in ("mp4", "mov", "3g2", "mpegts", "matroska")
    },
    "a film without sound": (Kind.FILM, lambda path: filmed(path, 0.5, (64, 48))),
    "nothing": (Kind.NEITHER, lambda path: written(path, b"")),
    "a letter": (Kind.NEITHER, lambda path: written(path, b"BMW is what I drive, dear Alice.\n" * 60)),
    "a PDF": (Kind.NEITHER, lambda path: written(path, b"%PDF-1.7\n" * 200)),
    "an archive": (Kind.NEITHER, lambda path: written(path, b"PK\x03\x04" + np.random.default_rng(8).bytes(20_000))),
    "noise": (Kind.NEITHER, lambda path: written(path, np.random.default_rng(9).bytes(50_000))),
    "zeros": (Kind.NEITHER, lambda path: written(path, bytes(5000))),
    "a playlist": (Kind.NEITHER, lambda path: written(path, b"#EXTM3U\n#EXTINF:2,\nfile:///etc/passwd\n")),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_bytes_of_a_file_say_what_it_is(name: str, tmp_path: Path) -> None:
    kind, make = KINDS[name]
    assert tell_kind(make(tmp_path / "sent")) is kind


def test_a_song_with_a_cover_is_a_sound(tmp_path: Path) -> None:
    song = recorded(VOICE, tmp_path / "song", "libmp3lame", 44100, "mp3").read_bytes()
    cover = b"\0image/jpeg\0\x03\0" + packed(picture(100, 100), "JPEG")
    frame = b"APIC" + len(cover).to_bytes(4) + b"\0\0" + cover
    size = len(frame)
    header = b"ID3\x03\0\0" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
    assert tell_kind(written(tmp_path / "sent", header + frame + song[song.index(b"\xff\xfb") :])) is Kind.SOUND


async def test_strangers_files_are_looked_at_in_a_child(tmp_path: Path) -> None:
    path = written(tmp_path / "sent", packed(picture(), "JPEG"))
    assert await run_limited(jobs.tell_kind(path)) is Kind.PICTURE
