"""A person's picture becomes one that the service takes: a JPEG, upright, plain RGB, of the right size, and no more.

A JPEG that is fit already is not encoded again: it only loses what is not the picture, such as the place where it was
taken.
"""

import importlib
import io
import re
import warnings
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from bot.media import jpeg
from bot.media.colours import is_srgb, paint_plain
from bot.media.errors import MediaError, Reason
from bot.media.facts import FitPortrait
from bot.media.preview import find_preview

MAX_SOURCE_BYTES = 20 * 1000 * 1000
"""More than a bot may download from Telegram anyway."""
MAX_BYTES = 10 * 1024 * 1024
MIN_SIDE = 400
MAX_SIDE = 7000
"""The service's limits: shortest side, longest side, bytes (a sibling model's documentation)."""
SHRUNK_SIDE = 4096
"""Longest side after shrinking; the video has 512 pixels, so nothing is lost that anybody could see."""
SHOWN_SIDE = 800
"""Longest side of a picture that is only shown; Telegram takes no photo whose sides make more than 10,000 together."""
SMALLEST_SIDE = 32
"""Below this, enlarging makes no face."""
MAX_PIXELS = 60_000_000
MAX_JPEG_PIXELS = 240_000_000
"""A baseline JPEG is decoded at a half or less when it is that large, as the largest telephone cameras make them."""
MAX_SCANS = 100
"""Of a progressive JPEG; each passes over all pixels. Encoders make ten or so, and libtiff takes no more than this."""
SCAN = re.compile(rb"\xff\xda\x00(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)")
"""The head of a scan; its first two bytes alone also come by chance, in the film behind a telephone's moving photo."""

FILLING_BYTES = 4096
JPEG_FORMATS = ("JPEG", "MPO")
"""The second has more pictures behind the first."""
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "HEIF", "AVIF")
"""What people really send; of everything else its first bytes are looked at, and nothing more."""
SIGNATURES = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|II\*\0|MM\0\*|RIFF.{4}WEBP"
    rb"|.{4}ftyp(?:hei[cx]|hevc|mif1|msf1|avif)",
    re.DOTALL,
)
UNSUPPORTED = re.compile(
    rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51|\xff\x0a|\0\0\0\x0cJXL |8BPS|II\xbc\x01|IIU\0|IIRO|IIRS|FUJIFILMCCD-RAW"
    rb"|.{4}ftypcrx |v/1\x01|qoif",
    re.DOTALL,
)
"""JPEG 2000, JPEG XL, Photoshop, JPEG XR, the raw pictures of some cameras, OpenEXR, QOI."""

ORIENTATION_TAG = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS // 2  # Pillow itself refuses twice that, in every frame
Image.preinit()
for name in ("Avif", "Mpo", "Tiff", "WebP"):
    importlib.import_module(f"PIL.{name}ImagePlugin")
pillow_heif.register_heif_opener(thumbnails=False)


