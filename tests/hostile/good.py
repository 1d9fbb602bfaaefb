"""Small files that are as they should be, one of each format: what harm is done to."""

import io
import tempfile
import wave
from functools import cache
from pathlib import Path

import numpy as np

from tests.media.samples import filmed, packed, picture, recorded, speech

PICTURES = ("jpg", "progressive", "png", "webp", "gif", "bmp", "tiff", "heif", "avif", "jp2", "ppm")
SOUNDS = (
    "ogg",
    "mp3",
    "m4a",
    "wav",
    "flac",
    "aac",
    "aiff",
    "au",
    "caf",
    "w64",
    "tta",
    "wv",
    "wma",
    "ac3",
    "webm",
    "amr",
)
FILMS = ("mp4", "mov", "mkv", "avi", "ts", "flv")
MIMES = {
    **{"jpg": "image/jpeg", "progressive": "image/jpeg", "heif": "image/heic", "jp2": "image/jp2"},
    **{"ogg": "audio/ogg", "mp3": "audio/mpeg", "m4a": "audio/mp4", "wav": "audio/x-wav", "wma": "audio/x-ms-wma"},
    **{"mov": "video/quicktime", "mkv": "video/x-matroska", "avi": "video/x-msvideo", "ts": "video/mp2t"},
}
_PILLOW = {"jpg": "JPEG", "jp2": "JPEG2000"}
_CODECS = {
    **{"ogg": ("libopus", "ogg"), "mp3": ("libmp3lame", "mp3"), "m4a": ("aac", "mp4"), "flac": ("flac", "flac")},
    **{"aac": ("aac", "adts"), "aiff": ("pcm_s16be", "aiff"), "au": ("pcm_mulaw", "au"), "caf": ("alac", "caf")},
    **{"w64": ("pcm_s16le", "w64"), "tta": ("tta", "tta"), "wv": ("wavpack", "wv"), "wma": ("mp2", "asf")},
    **{"ac3": ("ac3", "ac3"), "webm": ("libopus", "webm"), "amr": ("libopencore_amrnb", "amr"), "avi": ("mp2", "avi")},
}
_CONTAINERS = {"mkv": "matroska", "ts": "mpegts"}


def mime_of(kind: str) -> str:
    """The type that an honest sender would state."""
    if kind in MIMES:
        return MIMES[kind]
    return f"{'image' if kind in PICTURES else 'audio' if kind in SOUNDS else 'video'}/{kind}"


@cache
def good(kind: str) -> bytes:
    """A whole file of one of the kinds: a picture of 320 × 400 in four colours, two seconds of speech, or a film."""
    if kind in PICTURES:
        if kind == "progressive":
            return packed(picture(320, 400), "JPEG", progressive=True)
        return packed(picture(320, 400), _PILLOW.get(kind, kind.upper()))
    if kind == "wav":
        return wav(speech(2.0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        if kind in _CODECS:
            codec, container = _CODECS[kind]
            return recorded(speech(2.0), path, codec, 8000 if kind == "amr" else 48000, container).read_bytes()
        data = filmed(path, 1.0, (160, 120), speech(1.0), 200_000).read_bytes()
        return data if kind == "mp4" else _moved(path, Path(folder) / "moved", _CONTAINERS.get(kind, kind))


def wav(samples: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> bytes:
    """Sound at 48 kHz as a WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(48000)
        target.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def _moved(source: Path, target: Path, container: str) -> bytes:
    """The same film in another container."""
    import av

    with av.open(str(source)) as film, av.open(str(target), "w", format=container) as output:
        tracks = {stream.index: output.add_stream_from_template(stream) for stream in film.streams}
        for packet in film.demux():
            if packet.dts is not None:
                packet.stream = tracks[packet.stream.index]
                output.mux(packet)
    return target.read_bytes()
