"""Previews in cameras' raw pictures, which are TIFFs: JPEGs somewhere inside, small or large."""

import io
from collections.abc import Iterator

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from bot.media.jpeg import is_readable, read_size

SIGNATURES = (b"II*\0", b"MM\0*")
MAX_DIRECTORIES = 64
WIDTH, ORIENTATION, SUB_DIRECTORIES = 256, 274, 330
PHOTOMETRIC, YCBCR = 262, 6
SHARED_TABLES = 347
COMPRESSION, JPEG_COMPRESSIONS = 259, (6, 7)
STRIPS, STRIP_BYTES = 273, 279
JPEG_START, JPEG_BYTES = 513, 514


def find_preview(picture: bytes) -> tuple[bytes, int] | None:
    """Find the largest JPEG inside a TIFF, and how it is turned.

    Returns:
        None where there is none that can be read, and is as large as what the file shows first.
    """
    if not picture.startswith(SIGNATURES):
        return None
    try:
        return _largest(picture)
    except MemoryError:
        raise
    except Exception:  # a tag is only decoded when it is asked for, and the decoder raises of everything
        return None


def _largest(picture: bytes) -> tuple[bytes, int] | None:
    directories = list(_directories(picture))
    found = [preview for directory in directories for preview in _jpegs(picture, directory)]
    largest = max(found, key=lambda preview: read_size(preview)[0], default=b"")
    shown = directories[0].get(WIDTH, 0) if directories else 0
    if not largest or not isinstance(shown, int) or read_size(largest)[0] < shown:
        return None
    return largest, directories[0].get(ORIENTATION, 1)


def _directories(picture: bytes) -> Iterator[ImageFileDirectory_v2]:
    """Yield all directories, also those within others, as far as they can be read."""
    file, seen = io.BytesIO(picture), set[int]()
    waiting: list[int | None] = [ImageFileDirectory_v2(picture[:8]).next]
    while waiting and len(seen) < MAX_DIRECTORIES:
        place = waiting.pop(0)
        if not place or place in seen:
            continue
        seen.add(place)
        directory = ImageFileDirectory_v2(picture[:8])
        try:
            file.seek(place)
            directory.load(file)
            below = directory.get(SUB_DIRECTORIES, ())
        except MemoryError:
            raise
        except Exception:  # noqa: S112 - the decoders raise of everything; what is left may still be good
            continue
        waiting += [directory.next, *(below if isinstance(below, tuple) else (below,))]
        yield directory


def _jpegs(picture: bytes, directory: ImageFileDirectory_v2) -> Iterator[bytes]:
    places = [(directory.get(JPEG_START), directory.get(JPEG_BYTES))]
    usual = directory.get(PHOTOMETRIC, YCBCR) == YCBCR and SHARED_TABLES not in directory
    if directory.get(COMPRESSION) in JPEG_COMPRESSIONS and usual:
        places.append((directory.get(STRIPS), directory.get(STRIP_BYTES)))
    for start, length in places:
        first, size = (value[0] if isinstance(value, tuple) and len(value) == 1 else value for value in (start, length))
        if isinstance(first, int) and isinstance(size, int):
            jpeg = picture[first : first + size]
            if is_readable(jpeg) and read_size(jpeg) != (0, 0):
                yield jpeg
