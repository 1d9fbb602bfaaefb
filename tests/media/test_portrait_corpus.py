"""Pictures as people have them, each with what is right: size, colours, which way up, and nothing but the picture."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from bot.media import portrait
from bot.media.errors import MediaError, Reason
from bot.media.portrait import fit_portrait, looks_like_picture
from tests.media.samples import BLUE, GREEN, RED, YELLOW, packed, picture
from tests.media.test_portrait import alike, corners, seen

CORPUS = Path(__file__).parent / "corpus"
DISPLAY_P3 = (CORPUS / "display-p3.icc").read_bytes()
RED_IN_P3 = (202, 54, 44)
"""What a telephone writes for `RED`."""
WHITE = (255, 255, 255)
SECRET = b"Alice Example, 1 Example Street"
WORDS = SECRET.decode()


def plain_jpeg(**options: Any) -> bytes:
    return packed(picture(), "JPEG", quality=95, **options)


def png(width: int, height: int, depth: int, colour: int, row: bytes, *more: tuple[bytes, bytes]) -> bytes:
    """A PNG of equal rows; colour 0 is grey, 2 RGB."""
    header = struct.pack("!IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*each)
        for each in [(b"IHDR", header), *more, (b"IDAT", zlib.compress((b"\0" + row) * height)), (b"IEND", b"")]
    )


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + name + body + struct.pack("!I", zlib.crc32(name + body))


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack("!H", len(body) + 2) + body


def in_jpeg(*parts: bytes) -> bytes:
    """A JPEG with segments behind its first one."""
    data = plain_jpeg()
    return data[:20] + b"".join(parts) + data[20:]


def in_png(name: bytes, *, behind: bool = False) -> bytes:
    data = packed(picture(), "PNG")
    place = -12 if behind else 33
    return data[:place] + chunk(name, SECRET) + data[place:]


def in_webp(name: bytes) -> bytes:
    """A WebP with a chunk of which its head says nothing."""
    data = packed(picture(), "WEBP", quality=95) + name + struct.pack("<I", len(SECRET)) + SECRET
    data += b"\0" * (len(SECRET) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def with_exif(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = WORDS
    return packed(picture(), kind, exif=exif.tobytes())


def talkative_png() -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("Author", WORDS)
    notes.add_text("Comment", WORDS)
    return packed(picture(), "PNG", pnginfo=notes)


def talkative_profile() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return plain_jpeg(icc_profile=profile + SECRET)


def two_in_one() -> bytes:
    return packed(picture(), "MPO", quality=95, save_all=True, append_images=[picture().convert("L").convert("RGB")])


LOSSLESS: dict[str, Callable[[], bytes]] = {
    "EXIF before the scan": lambda: plain_jpeg(exif=b"Exif\0\0" + SECRET),
    "EXIF behind the scan": lambda: plain_jpeg()[:-2] + segment(0xE1, b"Exif\0\0" + SECRET) + b"\xff\xd9",
    "a comment behind the scan": lambda: plain_jpeg()[:-2] + segment(0xFE, SECRET) + b"\xff\xd9",
    "a comment": lambda: in_jpeg(segment(0xFE, SECRET)),
    "Photoshop's notes": lambda: in_jpeg(segment(0xED, b"Photoshop 3.0\0" + SECRET)),
    "content credentials": lambda: in_jpeg(segment(0xEB, b"JP\0\0" + SECRET)),
    "a segment of nobody": lambda: in_jpeg(segment(0xE9, SECRET)),
    "a small picture in JFIF": lambda: (
        plain_jpeg()[:2]
        + segment(0xE0, plain_jpeg()[6:18] + b"\x03\x04" + SECRET + bytes(36 - len(SECRET)))
        + plain_jpeg()[20:]
    ),
    "bytes behind the end": lambda: plain_jpeg() + SECRET,
    "a second picture behind the end": lambda: plain_jpeg() + plain_jpeg(comment=SECRET),
    "two pictures in one": two_in_one,
    "a profile with words": talkative_profile,
    "an end that is missing": lambda: plain_jpeg()[:-2],
    "an end that is missing, progressive": lambda: plain_jpeg(progressive=True)[:-2],
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_jpeg_loses_all_but_the_picture_and_that_not_at_all(name: str, tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(LOSSLESS[name]())
    fit = fit_portrait(tmp_path / "sent", tmp_path / "fit")
    kept = (tmp_path / "fit").read_bytes()
    assert SECRET not in kept
    assert kept in (plain_jpeg(), plain_jpeg(progressive=True))
    assert (fit.width, fit.height) == (480, 640)


REWRITTEN: dict[str, Callable[[], bytes]] = {
    "PNG, content credentials": lambda: in_png(b"caBX"),
    "PNG, a chunk of nobody": lambda: in_png(b"prVt"),
    "PNG, a chunk behind the picture": lambda: in_png(b"eXIf", behind=True),
    "PNG, texts": talkative_png,
    "PNG, bytes behind the end": lambda: packed(picture(), "PNG") + SECRET,
    "WebP, EXIF": lambda: with_exif("WEBP"),
    "WebP, EXIF of which the head says nothing": lambda: in_webp(b"EXIF"),
    "WebP, a chunk of nobody": lambda: in_webp(b"PRVT"),
    "WebP, bytes behind the end": lambda: packed(picture(), "WEBP", quality=95) + SECRET,
    "BMP, bytes behind the end": lambda: packed(picture(), "BMP") + SECRET,
    "GIF, a comment": lambda: packed(picture(), "GIF", comment=SECRET),
    "HEIC, EXIF": lambda: with_exif("HEIF"),
    "TIFF, a description": lambda: packed(picture(), "TIFF", description=WORDS),
    "JPEG that is turned, and says where": lambda: turned_jpeg(),
}


def turned_jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, WORDS
    return packed(picture().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)


@pytest.mark.parametrize("name", REWRITTEN)
def test_of_any_file_only_the_picture_leaves(name: str, tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(REWRITTEN[name]())
    assert SECRET in (tmp_path / "sent").read_bytes()
    fit = fit_portrait(tmp_path / "sent", tmp_path / "fit")
    assert SECRET not in (tmp_path / "fit").read_bytes()
    out = seen(tmp_path / "fit")
    assert (out.format, out.mode, out.size) == ("JPEG", "RGB", (fit.width, fit.height)) == ("JPEG", "RGB", (480, 640))
    assert alike(corners(out), [RED, GREEN, BLUE, YELLOW], tolerance=25)
    assert set(out.info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def p3(mode: str) -> bytes:
    image = Image.new("RGB", (400, 400), RED_IN_P3)
    return packed(image.quantize(2) if mode == "P" else image.convert(mode), "PNG", icc_profile=DISPLAY_P3)


def half_clear_p3() -> bytes:
    layer = Image.new("RGBA", (400, 400), (*RED_IN_P3, 255))
    layer.paste((0, 0, 0, 0), (200, 0, 400, 400))
    return packed(layer, "PNG", icc_profile=DISPLAY_P3)


def deep(colour: int, *values: int, clear: tuple[int, ...]) -> bytes:
    """16 bits: the left half in one colour, the right half in the one that is clear."""
    row = struct.pack(f"!{len(values)}H", *values) * 200 + struct.pack(f"!{len(clear)}H", *clear) * 200
    return png(400, 400, 16, colour, row, (b"tRNS", struct.pack(f"!{len(clear)}H", *clear)))


def sticker() -> bytes:
    layer = picture(512, 512).convert("RGBA")
    layer.paste((0, 0, 0, 0), (256, 0, 512, 512))
    return packed(layer, "WEBP", quality=95)


def raw_of_a_camera() -> bytes:
    """A DNG: first a picture of 256 pixels, and a large JPEG and the sensor's own numbers in directories below."""
    small, large = picture(256, 192).tobytes(), packed(picture(640, 480), "JPEG", quality=95)
    first, second, third = 8, 300, 500
    data, place = bytearray(600), 600

    def directory(at: int, tags: dict[int, tuple[int, ...]]) -> None:
        body = bytearray(struct.pack("<H", len(tags)))
        spilt = at + 2 + 12 * len(tags) + 4
        for tag, values in sorted(tags.items()):
            if len(values) == 1:
                body += struct.pack("<HHII", tag, 4, 1, values[0])
            else:
                body += struct.pack("<HHII", tag, 4, len(values), spilt)
                data[spilt : spilt + 4 * len(values)] = struct.pack(f"<{len(values)}I", *values)
                spilt += 4 * len(values)
        body += struct.pack("<I", 0)
        data[at : at + len(body)] = body

    data[:8] = struct.pack("<2sHI", b"II", 42, first)
    usual = {258: (8, 8, 8), 277: (3,), 278: (192,)}
    shown = {254: (1,), 256: (256,), 257: (192,), 259: (1,), 262: (2,), 273: (place,), 279: (len(small),), 274: (6,)}
    directory(first, shown | usual | {330: (second, third)})
    big: dict[int, tuple[int, ...]] = {
        254: (1,),
        256: (640,),
        257: (480,),
        259: (7,),
        262: (6,),
        273: (place + len(small),),
        279: (len(large),),
    }
    directory(second, big)
    directory(third, {254: (0,), 256: (4000,), 257: (3000,), 259: (7,), 262: (32803,), 273: (place,), 279: (9,)})
    return bytes(data) + small + large


