"""S2V (`wan2.2-s2v`, speech to video): EMO's living sibling, on the same paths; the video keeps the picture's aspect.

Prices, limits and codes are the vendor's documentation of November 2026. It gives no boxes, and no figure for its pace:
that is learned.
"""

from decimal import Decimal

from bot.dashscope.types import Body, Verdict
from bot.engines.engine import Engine, Media, Options, PictureLimits
from bot.engines.overrides import Overrides

VIDEO_MODEL, DETECT_MODEL = "wan2.2-s2v", "wan2.2-s2v-detect"
SECOND_PRICES = {"480P": Decimal("0.5"), "720P": Decimal("0.9")}
LOOK_PRICE = Decimal("0.004")


def s2v(overrides: Overrides) -> Engine:
    """S2V at the resolution that the operator chose, 480P if none."""
    video_model = overrides.video_model or VIDEO_MODEL
    detect_model = overrides.detect_model or DETECT_MODEL

    def second_price(options: Options) -> Decimal:
        return overrides.video_price if overrides.video_price is not None else SECOND_PRICES[options.resolution]

    def look(image_url: str, _: Options) -> Body:
        return {"model": detect_model, "input": {"image_url": image_url}}

    def order(media: Media, _: Verdict, options: Options) -> Body:
        return {
            "model": video_model,
            "input": {"image_url": media.image_url, "audio_url": media.audio_url},
            "parameters": {"resolution": options.resolution},
        }

    return Engine(
        name="s2v",
        video_model=video_model,
        detect_model=detect_model,
        voice_seconds=20.0,
        voice_bytes=15_000_000,
        picture=PictureLimits(shortest=400, longest=7000, max_bytes=10_000_000, widest=16 / 9),
        ratios=(),
        styles=(),
        resolution=overrides.resolution or "480P",
        gives_boxes=False,
        look_price=overrides.detect_price if overrides.detect_price is not None else LOOK_PRICE,
        second_price=second_price,
        first_pace=None,
        look=look,
        order=order,
    )
