"""An engine that nobody has: all that one takes is a file such as this."""

from decimal import Decimal

from bot.dashscope.types import Body, Verdict
from bot.engines.engine import Engine, Media, Options, PictureLimits
from bot.engines.overrides import Overrides


def fake(_: Overrides) -> Engine:
    """Speak as S2V does, for a tenth of a CNY a second, of voices up to five seconds."""

    def look(image_url: str, _: Options) -> Body:
        return {"model": "wan2.2-s2v-detect", "input": {"image_url": image_url}}

    def order(media: Media, _: Verdict, options: Options) -> Body:
        files = {"image_url": media.image_url, "audio_url": media.audio_url}
        return {"model": "wan2.2-s2v", "input": files, "parameters": {"resolution": options.resolution}}

    return Engine(
        name="fake",
        video_model="wan2.2-s2v",
        detect_model="wan2.2-s2v-detect",
        voice_seconds=5.0,
        voice_bytes=1_000_000,
        picture=PictureLimits(shortest=400, longest=7000, max_bytes=10_000_000),
        ratios=(),
        styles=("calm", "wild"),
        resolution="480P",
        gives_boxes=False,
        look_price=Decimal("0.004"),
        second_price=lambda _: Decimal("0.5"),
        first_pace=1.0,
        look=look,
        order=order,
    )
