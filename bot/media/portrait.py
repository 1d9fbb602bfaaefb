"""A person's picture becomes one that the service takes: upright, plain RGB, of the right size, and only a picture.

What is fit already keeps its bytes. What carries anything else beside the picture, such as the place where it was
taken, is encoded again without it.
"""

import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from bot.media.errors import MediaError, Reason

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

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "HEIF", "AVIF", "JPEG2000", "PPM")
KEPT_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "BMP": "bmp"}
HARMLESS = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "adobe", "adobe_transform", "icc_profile"}
HARMLESS |= {"progressive", "progression", "gamma", "srgb", "chromaticity", "aspect", "compression", "interlace"}
HARMLESS |= {"background", "loop", "duration", "timestamp"}
"""What Pillow may tell of a file that holds only a picture; anything else may be about the person."""
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")

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
Image.init()
pillow_heif.register_heif_opener(thumbnails=False)


@dataclass(frozen=True)
class FitPortrait:
    """A picture that the service takes; `enlarged` is said to the person, because the video cannot be sharp."""

    extension: str
    width: int
    height: int
    enlarged: bool
    size: int


def fit_portrait(source: Path, target: Path) -> FitPortrait:
    """Writes the picture in `source` to `target` as the service takes it.

    Returns:
        What was written: extension "jpg", or that of the source where its bytes are kept; pixels; bytes.

    Raises:
        MediaError: One of the reasons of a portrait.
    """
    size = source.stat().st_size
    if size > MAX_SOURCE_BYTES:
        raise MediaError(Reason.IMAGE_TOO_LARGE, size=size, limit=MAX_SOURCE_BYTES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd files and of sizes; both are judged here
        return _fit(source.read_bytes(), target)


def shrink_portrait(source: Path, target: Path) -> None:
    """Writes a fit picture to `target` as a JPEG of at most `SHOWN_SIDE` pixels, for showing it.

    Raises:
        MediaError: It is damaged.
    """
    with _open(source.read_bytes()) as image:
        _load(image, (SHOWN_SIDE, SHOWN_SIDE))
        plain = _paint_plain(image)
        plain.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
        plain.save(target, "JPEG", quality=85)


def _fit(data: bytes, target: Path) -> FitPortrait:
    with _open(data) as image:
        original = image.size
        wanted = _fit_size(*original)
        _load(image, wanted)
        turn = TURNS.get(_orientation(image))
        keep = original == wanted and _is_fit(image, data)
        extension = KEPT_EXTENSIONS[str(image.format)] if keep else "jpg"
        if not keep:
            plain = _paint_plain(image)
            if plain.size != wanted:
                plain = plain.resize(wanted, Image.Resampling.LANCZOS)
            data, wanted = _encode(plain.transpose(turn) if turn is not None else plain)
    target.write_bytes(data)
    return FitPortrait(extension, *wanted, enlarged=min(original) < MIN_SIDE, size=len(data))


def _open(data: bytes) -> Image.Image:
    """Reads the header only, and refuses what would be too much to decode."""
    if data.startswith(b"\xff\xd8\xff") and len(SCAN.findall(data)) > MAX_SCANS:
        raise MediaError(Reason.TOO_HARD)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        raise MediaError(Reason.IMAGE_TOO_MANY_PIXELS, limit=MAX_PIXELS) from error
    except Exception as error:
        known = data.startswith(SIGNATURES) or data[:4] + data[8:12] == b"RIFFWEBP" or _is_heif(data)
        raise MediaError(Reason.IMAGE_DAMAGED if known else Reason.NOT_AN_IMAGE) from error
    width, height = image.size
    limit = MAX_JPEG_PIXELS if image.format == "JPEG" and not image.info.get("progressive") else MAX_PIXELS
    if width * height > limit:
        image.close()
        raise MediaError(Reason.IMAGE_TOO_MANY_PIXELS, width=width, height=height, limit=limit)
    return image


def _is_heif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"hevc")


