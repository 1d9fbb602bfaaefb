"""What a file is, told from its bytes: people send files without a name, and with a type that says nothing."""

from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition, Stream

from bot.media.container import open_media
from bot.media.facts import Kind
from bot.media.portrait import looks_like_picture
from bot.media.sound import looks_like_sound

TRIED_PACKETS = 50


def tell_kind(source: Path) -> Kind:
    """Tell what a file is meant as; also a damaged one, or one that can't be decoded, is meant as something."""
    if looks_like_picture(source):
        return Kind.PICTURE
    try:
        with open_media(source) as container:
            films = [stream for stream in container.streams.video if not _is_cover(stream)]
            if _decodes(container, [*films, *container.streams.audio]):
                return Kind.FILM if films else Kind.SOUND
    except MemoryError:
        raise
    except Exception:
        return Kind.SOUND if looks_like_sound(source) else Kind.NEITHER
    return Kind.SOUND if looks_like_sound(source) else Kind.NEITHER


def _is_cover(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def _decodes(container: InputContainer, streams: list[Stream]) -> bool:
    """Return whether anything decodes: random bytes, too, sometimes look like the head of a frame."""
    if not streams:
        return False
    for number, packet in enumerate(container.demux(streams)):
        if number >= TRIED_PACKETS:
            break
        try:
            if packet.decode():
                return True
        except av.FFmpegError:
            continue
    return False
