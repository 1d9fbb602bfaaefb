"""The models that the service has: what each takes, asks and costs, and how it says that it is gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.sandbox.emo.refusal import Refusal

LOOK_PRICE = Decimal("0.004")
"""CNY for a picture that is looked at, by every model."""
SQUARE_FROM = 0.86
"""Width by height of an area that is nearer to 1:1 than to 3:4."""
STEP = 8
"""Sides of a video are multiples of this."""

Size = tuple[int, int]
Box = tuple[int, int, int, int]
Gone = Literal["retired", "not_exist", "not_exist_400", "not_found", "unknown", "no_channel"]
Life = Literal["alive", "unpurchased", "quota", "empty"] | Gone
"""How a model answers: as documented; for want of a purchase or of money; as one that is no more or never was."""

_DEAD: dict[Life, tuple[int, str, str]] = {
    "retired": (403, "access_denied", "The model {} has been taken offline."),
    "not_exist": (404, "InvalidParameter", "Model not exist."),
    "not_exist_400": (400, "InvalidParameter", "Model not exist."),
    "not_found": (404, "ModelNotFound", "Model can not be found: {}."),
    "unknown": (404, "model_not_found", "The model {} does not exist or you do not have access to it."),
    "no_channel": (503, "model_not_found", "No available channel for model {}."),
    "unpurchased": (403, "AccessDenied.Unpurchased", "Access to model denied: {} has not been activated."),
    "quota": (429, "insufficient_quota", "You exceeded your current quota of {}, please check your plan."),
    "empty": (403, "insufficient_user_quota", "The balance does not suffice for {}."),
}


@dataclass(frozen=True)
class VideoModel:
    """A model that makes videos, and the one that looks at its portraits.

    Args:
        title: what people call it.
        name: in a submit.
        looker: name of the model that looks.
        boxes: whether looks answer where the face is, and submits carry that; else the whole picture is filmed.
        longest_sound: seconds that a voice must stay below.
        too_long: code and message for one that does not.
        prices: CNY for a second of video, by ratio or resolution.
    """

    title: str
    name: str
    looker: str
    boxes: bool
    longest_sound: float
    too_long: tuple[str, str]
    prices: Mapping[str, Decimal]


EMO = VideoModel(
    "EMO",
    "emo-v1",
    "emo-detect-v1",
    boxes=True,
    longest_sound=60.0,
    too_long=("InvalidParameter", "The audio is longer than 60s."),
    prices={"1:1": Decimal("0.08"), "3:4": Decimal("0.16")},
)
S2V = VideoModel(
    "S2V",
    "wan2.2-s2v",
    "wan2.2-s2v-detect",
    boxes=False,
    longest_sound=20.0,
    too_long=("InvalidFile.AudioLengthError", "The audio length must be less than 20s."),
    prices={"480P": Decimal("0.5"), "720P": Decimal("0.9")},
)
PIXELS = {"480P": 640 * 480, "720P": 1280 * 720}
FORMATS: dict[str, Size] = {"1:1": (512, 512), "3:4": (512, 704)}


def shape_of(area: Box) -> str:
    """The ratio of the video of an area."""
    x1, y1, x2, y2 = area
    return "1:1" if (x2 - x1) / (y2 - y1) >= SQUARE_FROM else "3:4"


def size_at(resolution: str, width: int, height: int) -> Size:
    """Width and height of a video that keeps a picture's aspect, at about the resolution's number of pixels."""
    scale = (PIXELS[resolution] / (width * height)) ** 0.5
    return max(STEP, round(width * scale / STEP) * STEP), max(STEP, round(height * scale / STEP) * STEP)


class Models:
    """The models that are served, each with its life, which may be changed at any time.

    Args:
        served: what there is.
    """

    def __init__(self, *served: VideoModel) -> None:
        self.served = served
        self.lives: dict[str, Life] = {}
        for model in served:
            self.lives |= {model.name: "alive", model.looker: "alive"}

    def retire(self, model: VideoModel, life: Life = "retired") -> None:
        """Let a model, and the one that looks for it, answer from now on as this says; `alive` brings them back."""
        self.lives[model.name] = self.lives[model.looker] = life

    def find(self, name: object, call: Literal["detect", "submit"]) -> VideoModel:
        """The model that a call names.

        Raises:
            Refusal: it is none of this call's, or is not alive.
        """
        if not isinstance(name, str) or not name:
            raise Refusal(400, "InvalidParameter", "Field required: model")
        life = self.lives.get(name, "not_found")
        if life != "alive":
            status, code, message = _DEAD[life]
            raise Refusal(status, code, message.format(name))
        for model in self.served:
            if name == (model.looker if call == "detect" else model.name):
                return model
        raise Refusal(400, "InvalidParameter", "url error, please check url!")
