"""Plain colours for any picture: sRGB, 8 bits a channel, nothing transparent."""

import io

import numpy as np
from PIL import Image, ImageCms

OPAQUE = 255


def is_srgb(image: Image.Image) -> bool:
    """Tell whether the numbers of a picture mean what they mean without a profile."""
    profile = image.info.get("icc_profile")
    if not profile:
        return True
    try:
        return "srgb" in ImageCms.getProfileDescription(io.BytesIO(profile)).casefold()
    except Exception:
        return False


def paint_plain(image: Image.Image) -> Image.Image:
    """Paint a picture in sRGB with 8 bits a channel; what is transparent becomes white.

    Colours are converted first: white is to be the same white in all of them.
    """
    deep = image.mode in ("I", "F") or image.mode.startswith("I;")
    seen = _read_alpha(image)
    plain = _narrow(image) if deep else _convert_colours(image)
    if seen is not None and seen.getextrema()[0] != OPAQUE:
        white = Image.new("RGB", image.size, "white")
        white.paste(plain, mask=seen)
        plain = white
    plain.info = {}  # a comment would be written into the JPEG
    return plain


def _read_alpha(image: Image.Image) -> Image.Image | None:
    """Return how opaque each point is; None where all are."""
    if not image.has_transparency_data:
        return None
    clear = image.info.get("transparency")
    if image.mode == "RGB" or image.mode in ("I", "F") or image.mode.startswith("I;"):
        points = np.asarray(image).reshape(*image.size[::-1], -1)
        if points.dtype == np.uint8 and isinstance(clear, tuple) and max(clear) > 255:  # 16 bits, of which 8 were read
            clear = tuple(part >> 8 for part in clear)
        return Image.fromarray(np.where((points == clear).all(axis=2), 0, 255).astype(np.uint8))
    return (image if image.mode in ("RGBA", "LA", "PA") else image.convert("RGBA")).getchannel("A")


def _narrow(image: Image.Image) -> Image.Image:
    """Bring 16 or 32 bits of grey to 8. Whole numbers have 16 significant bits unless all of them are small."""
    grey = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    brightest = float(grey.max())
    full = 1.0 if image.mode == "F" and brightest <= 1.0 else 255.0 if brightest <= 255.0 else max(65535.0, brightest)
    return Image.fromarray(np.clip(grey * (255.0 / full), 0, 255).astype(np.uint8)).convert("RGB")


def _convert_colours(image: Image.Image) -> Image.Image:
    """Convert by the picture's profile: Display P3 of telephones and CMYK of printers look wrong without."""
    without_alpha = {"RGBa": "RGBA", "La": "LA"}.get(image.mode, image.mode)
    base = image.convert(without_alpha) if without_alpha != image.mode else image
    if (mode := {"RGBA": "RGB", "LA": "L", "P": "RGB", "PA": "RGB", "1": "L"}.get(base.mode)) is not None:
        base = base.convert(mode)
    if not is_srgb(image):
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
            converted = ImageCms.profileToProfile(base, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return base if base.mode == "RGB" else base.convert("RGB")
