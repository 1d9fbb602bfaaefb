"""What it costs to mark and sign a video: core seconds for a second of 512 × 512, beside copying and making it.

Making it is the puppet's work on this machine. Run: `python -m benchmarks.bench_labels` (a minute; one core).
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.bench_puppet import EXAMPLES, SECONDS, some_seconds
from benchmarks.table import Row, report
from bot.media import signing
from bot.media.finishing import finish_video
from bot.render.credentials import load_or_make_credentials
from bot.sandbox.film import Film
from bot.sandbox.puppet import detect_face, render_video

TURNS = 5
MOST = 49 * 1024 * 1024
GOAL = 0.15 / 0.18
"""Of what the puppet takes, which is 0.18 s on the machine on which marking and signing may take 0.15 s."""


def cost(work: Callable[[], object]) -> float:
    """Core seconds for a second of video, the middle one of some turns."""
    took = []
    for _ in range(TURNS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return statistics.median(took) / SECONDS


def main() -> int:
    """Measure and print; 1 when the goal was missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        portrait, voice = EXAMPLES / "portrait.jpg", some_seconds(folder / "voice.wav")
        found = detect_face(portrait, "1:1")
        assert found.ext_bbox
        film, video = Film(found.ext_bbox, (512, 512), found.face_bbox), folder / "video.mp4"
        began = time.process_time()
        render_video(portrait, voice, film, video)
        made = (time.process_time() - began) / SECONDS
        credentials = load_or_make_credentials(folder)
        signing.ask_for_signature = credentials.sign
        copied, marked, signed = folder / "copied.mp4", folder / "marked.mp4", folder / "signed.mp4"
        signed.touch()

        def mark_and_sign() -> None:
            finish_video(video, marked, "zh", False, MOST)
            signing.sign_video(marked, signed, credentials.certificates)

        for path in (copied, marked):
            path.touch()
        copying = cost(lambda: finish_video(video, copied, "", False, MOST))
        marking = cost(mark_and_sign)
        figure, puppet = f"{marking:.3f} s of a core", f"made by the puppet: {made:.3f} s"
        return report(
            [
                Row(
                    "a second of video marked and signed",
                    figure,
                    puppet,
                    marking / made,
                    GOAL,
                ),
                Row("the same", figure, f"copied with its notes: {copying:.4f} s", marking / copying),
            ]
        )


if __name__ == "__main__":
    sys.exit(main())
