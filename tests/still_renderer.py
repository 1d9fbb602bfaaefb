"""The fast renderer of tests: finds a "face" in the middle of any picture, and films the picture standing still.

The video is real: H.264 with 15 frames a second and the voice as AAC.
"""

import atexit
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from bot.sandbox.detection import Detection
from bot.sandbox.emo import Engine
from bot.sandbox.film import Film

FPS = 15
SOUND_RATE = 16000
Box = tuple[int, int, int, int]


@cache
def still_engine() -> Engine:
    """Warm processes for a whole test run: `EmoServer(detect_centre, render_still, engine=still_engine())`."""
    engine = Engine(detect_centre, render_still)
    atexit.register(engine.close)
    return engine


def detect_centre(image: Path, ratio: str | None) -> Detection:
    """Pass every picture that shows anything; one of a single colour holds no human.

    Args:
        ratio: of the area that would move; None: the whole picture.
    """
    with Image.open(image) as opened:
        picture = opened.convert("L")
    lowest, highest = (float(bound) for bound in picture.getextrema())  # type: ignore[arg-type]
    if lowest == highest:
        return Detection(False, code="InvalidFile.NoHuman", message="The input image has no human body.")
    width, height = picture.size
    if ratio is None:
        side = min(width, height) // 3
        return Detection(True, _centred(width, height, side, side), (0, 0, width, height))
    tall = min(height, width * 4 // 3) if ratio == "3:4" else min(width, height)
    wide = tall * 3 // 4 if ratio == "3:4" else tall
    ext = _centred(width, height, wide, tall)
    return Detection(True, _centred(width, height, wide // 3, wide // 3), ext)


def render_still(
    image: Path, audio: Path, film: Film, target: Path, progress: Callable[[float], None] | None = None
) -> None:
    """Film the area at the size asked, never stretched, for as long as the voice lasts."""
    size = film.size
    with Image.open(image) as opened:
        still = np.asarray(ImageOps.fit(opened.convert("RGB").crop(film.area), size))
    sound = _decode(audio)
    with av.open(str(target), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "30"})
        video.width, video.height, video.pix_fmt = size[0], size[1], "yuv420p"
        voice = container.add_stream("aac", rate=SOUND_RATE, layout="mono")
        picture = VideoFrame.from_ndarray(still, format="rgb24").reformat(format="yuv420p")
        frames = max(1, round(len(sound) / SOUND_RATE * FPS))
        for number in range(frames):
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(picture))
            if progress is not None and number % FPS == 0:
                progress(number / frames)
        container.mux(video.encode())
        for start in range(0, len(sound), 1024):
            frame = AudioFrame.from_ndarray(sound[None, start : start + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
            container.mux(voice.encode(frame))
        container.mux(voice.encode())


def _decode(audio: Path) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=SOUND_RATE)
    with av.open(str(audio)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def _centred(width: int, height: int, wide: int, tall: int) -> Box:
    left, top = (width - wide) // 2, (height - tall) // 2
    return left, top, left + wide, top + tall
