"""Draws the contact sheets of `docs/puppet.md` anew: every tenth frame of four videos, and one face's instants.

Run: `python -m benchmarks.contact_sheets` (some seconds; one core), then look at them.
"""

import tempfile
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image

from benchmarks.bench_puppet import EXAMPLES
from bot.sandbox.film import Film
from bot.sandbox.puppet import detect_face, render_video
from bot.sandbox.puppet.models import Pixels
from bot.sandbox.puppet.motion import Motion
from bot.sandbox.puppet.puppet import puppet_of
from bot.sandbox.puppet.speech import Speech

IMAGES = Path(__file__).parents[1] / "docs/images"
PORTRAIT, VOICE = EXAMPLES / "portrait.jpg", EXAMPLES / "voice.ogg"
EVERY, COLUMNS, SIDE = 10, 8, 160
INSTANTS = [(0, 0, 0), (0, 0, 0.5), (0, 0, 1), (1, 0, 0), (0.6, 1, 0), (0.3, -1, 0), (0.7, -1, 0)]
"""Jaw, lips (−1 rounded, 1 wide) and lids: at rest, half shut, shut, "ah", "ee", "oo", "oh"."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        closed = folder / "closed.png"
        Image.fromarray(instants(PORTRAIT)[0]).save(closed)
        tilted = folder / "tilted.png"
        with Image.open(PORTRAIT) as image:
            image.rotate(16, Image.Resampling.BICUBIC, fillcolor=(188, 182, 184)).save(tilted)
        sheet("laughing", video(PORTRAIT, "1:1", "normal", folder))
        sheet("closed", video(closed, "1:1", "normal", folder))
        sheet("tilted", video(tilted, "1:1", "active", folder))
        sheet("half-body", video(PORTRAIT, "3:4", "active", folder))
        faces = [frame[70:390, 96:416] for frame in (*instants(PORTRAIT), *instants(closed))]
        sheet("instants", faces, columns=len(INSTANTS))


def video(photo: Path, ratio: str, style: str, folder: Path) -> list[Pixels]:
    """Every tenth frame of the photo speaking."""
    found = detect_face(photo, ratio)
    assert found.ext_bbox
    film = Film(found.ext_bbox, (512, 512 if ratio == "1:1" else 704), found.face_bbox, style)
    render_video(photo, VOICE, film, folder / "video.mp4")
    with av.open(str(folder / "video.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return [np.asarray(frame, np.uint8) for frame in frames[::EVERY]]


def instants(photo: Path) -> list[Pixels]:
    """The face at rest, blinking, and in some vowels."""
    found = detect_face(photo, "1:1")
    assert found.ext_bbox
    with Image.open(photo) as image:
        puppet = puppet_of(np.asarray(image.convert("RGB")), Film(found.ext_bbox, (512, 512), found.face_bbox))
    none, drawn = np.zeros(1, np.float32), []
    for opening, spread, blink in INSTANTS:
        speech = Speech(0.04, none + opening, none + spread, none, none)
        motion = Motion(none, none, none, none, none, none + blink, none, none, mouth=1.0)
        drawn.append(np.asarray(cv2.cvtColor(puppet.draw(speech, motion, 0), cv2.COLOR_BGR2RGB), np.uint8))
    return drawn


def sheet(name: str, frames: list[Pixels], columns: int = COLUMNS) -> None:
    """Save frames side by side, in rows."""
    high = round(SIDE * frames[0].shape[0] / frames[0].shape[1])
    rows = -(-len(frames) // columns)
    paper = Image.new("RGB", (columns * SIDE, rows * high), "white")
    for number, frame in enumerate(frames):
        small = Image.fromarray(frame).resize((SIDE, high), Image.Resampling.LANCZOS)
        paper.paste(small, (number % columns * SIDE, number // columns * high))
    paper.save(IMAGES / f"puppet-{name}.jpg", quality=88, optimize=True)
    print(IMAGES / f"puppet-{name}.jpg")


if __name__ == "__main__":
    main()
