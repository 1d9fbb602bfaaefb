"""What an operator may say otherwise of an engine: a gateway's prices, a deployment's model."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Overrides:
    """Names and prices in place of the engine's own; None keeps those.

    Args:
        video_price: CNY for a second of video, whatever its options.
        detect_price: CNY for a look at a portrait.
        resolution: where the engine leaves a choice, such as `720P`.
    """

    video_model: str | None = None
    detect_model: str | None = None
    video_price: Decimal | None = None
    detect_price: Decimal | None = None
    resolution: str | None = None
