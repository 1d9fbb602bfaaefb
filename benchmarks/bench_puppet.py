"""What the embedded EMO costs: milliseconds a photo, core seconds a second of video, memory.

The baseline is the same pictures through the same encoder with nothing drawn: a still photo with the voice beside it.
Run: `python -m benchmarks.bench_puppet` (under a minute; one core).
"""

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from PIL import Image

from benchmarks.table import Row, report
from bot.sandbox.film import Film
from bot.sandbox.puppet import detect_face, render_video
from bot.sandbox.puppet.puppet import Puppet
from bot.sandbox.puppet.speech import RATE, read_sound

EXAMPLES = Path(__file__).parents[1] / "examples"
SECONDS = 5
MOST_MB = 300


def main() -> int:
    """Measure and print; 1 when the puppet takes too much memory."""
    with tempfile.TemporaryDirectory() as folder:
        detection(Path(folder))
        rows = rendering(Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    rows.append(Row("puppet: peak memory", f"{peak:.0f} MB", f"{MOST_MB} MB", peak / MOST_MB, 1.0))
    return report(rows)


def detection(folder: Path) -> None:
    """Print what a look at a photo takes."""
    portrait = EXAMPLES / "portrait.jpg"
    photos = {
        "portrait, 512 px": portrait,
        "the same at 3000 px": folder / "large.jpg",
        "nobody, 1000 px": folder / "wall.jpg",
    }
    with Image.open(portrait) as image:
        image.resize((3000, 3000)).save(folder / "large.jpg", quality=90)
    Image.effect_noise((1000, 1000), 40).save(folder / "wall.jpg")
    began = time.process_time()
    detect_face(portrait, "1:1")
    print(f"{'detect: start (once)':40} {1000 * (time.process_time() - began):8.1f} ms")
    for name, photo in photos.items():
        took = statistics.median(cost(lambda photo=photo: detect_face(photo, "1:1")) for _ in range(7))  # type: ignore[misc]
        print(f"{'detect: ' + name:40} {1000 * took:8.1f} ms")


def rendering(folder: Path) -> list[Row]:
    """A row for each size of video."""
    voice, portrait = some_seconds(folder / "voice.wav"), EXAMPLES / "portrait.jpg"
    rows = []
    for ratio, (wide, high) in (("1:1", (512, 512)), ("3:4", (512, 704)), (None, (552, 552)), (None, (960, 960))):
        found = detect_face(portrait, ratio)
        assert found.ext_bbox
        film = Film(found.ext_bbox, (wide, high), found.face_bbox)

        def make(film: Film = film) -> None:
            render_video(portrait, voice, film, folder / "video.mp4")

        drawn, still = cost(make) / SECONDS, cost(lambda make=make: undrawn(make)) / SECONDS  # type: ignore[misc]
        what = f"puppet: a second of {wide} × {high}"
        rows.append(Row(what, f"{drawn:.3f} s of a core", f"a still photo: {still:.3f} s", drawn / still))
    return rows


def undrawn(make: Callable[[], None]) -> None:
    """The same video without a puppet: every frame is the photo."""
    draw = Puppet.draw
    Puppet.draw = lambda self, *_: self.photo  # type: ignore[method-assign]
    try:
        make()
    finally:
        Puppet.draw = draw  # type: ignore[method-assign]


def some_seconds(target: Path) -> Path:
    samples = np.resize(read_sound(EXAMPLES / "voice.ogg"), SECONDS * RATE)
    with av.open(str(target), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        whole = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
        frame.sample_rate = RATE
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return target


def cost(work: Callable[[], object]) -> float:
    """Seconds of processor."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
