"""A photo and a recording become an mp4: H.264 at 25 frames a second, the recording's own sound as AAC."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream

from bot.sandbox.film import Film
from bot.sandbox.puppet.models import Pixels
from bot.sandbox.puppet.motion import Motion, move
from bot.sandbox.puppet.picture import open_picture
from bot.sandbox.puppet.puppet import Puppet, puppet_of
from bot.sandbox.puppet.speech import FRAMES_PER_SECOND, Speech, listen, read_sound

LONGEST = 60.0
"""Seconds; the service makes no longer videos."""
TITLE = "Talking portrait (synthetic)"
COMMENT = "AI-generated: a still photo animated by emobot's puppet, not by EMO. The person did not say this on camera."
TICKS = 12800
"""Units of the video's time in a second."""
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


def render_video(
    image: Path, audio: Path, film: Film, target: Path, progress: Callable[[float], None] | None = None
) -> None:
    """Makes the face in `image` say `audio`; the same input gives the same movement.

    Args:
        image, audio: the files as submitted (jpg, png, bmp, webp; wav, mp3).
        film: what of the image, how large, how lively.
        target: the mp4 to write, as long as the audio.
        progress: told the part that is done, 0 … 1, about once for each second of video.

    Raises:
        NotAPicture, NotASound, NoFaceThere: the input cannot be used. ValueError: no such style, or over 60 s.
    """
    cv2.setNumThreads(1)
    picture = open_picture(image)
    if picture.rgb.shape[:2] != (picture.height, picture.width):
        raise ValueError("the image is larger than 7000 pixels")
    samples = read_sound(audio)
    speech = listen(samples)
    if speech.seconds > LONGEST + 0.5:
        raise ValueError("the audio is longer than 60 s")
    motion = move(speech, film.style, _seed(image, audio))
    puppet = puppet_of(picture.rgb, film)
    del picture
    try:
        _write(target, audio, puppet, speech, motion, progress or (lambda _part: None))
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _write(
    target: Path, audio: Path, puppet: Puppet, speech: Speech, motion: Motion, progress: Callable[[float], None]
) -> None:
    """Frames and sound, side by side, so that neither waits in memory for the other."""
    frames = len(speech.opening)
    with (
        av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as out,
        av.open(str(audio)) as sound,
    ):
        out.metadata.update({"title": TITLE, "comment": COMMENT})
        height, width = puppet.photo.shape[:2]
        video = _video_stream(out, width, height)
        sounds = _Sound(out, sound)
        for number in range(frames):
            for packet in video.encode(_frame(puppet.draw(speech, motion, number), number)):
                out.mux(_timed(packet, speech.seconds))
            sounds.write_until((number + 1) / FRAMES_PER_SECOND)
            if number % FRAMES_PER_SECOND == 0:
                progress(number / frames)
        for packet in video.encode(None):
            out.mux(_timed(packet, speech.seconds))
        sounds.write_until(float("inf"))
    progress(1.0)


def _seed(image: Path, audio: Path) -> int:
    digest = hashlib.sha256(image.read_bytes() + audio.read_bytes()).digest()
    return int.from_bytes(digest[:8], "big")


def _video_stream(out: OutputContainer, width: int, height: int) -> VideoStream:
    """One thread and no B-frames: the order shown is the order stored, and the start is exactly 0."""
    options = {"preset": "veryfast", "crf": "21", "threads": "1", "bf": "0", "profile": "main"}
    stream = out.add_stream("libx264", rate=FRAMES_PER_SECOND, options=options)
    stream.width, stream.height = width, height
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = Fraction(1, TICKS)
    stream.codec_context.thread_count = 1
    stream.codec_context.gop_size = 2 * FRAMES_PER_SECOND
    return stream


def _frame(picture: Pixels, number: int) -> av.VideoFrame:
    planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts, frame.time_base = number * TICKS // FRAMES_PER_SECOND, Fraction(1, TICKS)
    return frame


def _timed(packet: "av.Packet[VideoStream]", seconds: float) -> "av.Packet[VideoStream]":
    """A frame lasts 40 ms, the last one only as long as the sound."""
    each = TICKS // FRAMES_PER_SECOND
    packet.duration = max(1, min(each, round(seconds * TICKS) - (packet.pts or 0)))
    return packet


class _Sound:
    """The recording, decoded and encoded again beside the frames, at its own rate where AAC knows it."""

    def __init__(self, out: OutputContainer, source: InputContainer) -> None:
        given = source.streams.audio[0].codec_context
        rate = given.sample_rate if given.sample_rate in AAC_RATES else 48000
        layout = "mono" if given.layout.nb_channels == 1 else "stereo"
        self._out = out
        self._frames = source.decode(audio=0)
        self._resampler = av.AudioResampler("fltp", layout, rate)
        self._stream: AudioStream = out.add_stream("aac", rate=rate, layout=layout)
        self._stream.bit_rate = 64_000 if layout == "mono" else 128_000
        self._written, self._ended = 0, False

    def write_until(self, seconds: float) -> None:
        """Encodes on until this moment of the recording."""
        while not self._ended and self._written / self._stream.rate < seconds:
            frame = next(self._frames, None)
            if frame is not None:
                frame.pts = None
            for piece in self._resampler.resample(frame):
                piece.pts, piece.time_base = self._written, Fraction(1, self._stream.rate)
                self._written += piece.samples
                self._out.mux(self._stream.encode(piece))
            if frame is None:
                self._out.mux(self._stream.encode(None))
                self._ended = True
