"""The example portrait and voice, and what can be made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from bot.sandbox.detection import Detection
from bot.sandbox.film import Film
from bot.sandbox.puppet import detect_face, render_video
from bot.sandbox.puppet.models import Floats, find_faces, find_mesh
from bot.sandbox.puppet.speech import RATE, read_sound

EXAMPLES = Path(__file__).parents[2] / "examples"
PORTRAIT = EXAMPLES / "portrait.jpg"
VOICE = EXAMPLES / "voice.ogg"

Save = Callable[..., Path]


@pytest.fixture(scope="session")
def portrait() -> Image.Image:
    with Image.open(PORTRAIT) as image:
        return image.convert("RGB")


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Keeps a picture as a file: `save(image, "cmyk.jpg", quality=90)`."""

    def keep(image: Image.Image, name: str = "photo.png", **options: Any) -> Path:
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return keep


def write_sound(path: Path, samples: Floats, rate: int = RATE) -> Path:
    """Mono 16-bit sound, in the container that the name says: .wav or .mp3."""
    codec = {".wav": "pcm_s16le", ".mp3": "libmp3lame"}[path.suffix]
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="mono")
        whole = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format, "mono", rate, frame_size=stream.frame_size or 0)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path


@dataclass(frozen=True)
class Watched:
    """A video as somebody sees and hears it: frames × height × width × 3, and its sound at 16 kHz."""

    path: Path
    frames: np.ndarray
    sound: Floats

    @cached_property
    def landmarks(self) -> Floats:
        """Frames × 468 × 3, found in the video's own frames."""
        return np.stack([find_mesh(frame, find_faces(frame)[0]).points for frame in self.frames])

    @property
    def mouth(self) -> Floats:
        """How far the mouth is open in each frame, in heights of the face."""
        return openness(self.landmarks)


def openness(marks: Floats) -> Floats:
    """How far mouths are open, from frames × 468 × 3 landmarks, in heights of the face."""
    flat = marks[..., :2]
    height = np.linalg.norm(flat[:, 10] - flat[:, 152], axis=1)
    return np.asarray(np.linalg.norm(flat[:, 13] - flat[:, 14], axis=1) / height, np.float32)


def watch(path: Path, every: int = 1) -> Watched:
    """See each of its frames, or every second, and so on."""
    with av.open(str(path)) as container:
        seen = islice(container.decode(video=0), None, None, every)
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in seen])
    return Watched(path, frames, read_sound(path))


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first half of the example voice as the service gets it: WAV, 16 kHz, mono."""
    return write_sound(tmp_path_factory.mktemp("voice") / "voice.wav", read_sound(VOICE)[: 3 * RATE])


@pytest.fixture(scope="session")
def word(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first second and a half of it."""
    return write_sound(tmp_path_factory.mktemp("word") / "word.wav", read_sound(VOICE)[: 3 * RATE // 2])


@pytest.fixture(scope="session")
def found() -> Detection:
    return detect_face(PORTRAIT, "1:1")


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory, spoken: Path, found: Detection) -> Watched:
    """The example portrait saying half of the example voice."""
    target = tmp_path_factory.mktemp("video") / "video.mp4"
    make(PORTRAIT, spoken, found, target)
    return watch(target)


def make(image: Path, sound: Path, found: Detection, target: Path, style: str = "normal") -> Path:
    render_video(image, sound, film_of(found, style), target)
    return target


def film_of(found: Detection, style: str = "normal") -> Film:
    """The film that the service makes of a face: square, or tall."""
    assert found.ext_bbox
    left, top, right, bottom = found.ext_bbox
    size = (512, 512) if right - left == bottom - top else (512, 704)
    return Film(found.ext_bbox, size, found.face_bbox, style)
