"""Reads what detect and submit are asked, as strictly as the service does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.emo.models import Box, Models, VideoModel, shape_of
from bot.sandbox.emo.refusal import Refusal, invalid

ASYNC_HEADER = "X-DashScope-Async"
RESOLVE_HEADER = "X-DashScope-OssResourceResolve"
STYLES = ("normal", "calm", "active")


@dataclass(frozen=True)
class DetectOrder:
    """A detect call that can be worked on; `ratio` is None where the model films whole pictures."""

    model: VideoModel
    image_url: str
    ratio: str | None
    resolve: bool


@dataclass(frozen=True)
class SubmitOrder:
    """A submit call that can be worked on.

    Args:
        model: that is to make the video.
        boxes: face and moving area, where the model asks for them.
        style_level: `normal` where the model has none.
        tier: what the price depends on: the ratio or the resolution.
        resolve: whether `oss://` links are to be resolved.
    """

    model: VideoModel
    image_url: str
    audio_url: str
    boxes: tuple[Box, Box] | None
    style_level: str
    tier: str
    resolve: bool


def read_detect(models: Models, headers: Mapping[str, str], fields: dict[str, Any]) -> DetectOrder:
    """Check a detect call.

    Raises:
        Refusal: as documented.
    """
    if ASYNC_HEADER in headers:
        raise Refusal(403, "AccessDenied", "current user api does not support asynchronous calls.")
    model = models.find(fields.get("model"), "detect")
    given, parameters = _parts(fields)
    image_url = _link(given, "image_url")
    ratio = parameters.get("ratio", "1:1") if model.boxes else None
    if ratio not in ("1:1", "3:4", None):
        raise Refusal(400, "InvalidParameter.Ratio", "The ratio is invalid.")
    return DetectOrder(model, image_url, ratio, _resolves(headers))


def read_submit(models: Models, headers: Mapping[str, str], fields: dict[str, Any]) -> SubmitOrder:
    """Check a submit call.

    Raises:
        Refusal: as documented.
    """
    if headers.get(ASYNC_HEADER, "").lower() != "enable":
        raise Refusal(403, "AccessDenied", "current user api does not support synchronous calls.")
    model = models.find(fields.get("model"), "submit")
    given, parameters = _parts(fields)
    style = parameters.get("style_level", "normal") if model.boxes else "normal"
    if style not in STYLES:
        raise invalid("The style_level is invalid.")
    resolution = parameters.get("resolution", "480P")
    if not model.boxes and (not isinstance(resolution, str) or resolution not in model.prices):
        raise invalid("The resolution is invalid.")
    image_url, audio_url = _link(given, "image_url"), _link(given, "audio_url")
    boxes = (_box(given, "face_bbox"), _box(given, "ext_bbox")) if model.boxes else None
    tier = shape_of(boxes[1]) if boxes else resolution
    return SubmitOrder(model, image_url, audio_url, boxes, style, tier, _resolves(headers))


def _parts(fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    given, parameters = fields.get("input"), fields.get("parameters", {})
    if not isinstance(given, dict) or not given:
        raise Refusal(400, "BadRequest.EmptyInput", "Required input parameter missing from request.")
    if not isinstance(parameters, dict):
        raise invalid("The parameters are invalid.")
    return given, parameters


def _link(given: dict[str, Any], name: str) -> str:
    link = given.get(name)
    if link is None or link == "":
        raise invalid(f"Field required: input.{name}")
    if not isinstance(link, str) or not link.startswith(("http://", "https://", "oss://")):
        raise Refusal(400, "InvalidURL", "The request URL is invalid.")
    return link


def _box(given: dict[str, Any], name: str) -> Box:
    box = given.get(name)
    if box is None:
        raise invalid(f"Field required: input.{name}")
    if not isinstance(box, list) or len(box) != 4 or any(type(edge) is not int for edge in box):
        raise invalid(f"The {name} is invalid.")
    x1, y1, x2, y2 = box
    if not (0 <= x1 < x2 and 0 <= y1 < y2):
        raise invalid(f"The {name} is invalid.")
    return x1, y1, x2, y2


def _resolves(headers: Mapping[str, str]) -> bool:
    return headers.get(RESOLVE_HEADER, "").lower() == "enable"
