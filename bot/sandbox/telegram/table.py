"""The API's own table (Bot API 10.1): which methods there are, and what each parameter must be."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, cast

from bot.sandbox.telegram.refusal import Refusal, bad_request

INTEGER = re.compile(r"-?\d+")
MISSING = {
    "chat_id": "chat_id is empty",
    "from_chat_id": "from_chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
    "file_id": "file_id is not specified",
    "action": "wrong parameter action in request",
    "user_id": "invalid user_id specified",
    "media": "strange amount of messages to send",
}
MAY_BE_EMPTY = (("setWebhook", "url"),)
FILES = ("photo", "video", "video_note", "voice", "audio", "document", "animation", "sticker")


class Misfit(Exception):
    """A value that is not of the type that the table asks for; the text says where and why."""


@cache
def load_table() -> dict[str, Any]:
    """The whole table: `methods` and the `types` that their parameters may be."""
    text = Path(__file__).with_name("methods.json").read_text("utf-8")
    return cast(dict[str, Any], json.loads(text))


@cache
def method_names() -> dict[str, str]:
    """Every method's canonical name by its lower-case form, as the API takes names in any case."""
    return {name.lower(): name for name in load_table()["methods"]}


def check(method: str, given: dict[str, Any], uploads: set[str]) -> tuple[dict[str, Any], list[str]]:
    """Give the parameters their types.

    Args:
        method: a canonical name.
        given: parameters as they came: strings from a form, or JSON values.
        uploads: names of the uploaded parts.

    Returns:
        the parameters that the API would use, and a sentence for each that it would silently ignore.

    Raises:
        Refusal: a required parameter is missing.
    """
    entry = load_table()["methods"][method]
    known = entry["required"] | entry["optional"]
    taken: dict[str, Any] = {}
    violations = []
    referenced: set[str] = set()
    for name, value in given.items():
        if name not in known:
            violations.append(f"{method}: unknown parameter {name}")
            continue
        try:
            taken[name] = fit(value, known[name], name, uploads)
            referenced |= set(re.findall(r"attach://([^\"\\]+)", json.dumps(value)))
        except Misfit as misfit:
            violations.append(f"{method}: {misfit}")
    for name in uploads - set(given) - referenced:
        if name not in known or "InputFile" not in known[name]:
            violations.append(f"{method}: unknown file {name}")
    for name in entry["required"]:
        if taken.get(name) in (None, "") and name not in uploads and (method, name) not in MAY_BE_EMPTY:
            raise missing(method, name)
    return taken, violations


def missing(method: str, name: str) -> Refusal:
    """The API's words for a missing parameter."""
    if name in FILES and method.startswith("send"):
        return bad_request(f"there is no {name.replace('_', ' ')} in the request")
    return bad_request(MISSING.get(name, f'parameter "{name}" is required'))


def fit(value: Any, types: list[str], where: str, uploads: set[str]) -> Any:
    """The value as one of `types`; raises Misfit."""
    reasons = []
    for kind in types:
        try:
            return fit_one(value, kind, where, uploads)
        except Misfit as misfit:
            reasons.append(str(misfit))
    # Of several types the most telling reason is the longest path into the value.
    raise Misfit(max(reasons, key=len))


def fit_one(value: Any, kind: str, where: str, uploads: set[str]) -> Any:
    """The value as exactly this type."""
    if kind in SCALARS:
        return SCALARS[kind](value, where)
    if kind == "InputFile":
        if isinstance(value, str) and (not value.startswith("attach://") or value[9:] in uploads):
            return value
        raise Misfit(f"{where} is not a file")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise Misfit(f"{where} is not the JSON of {kind}") from None
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            raise Misfit(f"{where} is not a list")
        return [fit(item, [kind[9:]], f"{where}[{place}]", uploads) for place, item in enumerate(value)]
    if not isinstance(value, dict):
        raise Misfit(f"{where} is not a {kind}")
    return fit_object(value, kind, where, uploads)


def fit_object(value: dict[str, Any], kind: str, where: str, uploads: set[str]) -> dict[str, Any]:
    """The object with each field fitted; a field that the type does not have is a misfit."""
    entry = load_table()["types"].get(kind)
    if entry is None:
        return value
    if "one_of" in entry:
        candidates = fitting(value, entry["one_of"])
        if not candidates:
            raise Misfit(f"{where} is not a {kind}")
        return cast(dict[str, Any], fit(value, candidates, where, uploads))
    known = entry["required"] | entry["optional"]
    if stray := [name for name in value if name not in known]:
        raise Misfit(f"{where} has no field {stray[0]} in {kind}")
    if lacking := [name for name in entry["required"] if name not in value]:
        raise Misfit(f"{where} lacks {lacking[0]} of {kind}")
    return {name: fit(item, known[name], f"{where}.{name}", uploads) for name, item in value.items()}


def fitting(value: dict[str, Any], kinds: list[str]) -> list[str]:
    """Of the subtypes, those whose name the object's own `type` ends with; all of them when it names none."""
    label = value.get("type")
    if not isinstance(label, str):
        return kinds
    ending = label.replace("_", "").lower()
    named = [kind for kind in kinds if kind.lower().endswith(ending)]
    exact = sorted(named, key=len)[:1]
    return exact if named else kinds


def as_integer(value: Any, where: str) -> int:
    """An integer, also as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and INTEGER.fullmatch(value):
        return int(value)
    raise Misfit(f"{where} is not an integer")


def as_float(value: Any, where: str) -> float:
    """A number, also as text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Misfit(f"{where} is not a number") from None


def as_boolean(value: Any, where: str) -> bool:
    """A truth value; forms say `true`, `True` or `1`."""
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false", "1", "0", "yes", "no"):
        return str(value).lower() in ("true", "1", "yes")
    raise Misfit(f"{where} is not a boolean")


def as_string(value: Any, where: str) -> str:
    """A string."""
    if isinstance(value, str):
        return value
    raise Misfit(f"{where} is not a string")


SCALARS: dict[str, Any] = {"Integer": as_integer, "Float": as_float, "Boolean": as_boolean, "String": as_string}
