"""What files really are, whatever they are called. Runs in a child process: the files are strangers'."""

from dataclasses import dataclass
from pathlib import Path

IMAGE_EXTENSIONS = {"JPEG": ("jpg", "jpeg"), "PNG": ("png",), "BMP": ("bmp",), "WEBP": ("webp",)}
AUDIO_EXTENSIONS = {"wav": ("wav",), "mp3": ("mp3",)}


@dataclass(frozen=True)
class ImageFacts:
    """An image: the extensions that fit its content, and its size in pixels."""

    extensions: tuple[str, ...]
    width: int
    height: int


@dataclass(frozen=True)
class SoundFacts:
    """A recording: the extensions that fit its content, and its length in seconds."""

    extensions: tuple[str, ...]
    seconds: float


def image_facts(path: Path) -> ImageFacts | None:
    """None when it is no image that the service takes."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # only the header is read
    try:
        with Image.open(path, formats=tuple(IMAGE_EXTENSIONS)) as image:
            return ImageFacts(IMAGE_EXTENSIONS[image.format or ""], image.width, image.height)
    except (OSError, ValueError, SyntaxError, KeyError):
        return None


def small_picture(path: Path) -> bytes:
    """A JPEG of at most 160 pixels a side."""
    import io

    from PIL import Image, ImageOps

    with Image.open(path, formats=tuple(IMAGE_EXTENSIONS)) as image:
        image.draft("RGB", (320, 320))
        small = ImageOps.exif_transpose(image).convert("RGB")
    small.thumbnail((160, 160))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def sound_facts(path: Path) -> SoundFacts | None:
    """None when it is no recording that the service takes."""
    import av

    try:
        with av.open(str(path)) as container:
            extensions = AUDIO_EXTENSIONS.get(container.format.name)
            if extensions is None or not container.streams.audio:
                return None
            stream = container.streams.audio[0]
            ticks = sum(packet.duration or 0 for packet in container.demux(stream))
            return SoundFacts(extensions, float(ticks * stream.time_base) if stream.time_base else 0.0)
    except (OSError, ValueError):
        return None


def video_seconds(path: Path) -> float:
    """The length of a finished video.

    Raises:
        ValueError: there is none.
    """
    import av

    with av.open(str(path)) as container:
        if not container.streams.video or not container.duration:
            raise ValueError("the renderer wrote no video")
        return float(container.duration) / 1_000_000
