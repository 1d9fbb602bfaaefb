"""EMO: a face, close up, square or tall.

The vendor took `emo-v1` and `emo-detect-v1` off on 10 October 2026 (its notice 118434); they live on at gateways, and
as deployments with names of their own. Prices, limits and pace are the vendor's documentation of September 2025.
"""

from decimal import Decimal

from bot.dashscope.types import Body, Verdict
from bot.engines.engine import Engine, Media, Options, PictureLimits
from bot.engines.overrides import Overrides

VIDEO_MODEL, DETECT_MODEL = "emo-v1", "emo-detect-v1"
SECOND_PRICES = {"1:1": Decimal("0.08"), "3:4": Decimal("0.16")}
LOOK_PRICE = Decimal("0.004")


def emo(overrides: Overrides, name: str = "emo") -> Engine:
    """EMO, or what a gateway or a deployment offers under another name or price."""
    video_model = overrides.video_model or VIDEO_MODEL
    detect_model = overrides.detect_model or DETECT_MODEL

    def second_price(options: Options) -> Decimal:
        return overrides.video_price if overrides.video_price is not None else SECOND_PRICES[options.ratio]

    def look(image_url: str, options: Options) -> Body:
        return {
            "model": detect_model,
            "input": {"image_url": image_url},
            "parameters": {"ratio": options.ratio},
        }

    def order(media: Media, verdict: Verdict, options: Options) -> Body:
        boxes = {
            name: box.as_list()
            for name, box in (("face_bbox", verdict.face_box), ("ext_bbox", verdict.ext_box))
            if box is not None
        }
        return {
            "model": video_model,
            "input": {"image_url": media.image_url, "audio_url": media.audio_url, **boxes},
            "parameters": {"style_level": options.style},
        }

    return Engine(
        name=name,
        video_model=video_model,
        detect_model=detect_model,
        voice_seconds=60.0,
        voice_bytes=15_000_000,
        picture=PictureLimits(shortest=400, longest=7000, max_bytes=10_000_000),
        ratios=("1:1", "3:4"),
        styles=("normal", "calm", "active"),
        resolution="",
        gives_boxes=True,
        look_price=overrides.detect_price if overrides.detect_price is not None else LOOK_PRICE,
        second_price=second_price,
        first_pace=8.5,
        look=look,
        order=order,
    )