SEEN: dict[str, tuple[Callable[[], bytes], tuple[int, int], list[tuple[int, int, int]]]] = {
    "Display P3": (lambda: p3("RGB"), (400, 400), [RED] * 4),
    "Display P3 with alpha": (lambda: p3("RGBA"), (400, 400), [RED] * 4),
    "Display P3 with a palette": (lambda: p3("P"), (400, 400), [RED] * 4),
    "Display P3, half of it clear": (half_clear_p3, (400, 400), [RED, WHITE] * 2),
    "16 bits": (
        lambda: deep(2, 220 << 8, 30 << 8, 30 << 8, clear=(220 << 8, 30 << 8, 31 << 8)),
        (400, 400),
        [RED, WHITE] * 2,
    ),
    "16 bits of grey": (lambda: deep(0, 40000, clear=(1000,)), (400, 400), [(156,) * 3, WHITE] * 2),
    "a static sticker": (sticker, (512, 512), [RED, WHITE, BLUE, WHITE]),
    "a raw picture of a camera": (raw_of_a_camera, (480, 640), [BLUE, RED, YELLOW, GREEN]),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_picture_looks_as_it_did_to_the_person(name: str, tmp_path: Path) -> None:
    make, size, colours = SEEN[name]
    (tmp_path / "sent").write_bytes(make())
    fit = fit_portrait(tmp_path / "sent", tmp_path / "fit")
    out = seen(tmp_path / "fit")
    assert (fit.width, fit.height) == out.size == size
    assert alike(corners(out), colours, tolerance=14), corners(out)
    assert looks_like_picture(tmp_path / "sent")


RARE = {
    "in arithmetic code": lambda: (CORPUS / "arithmetic.jpg").read_bytes(),
    "lossless JPEG": lambda: plain_jpeg().replace(b"\xff\xc0", b"\xff\xc3", 1),
    "JPEG XL": lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(200),
    "Photoshop": lambda: b"8BPS\0\x01" + bytes(200),
}


@pytest.mark.parametrize("name", RARE)
def test_a_rare_kind_of_picture_is_not_said_to_be_damaged(name: str, tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(RARE[name]())
    with pytest.raises(MediaError) as caught:
        fit_portrait(tmp_path / "sent", tmp_path / "fit")
    assert caught.value.reason is Reason.IMAGE_UNSUPPORTED
    assert looks_like_picture(tmp_path / "sent")


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_jpeg_that_lacks_more_than_its_end_is_damaged(options: dict[str, Any], tmp_path: Path) -> None:
    grain = Image.effect_noise((420, 420), 90).convert("RGB")
    (tmp_path / "sent").write_bytes(packed(grain, "JPEG", **options)[:-40])
    with pytest.raises(MediaError) as caught:
        fit_portrait(tmp_path / "sent", tmp_path / "fit")
    assert caught.value.reason is Reason.IMAGE_DAMAGED


def test_two_pictures_in_one_may_have_as_many_pixels_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portrait, "MAX_PIXELS", 480 * 640 - 1)
    (tmp_path / "sent").write_bytes(two_in_one())
    with Image.open(io.BytesIO(two_in_one())) as image:
        assert image.format == "MPO"
    assert fit_portrait(tmp_path / "sent", tmp_path / "fit").width == 480