def _fit_size(width: int, height: int) -> tuple[int, int]:
    """Pixels of the picture as the service takes it: the same ratio, enlarged or shrunk where it must be."""
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


def _is_fit(image: Image.Image, data: bytes) -> bool:
    """Whether the bytes may stay as they are: a plain still picture, sRGB, and nothing else in the file."""
    if image.format not in KEPT_EXTENSIONS or image.mode != "RGB" or len(data) > MAX_BYTES:
        return False
    if getattr(image, "n_frames", 1) > 1 or not HARMLESS.issuperset(image.info) or not _is_srgb(image):
        return False
    if image.format == "JPEG":
        segments = {(name, body[:4]) for name, body in getattr(image, "applist", [])}
        return data.endswith(b"\xff\xd9") and segments <= {("APP0", b"JFIF"), ("APP2", b"ICC_"), ("APP14", b"Adob")}
    return image.format != "PNG" or data.endswith(b"IEND\xaeB\x60\x82")


def _is_srgb(image: Image.Image) -> bool:
    profile = image.info.get("icc_profile")
    if not profile:
        return True
    try:
        return "srgb" in ImageCms.getProfileDescription(io.BytesIO(profile)).casefold()
    except Exception:
        return False


def _load(image: Image.Image, wanted: tuple[int, int]) -> None:
    """Decodes all pixels; those of a JPEG at a half, quarter or eighth where that is enough."""
    try:
        if image.format == "JPEG" and image.width > wanted[0]:
            image.draft(None, wanted)
        image.load()
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        raise MediaError(Reason.IMAGE_TOO_MANY_PIXELS, limit=MAX_PIXELS) from error
    except Exception as error:
        raise MediaError(Reason.IMAGE_DAMAGED) from error


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF beside a good picture
        return 1


def _paint_plain(image: Image.Image) -> Image.Image:
    """The picture in sRGB with 8 bits a channel; what is transparent becomes white."""
    try:
        if image.mode in ("I", "F") or image.mode.startswith("I;"):
            plain = _narrow(image)
        elif image.has_transparency_data:
            layer = image.convert("RGBA")
            plain = Image.new("RGB", image.size, "white")
            plain.paste(layer, mask=layer.getchannel("A"))
        elif image.info.get("icc_profile") and not _is_srgb(image):
            plain = _convert_colours(image)
        else:
            plain = image if image.mode == "RGB" else image.convert("RGB")
    except MemoryError:
        raise
    except Exception as error:
        raise MediaError(Reason.IMAGE_DAMAGED) from error
    plain.info = {}  # a comment would be written into the JPEG
    return plain


def _narrow(image: Image.Image) -> Image.Image:
    """16 or 32 bits of grey to 8; whole numbers have 16 significant bits unless all of them are small."""
    grey = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    brightest = float(grey.max())
    full = 1.0 if image.mode == "F" and brightest <= 1.0 else 255.0 if brightest <= 255.0 else max(65535.0, brightest)
    return Image.fromarray(np.clip(grey * (255.0 / full), 0, 255).astype(np.uint8)).convert("RGB")


def _convert_colours(image: Image.Image) -> Image.Image:
    """Telephones take pictures in Display P3, printers want CMYK; without its profile either looks wrong."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        converted = None
    return converted or image.convert("RGB")


def _encode(plain: Image.Image) -> tuple[bytes, tuple[int, int]]:
    """A JPEG of at most `MAX_BYTES`, as good as fits, and its size in pixels."""
    for quality, subsampling in ((95, "4:4:4"), (90, "4:4:4"), (85, "4:2:0")):
        packed = io.BytesIO()
        plain.save(packed, "JPEG", quality=quality, subsampling=subsampling)
        if packed.tell() <= MAX_BYTES:
            return packed.getvalue(), plain.size
    scale = max(0.75, MIN_SIDE / min(plain.size))
    return _encode(plain.resize((round(plain.width * scale), round(plain.height * scale)), Image.Resampling.LANCZOS))
