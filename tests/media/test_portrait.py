"""What happens to the pictures that people send."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageOps

from bot.media import jobs
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.portrait import MAX_BYTES, SHOWN_SIDE, fit_portrait, shrink_portrait
from tests.media.samples import BLUE, GREEN, RED, YELLOW, noise, packed, picture, saved


def seen(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def corners(image: Image.Image) -> list[tuple[int, int, int]]:
    width, height = image.size
    places = [(width // 5, height // 5), (width * 4 // 5, height // 5)]
    places += [(x, height * 4 // 5) for x, _ in places]
    return [image.convert("RGB").getpixel(place) for place in places]  # type: ignore[misc]


def alike(colours: list[tuple[int, int, int]], wanted: list[tuple[int, int, int]], tolerance: int = 12) -> bool:
    return all(
        abs(a - b) <= tolerance for one, two in zip(colours, wanted, strict=True) for a, b in zip(one, two, strict=True)
    )


def refusal(source: Path, tmp_path: Path) -> MediaError:
    with pytest.raises(MediaError) as caught:
        fit_portrait(source, tmp_path / "refused")
    assert not (tmp_path / "refused").exists()
    return caught.value


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 60, "subsampling": "4:2:0"}])
def test_a_plain_jpeg_keeps_its_bytes(tmp_path: Path, options: dict[str, Any]) -> None:
    source = saved(picture(), tmp_path / "source", "JPEG", **options)
    fit = fit_portrait(source, tmp_path / "fit")
    assert (fit.extension, fit.width, fit.height, fit.enlarged) == ("jpg", 480, 640, False)
    assert (tmp_path / "fit").read_bytes() == source.read_bytes()
    assert fit.size == source.stat().st_size


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP"])
def test_any_other_picture_becomes_a_jpeg(tmp_path: Path, kind: str) -> None:
    fit = fit_portrait(saved(picture(), tmp_path / "source", kind), tmp_path / "fit")
    assert (fit.extension, fit.width, fit.height, fit.enlarged) == ("jpg", 480, 640, False)
    assert seen(tmp_path / "fit").format == "JPEG"
    assert alike(corners(seen(tmp_path / "fit")), [RED, GREEN, BLUE, YELLOW])


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_turned_photo_stands_upright(tmp_path: Path, turned: int) -> None:
    back = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[turned]
    exif = Image.Exif()
    exif[0x0112] = back
    stored = ImageOps.exif_transpose(_with_orientation(picture(), back))
    exif[0x0112] = turned
    fit = fit_portrait(saved(stored, tmp_path / "source", "JPEG", exif=exif, quality=95), tmp_path / "fit")
    upright = seen(tmp_path / "fit")
    assert (fit.width, fit.height) == upright.size == (480, 640)
    assert alike(corners(upright), [RED, GREEN, BLUE, YELLOW])
    assert not upright.getexif()


def _with_orientation(image: Image.Image, orientation: int) -> Image.Image:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return Image.open(io.BytesIO(packed(image, "PNG", exif=exif)))


def test_a_turned_iphone_photo_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = picture().transpose(Image.Transpose.ROTATE_90)
    fit = fit_portrait(saved(stored, tmp_path / "source", "HEIF", exif=exif.tobytes(), quality=90), tmp_path / "fit")
    assert (fit.extension, fit.width, fit.height) == ("jpg", 480, 640)
    assert alike(corners(seen(tmp_path / "fit")), [RED, GREEN, BLUE, YELLOW], tolerance=25)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"comment": b"Alice, at home"}),
        ("PNG", {"exif": True}),
        ("WEBP", {"exif": True}),
        ("JPEG", {"xmp": b"<x:xmpmeta/>"}),
    ],
)
def test_where_a_photo_was_taken_stays_with_the_person(tmp_path: Path, kind: str, options: dict[str, object]) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[29] = "2026:01:02"
    exif[0x010F] = "Alice, at home"
    if options.get("exif"):
        options = {"exif": exif}
    source = saved(picture(), tmp_path / "source", kind, **options)
    fit_portrait(source, tmp_path / "fit")
    sent = (tmp_path / "fit").read_bytes()
    assert b"Alice" not in sent
    assert b"xmpmeta" not in sent
    assert not seen(tmp_path / "fit").getexif()


def test_the_film_behind_a_motion_photo_is_left_out(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(packed(picture(), "JPEG") + b"....ftypmp42 a little film")
    fit_portrait(source, tmp_path / "fit")
    assert b"film" not in (tmp_path / "fit").read_bytes()


def test_a_gif_gives_its_first_picture(tmp_path: Path) -> None:
    other = Image.new("RGB", (480, 640), "black")
    source = saved(picture(), tmp_path / "source", "GIF", save_all=True, append_images=[other])
    fit = fit_portrait(source, tmp_path / "fit")
    assert fit.extension == "jpg"
    assert alike(corners(seen(tmp_path / "fit")), [RED, GREEN, BLUE, YELLOW])


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    layer = picture().convert("RGBA")
    layer.paste((0, 0, 0, 0), (0, 0, 240, 320))
    for kind in ("PNG", "WEBP", "TIFF"):
        fit_portrait(saved(layer, tmp_path / "source", kind), tmp_path / "fit")
        assert alike(corners(seen(tmp_path / "fit")), [(255, 255, 255), GREEN, BLUE, YELLOW], tolerance=40), kind
    palette = picture().quantize(4)
    red = palette.getpixel((10, 10))
    fit_portrait(saved(palette, tmp_path / "source", "PNG", transparency=red), tmp_path / "fit")
    assert alike(corners(seen(tmp_path / "fit"))[:1], [(255, 255, 255)])


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "1", "LA", "I;16"])
def test_unusual_colours_become_usual(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        image = Image.frombytes("I;16", (400, 400), struct.pack("<H", 40000) * 160000)
    else:
        image = picture(400, 400).convert(mode)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    fit_portrait(saved(image, tmp_path / "source", kind), tmp_path / "fit")
    out = seen(tmp_path / "fit")
    assert (out.format, out.mode) == ("JPEG", "RGB")
    if mode == "I;16":
        assert alike(corners(out)[:1], [(156, 156, 156)])
    if mode in ("CMYK", "P"):
        assert alike(corners(out), [RED, GREEN, BLUE, YELLOW], tolerance=45)


def test_another_colour_space_is_converted(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    with_nonsense = saved(picture(), tmp_path / "source", "JPEG", icc_profile=profile)
    fit_portrait(with_nonsense, tmp_path / "fit")
    assert "icc_profile" not in seen(tmp_path / "fit").info
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = saved(picture(), tmp_path / "source", "JPEG", icc_profile=srgb)
    fit_portrait(source, tmp_path / "fit")
    assert "icc_profile" not in seen(tmp_path / "fit").info
    assert seen(tmp_path / "fit").tobytes() == seen(source).tobytes()


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((200, 300), (400, 600)), ((399, 800), (400, 802)), ((33, 33), (400, 400)), ((400, 7000), (400, 7000))],
)
def test_a_small_picture_is_enlarged(tmp_path: Path, size: tuple[int, int], wanted: tuple[int, int]) -> None:
    fit = fit_portrait(saved(picture(*size), tmp_path / "source", "PNG"), tmp_path / "fit")
    assert (fit.width, fit.height) == seen(tmp_path / "fit").size == wanted
    assert fit.enlarged == (min(size) < 400)


def test_a_huge_picture_is_shrunk(tmp_path: Path) -> None:
    fit = fit_portrait(saved(picture(7200, 1000), tmp_path / "source", "JPEG"), tmp_path / "fit")
    assert (fit.width, fit.height) == seen(tmp_path / "fit").size == (4096, 569)
    fit = fit_portrait(saved(picture(8000, 500), tmp_path / "source", "PNG"), tmp_path / "fit")
    assert (fit.width, fit.height) == (6400, 400)


@pytest.mark.parametrize(("kind", "size"), [("JPEG", (7000, 6500)), ("WEBP", (500, 400)), ("PNG", (400, 7000))])
def test_a_portrait_is_small_enough_to_be_shown(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    shrink_portrait(saved(picture(*size), tmp_path / "source", kind), tmp_path / "shown")
    shown = seen(tmp_path / "shown")
    assert shown.format == "JPEG"
    assert max(shown.size) == min(SHOWN_SIDE, max(size))
    assert max(shown.size) / min(shown.size) <= 20, "the longest that Telegram takes for a photo"
    assert alike(corners(shown), [RED, GREEN, BLUE, YELLOW], tolerance=30)


def test_a_heavy_picture_is_made_lighter(tmp_path: Path) -> None:
    source = saved(noise(2300, 2300), tmp_path / "source", "PNG")
    assert source.stat().st_size > MAX_BYTES
    fit = fit_portrait(source, tmp_path / "fit")
    assert fit.size == (tmp_path / "fit").stat().st_size <= MAX_BYTES
    assert min(fit.width, fit.height) >= 400


def test_a_dot_and_a_ribbon_are_refused(tmp_path: Path) -> None:
    dot = refusal(saved(picture(20, 500), tmp_path / "source", "PNG"), tmp_path)
    assert (dot.reason, dot.facts["limit"]) == (Reason.IMAGE_TOO_SMALL, 32)
    for size in ((100, 1800), (410, 7300)):
        assert refusal(saved(picture(*size), tmp_path / "source", "PNG"), tmp_path).reason is Reason.IMAGE_TOO_NARROW


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"%PDF-1.7 " * 50,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        bytes(9999),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ],
)
def test_what_is_no_picture_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "source").write_bytes(data)
    assert refusal(tmp_path / "source", tmp_path).reason is Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "HEIF", "TIFF"])
def test_half_a_picture_is_said_to_be_damaged(tmp_path: Path, kind: str) -> None:
    data = packed(noise(420, 420), kind)
    (tmp_path / "source").write_bytes(data[: len(data) // 2])
    assert refusal(tmp_path / "source", tmp_path).reason is Reason.IMAGE_DAMAGED


def test_too_many_bytes_are_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "source").open("wb") as file:
        file.truncate(25_000_000)
    error = refusal(tmp_path / "source", tmp_path)
    assert (error.reason, error.facts["size"]) == (Reason.IMAGE_TOO_LARGE, 25_000_000)


async def test_a_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    header = struct.pack("!IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(20_000_000), 9)
    chunks = [(b"IHDR", header), (b"IDAT", body), (b"IEND", b"")]
    png = b"".join(struct.pack("!I", len(d)) + n + d + struct.pack("!I", zlib.crc32(n + d)) for n, d in chunks)
    (tmp_path / "bomb").write_bytes(b"\x89PNG\r\n\x1a\n" + png)
    with pytest.raises(MediaError) as caught:
        await run_limited(jobs.fit_portrait(tmp_path / "bomb", tmp_path / "fit"), seconds=60, memory_mb=64)
    assert caught.value.reason is Reason.IMAGE_TOO_MANY_PIXELS


async def test_a_picture_of_48_million_points_fits_into_its_memory(tmp_path: Path) -> None:
    source = saved(Image.new("RGB", (8000, 6000), RED), tmp_path / "source", "JPEG")
    fit = await run_limited(jobs.fit_portrait(source, tmp_path / "fit"), memory_mb=512)
    assert (fit.width, fit.height) == (4096, 3072)
