"""What people send, made here: pictures with a colour in each corner, and sound that rises and pauses as speech."""

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

pillow_heif.register_heif_opener()

RATE = 48000
RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 200, 30), (30, 30, 220), (220, 220, 30)


def picture(width: int = 480, height: int = 640) -> Image.Image:
    """Red at the top left, green at the top right, blue at the bottom left, yellow at the bottom right."""
    image = Image.new("RGB", (2, 2))
    for place, colour in zip(((0, 0), (1, 0), (0, 1), (1, 1)), (RED, GREEN, BLUE, YELLOW), strict=True):
        image.putpixel(place, colour)
    return image.resize((width, height), Image.Resampling.NEAREST)


def noise(width: int, height: int, seed: int = 1) -> Image.Image:
    grain = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(grain)


def saved(image: Image.Image, path: Path, kind: str, **options: Any) -> Path:
    image.save(path, kind, **options)
    return path


def packed(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def speech(seconds: float, loudness: float = 0.1, seed: int = 1) -> NDArray[np.float32]:
    """A voice of 120 Hz in syllables, with a longer pause every five seconds."""
    time = np.arange(round(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 120 * k * time + k) / k for k in range(1, 16))
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * time), 0, 1) * (np.sin(2 * np.pi * 0.2 * time) > -0.7)
    hiss = 0.0003 * np.random.default_rng(seed).standard_normal(len(time))
    return (loudness * tone * syllables + hiss).astype(np.float32)


def recorded(
    samples: NDArray[np.float32], path: Path, codec: str = "libopus", rate: int = RATE, kind: str = "", **options: Any
) -> Path:
    """Sound as a file, with a channel for each row; the container is told by the name, or by `kind`.

    `title`, `handler` and `encoder` go into the file and to the encoder; any other option to the container.
    """
    channels = np.atleast_2d(samples)
    layout = "mono" if len(channels) == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), format="fltp", layout=layout)
    frame.sample_rate = RATE
    title, handler, encoder = options.pop("title", ""), options.pop("handler", ""), options.pop("encoder", {})
    with av.open(str(path), "w", format=kind or None, container_options=options) as output:
        if title:
            output.metadata["title"] = title
        stream = output.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        stream.options = encoder
        if handler:
            stream.metadata["handler_name"] = handler
        resampler = av.AudioResampler(stream.format, layout, rate)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return path


def moved(source: Path, target: Path, kind: str, *, later: float = 0.0, keep: Any = lambda seconds: True) -> Path:
    """The same packets in another container, each so many seconds later; those whose time is not kept are left out."""
    with av.open(str(source)) as before, av.open(str(target), "w", format=kind) as after:
        tracks = {stream.index: after.add_stream_from_template(stream) for stream in before.streams}
        for packet in before.demux():
            if packet.pts is None or packet.dts is None or not keep(float(packet.pts * packet.time_base)):
                continue
            packet.pts += round(later / packet.time_base)
            packet.dts += round(later / packet.time_base)
            packet.stream = tracks[packet.stream.index]
            after.mux(packet)
    return target


def filmed(
    path: Path,
    seconds: float = 2.0,
    size: tuple[int, int] = (320, 240),
    sound: NDArray[np.float32] | None = None,
    bitrate: int = 2_000_000,
) -> Path:
    """An mp4 of moving noise, 15 pictures a second, with AAC sound if there is any."""
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *size, "yuv420p", bitrate
        stream.options = {"preset": "ultrafast"}
        track = output.add_stream("aac", rate=RATE, layout="mono") if sound is not None else None
        grain = np.random.default_rng(3).integers(0, 256, (size[1], size[0] * 2, 3), dtype=np.uint8)
        for number in range(round(seconds * 15)):
            shift = number * 7 % size[0]
            view = np.ascontiguousarray(grain[:, shift : shift + size[0]])
            output.mux(stream.encode(av.VideoFrame.from_ndarray(view, format="rgb24")))
        output.mux(stream.encode(None))
        if track is not None and sound is not None:
            frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            frame.sample_rate = RATE
            output.mux(track.encode(frame))
            output.mux(track.encode(None))
    return path
