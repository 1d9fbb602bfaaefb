"""Kinds of files that nobody sends: their decoders stay shut, and the sender hears what to send instead."""

from pathlib import Path

import av
import numpy as np
import pytest

from bot.media.container import open_media
from bot.media.errors import MediaError, Reason
from bot.media.portrait import fit_portrait
from bot.media.voice import fit_voice
from tests.media.samples import packed, picture, recorded, speech


@pytest.mark.parametrize(
    ("codec", "container"), [("tta", "matroska"), ("wavpack", "matroska"), ("pcm_mulaw", "au"), ("tta", "tta")]
)
def test_a_sound_that_nobody_sends_is_named_as_such(tmp_path: Path, codec: str, container: str) -> None:
    source = recorded(speech(1.0), tmp_path / "sent", codec, kind=container)
    with pytest.raises(MediaError) as caught:
        fit_voice(source, tmp_path / "fit")
    assert caught.value.reason is Reason.NOT_A_VOICE


def test_a_decoder_that_is_not_wanted_does_not_open(tmp_path: Path) -> None:
    recorded(speech(1.0), tmp_path / "sent", "tta", kind="matroska")
    with open_media(tmp_path / "sent") as container, pytest.raises(av.FFmpegError):
        next(container.decode(audio=0))


@pytest.mark.parametrize(("kind", "reason"), [("JPEG2000", Reason.IMAGE_UNSUPPORTED), ("PPM", Reason.NOT_AN_IMAGE)])
def test_a_picture_that_nobody_sends_is_named_as_such(tmp_path: Path, kind: str, reason: Reason) -> None:
    (tmp_path / "sent").write_bytes(packed(picture(), kind))
    with pytest.raises(MediaError) as caught:
        fit_portrait(tmp_path / "sent", tmp_path / "fit")
    assert caught.value.reason is reason


def test_a_voice_beside_strange_pictures_is_heard(tmp_path: Path) -> None:
    """Only its sound is wanted of a film, so a strange picture stands in nobody's way."""
    with av.open(str(tmp_path / "sent"), "w", format="matroska") as output:
        pictures = output.add_stream("ffv1", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = output.add_stream("aac", rate=48000, layout="mono")
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            output.mux(pictures.encode(frame))
        output.mux(pictures.encode(None))
        heard = av.AudioFrame.from_ndarray(speech(1.0)[None], format="fltp", layout="mono")
        heard.sample_rate = 48000
        output.mux(sound.encode(heard))
        output.mux(sound.encode(None))
    assert fit_voice(tmp_path / "sent", tmp_path / "fit").seconds == pytest.approx(1.0, abs=0.1)