def fit_portrait(source: Path, target: Path, widest: float | None = None) -> FitPortrait:
    """Write the picture in `source` to `target` as the service takes it.

    Args:
        source: Any picture.
        target: Where the JPEG goes.
        widest: Width by height, at most, and as much the other way round; what is beyond goes, about the middle.

    Returns:
        What was written: extension, pixels, bytes.

    Raises:
        MediaError: One of the reasons of a portrait.
    """
    size = source.stat().st_size
    if size > MAX_SOURCE_BYTES:
        raise MediaError(Reason.IMAGE_TOO_LARGE, size=size, limit=MAX_SOURCE_BYTES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd files and of sizes; both are judged here
        return _fit(source.read_bytes(), target, widest)


def shrink_portrait(source: Path, target: Path) -> None:
    """Write a fit picture to `target` as a JPEG of at most `SHOWN_SIDE` pixels, for showing it.

    Raises:
        MediaError: It is damaged.
    """
    with _open(source.read_bytes()) as image:
        _load(image, (SHOWN_SIDE, SHOWN_SIDE))
        plain = _paint(image)
        plain.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
        plain.save(target, "JPEG", quality=85)


def tell_likeness(source: Path) -> str:
    """Tell how a fit picture looks: for each of 8 by 8 places, whether it is brighter than its neighbour to the right.

    Raises:
        MediaError: It is damaged.
    """
    with _open(source.read_bytes()) as image:
        _load(image, (64, 64))
        small = _paint(image).convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    grey = np.asarray(small, np.int16)
    return np.packbits(grey[:, :-1] > grey[:, 1:]).tobytes().hex()


def looks_like_picture(source: Path) -> bool:
    """Tell from its first bytes whether a file is meant as a picture, also one that is damaged or can't be read."""
    with source.open("rb") as file:
        head = file.read(32)
        if SIGNATURES.match(head) or UNSUPPORTED.match(head):
            return True
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                Image.open(file, formats=FORMATS).close()
        except Image.DecompressionBombError:
            return True
        except MemoryError:
            raise
        except Exception:
            return False
        return True


def _fit(data: bytes, target: Path, widest: float | None) -> FitPortrait:
    """Take the picture in `data`; of a raw one its preview, and a JPEG also where only the mark of its end misses."""
    data, orientation = find_preview(data) or (data, 1)
    try:
        fit, packed = _make_fit(data, orientation, widest)
    except MediaError as error:
        if error.reason is not Reason.IMAGE_DAMAGED or not data.startswith(jpeg.START):
            raise
        if not jpeg.is_readable(data):
            raise MediaError(Reason.IMAGE_UNSUPPORTED) from error
        if not _lacks_only_its_end(data):
            raise
        fit, packed = _make_fit(data + jpeg.END, orientation, widest)
    target.write_bytes(packed)
    return fit


def _make_fit(data: bytes, orientation: int, widest: float | None) -> tuple[FitPortrait, bytes]:
    with _open(data) as image:
        left, top, right, bottom = _crop_box(*image.size, widest)
        original = right - left, bottom - top
        cropped = original != image.size
        wanted = _fit_size(*original)
        _load(image, image.size if cropped else wanted)
        turn = TURNS.get(_orientation(image, orientation))
        is_kept = original == wanted and not cropped and turn is None and _is_fit(image)
        kept = jpeg.strip(data) if is_kept else None
        if kept is None or len(kept) > MAX_BYTES:
            plain = _paint(image)
            if cropped:
                plain = plain.crop((left, top, right, bottom))
            if plain.size != wanted:
                plain = plain.resize(wanted, Image.Resampling.LANCZOS)
            kept, wanted = _encode(plain.transpose(turn) if turn is not None else plain)
    return FitPortrait("jpg", *wanted, enlarged=min(original) < MIN_SIDE, cropped=cropped, size=len(kept)), kept


def _crop_box(width: int, height: int, widest: float | None) -> tuple[int, int, int, int]:
    """Tell which part of a picture stays, about its middle: left, top, right, bottom."""
    wide, high = width, height
    if widest is not None:
        wide, high = min(width, int(height * widest)), min(height, int(width * widest))
    left, top = (width - wide) // 2, (height - high) // 2
    return left, top, left + wide, top + high


def _open(data: bytes) -> Image.Image:
    """Read the header only, and refuse what would be too much to decode."""
    if data.startswith(jpeg.START) and len(SCAN.findall(data)) > MAX_SCANS:
        raise MediaError(Reason.TOO_HARD)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        raise MediaError(Reason.IMAGE_TOO_MANY_PIXELS, limit=MAX_PIXELS) from error
    except Exception as error:
        if UNSUPPORTED.match(data):
            raise MediaError(Reason.IMAGE_UNSUPPORTED) from error
        raise MediaError(Reason.IMAGE_DAMAGED if SIGNATURES.match(data) else Reason.NOT_AN_IMAGE) from error
    width, height = image.size
    limit = MAX_JPEG_PIXELS if image.format in JPEG_FORMATS and not image.info.get("progressive") else MAX_PIXELS
    if width * height > limit:
        image.close()
        raise MediaError(Reason.IMAGE_TOO_MANY_PIXELS, width=width, height=height, limit=limit)
    return image


def _fit_size(width: int, height: int) -> tuple[int, int]:
    """Return pixels of the picture as the service takes it: the same ratio, enlarged or shrunk where it must be."""
    short, long = min(width, height), max(width, height)
    if short < SMALLEST_SIDE:
        raise MediaError(Reason.IMAGE_TOO_SMALL, width=width, height=height, limit=SMALLEST_SIDE)
    scale = 1.0
    if short < MIN_SIDE:
        scale = MIN_SIDE / short
    elif long > MAX_SIDE:
        scale = max(SHRUNK_SIDE / long, MIN_SIDE / short)
    if long * scale > MAX_SIDE:
        raise MediaError(Reason.IMAGE_TOO_NARROW, width=width, height=height)
    return max(round(width * scale), MIN_SIDE), max(round(height * scale), MIN_SIDE)


def _is_fit(image: Image.Image) -> bool:
    """Return whether the pixels may stay as they are: those of a plain JPEG in sRGB."""
    return image.format in JPEG_FORMATS and image.mode == "RGB" and is_srgb(image)


def _lacks_only_its_end(data: bytes) -> bool:
    """Return whether a JPEG breaks off behind its last pixel: then it looks the same whatever would come next."""
    looks = []
    for more in (b"", b"\x5a" * FILLING_BYTES):
        with _open(data + more + jpeg.END) as image:
            _load(image, image.size)
            looks.append(image.tobytes())
    return looks[0] == looks[1]


def _load(image: Image.Image, wanted: tuple[int, int]) -> None:
    """Decode all pixels; those of a JPEG at a half, quarter or eighth where that is enough."""
    try:
        if image.format in JPEG_FORMATS and image.width > wanted[0]:
            image.draft(None, wanted)
        image.load()
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        raise MediaError(Reason.IMAGE_TOO_MANY_PIXELS, limit=MAX_PIXELS) from error
    except Exception as error:
        raise MediaError(Reason.IMAGE_DAMAGED) from error


def _orientation(image: Image.Image, otherwise: int) -> int:
    try:
        return int(image.getexif().get(ORIENTATION_TAG, otherwise))
    except Exception:  # damaged EXIF beside a good picture
        return otherwise


def _paint(image: Image.Image) -> Image.Image:
    try:
        return paint_plain(image)
    except MemoryError:
        raise
    except Exception as error:
        raise MediaError(Reason.IMAGE_DAMAGED) from error


def _encode(plain: Image.Image) -> tuple[bytes, tuple[int, int]]:
    """Return a JPEG of at most `MAX_BYTES`, as good as fits, and its size in pixels."""
    for quality, subsampling in ((95, "4:4:4"), (90, "4:4:4"), (85, "4:2:0")):
        packed = io.BytesIO()
        plain.save(packed, "JPEG", quality=quality, subsampling=subsampling)
        if packed.tell() <= MAX_BYTES:
            return packed.getvalue(), plain.size
    scale = max(0.75, MIN_SIDE / min(plain.size))
    return _encode(plain.resize((round(plain.width * scale), round(plain.height * scale)), Image.Resampling.LANCZOS))
