"""Spoils an answer as chance, a careless gateway or a bad line may; a task's bad end is never written into it."""

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

STATUSES = (200, 201, 202, 204, 301, 400, 401, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 524)
PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502</h1></center></body></html>"
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 3, 10**30, -2.5, 1e308, float("nan"), float("inf"), "", " ", "null", "?", "\ud83d",
    "\x00\x1b[31m", "9" * 400, "x" * 5000, [], [None], [[]], {}, {"": {}}, [1, 2, 3], [1, 2, "3", None], "http://",
    "ftp://h/v.mp4", "ON_ITS_WAY",
)  # fmt: skip
ENVELOPES: tuple[dict[str, Any], ...] = (
    {},
    {"code": 0},
    {"code": "success", "message": ""},
    {"status": "success"},
    {"error": None},
)
WRAPPERS = ("data", "output", "result", "payload")

Fields = dict[str, Any]


def objects_in(value: Any) -> list[Fields]:
    """Every object in a value, itself first."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [value] if isinstance(value, dict) else []
    return found + [each for one in inner for each in objects_in(one)]


def drop(random: Random, fields: Fields) -> Fields:
    """Leave something out."""
    place = random.choice(objects_in(fields))
    if place:
        place.pop(random.choice([*place]))
    return fields


def put_odd(random: Random, fields: Fields) -> Fields:
    """Write something odd in the place of a value."""
    place = random.choice(objects_in(fields))
    name = random.choice([*place, "code", "message", "status", "usage", "error", "output", "data"])
    value = deepcopy(random.choice(ODD))
    place[name] = value if name != "code" or not isinstance(value, int) else 0
    return fields


def rename(random: Random, fields: Fields) -> Fields:
    """Call something by another name."""
    place = random.choice(objects_in(fields))
    if place:
        name = random.choice([*place])
        place[random.choice((name.upper(), name.title().replace("_", ""), f"x_{name}", "id", "url"))] = place.pop(name)
    return fields


def wrap(random: Random, fields: Fields) -> Fields:
    """Put all of it into something."""
    inner: Any = [fields] if random.random() < 0.2 else fields
    envelope = random.choice(
        ({}, {"code": 0}, {"code": "success", "message": ""}, {"status": "success"}, {"error": None})
    )
    return {**envelope, random.choice(WRAPPERS): inner}


def flatten(random: Random, fields: Fields) -> Fields:
    """Take a level away."""
    for name in WRAPPERS:
        if isinstance(fields.get(name), dict):
            return {**{key: value for key, value in fields.items() if key != name}, **fields[name]}
    return fields


def shout(random: Random, fields: Fields) -> Fields:
    """Write words in another case, or with blanks about them."""
    change = random.choice((str.upper, str.lower, str.title, lambda text: f" {text}\n"))
    for place in objects_in(fields):
        place.update(
            {name: change(value) for name, value in place.items() if isinstance(value, str) and "://" not in value}
        )
    return fields


MUTATIONS: tuple[Callable[[Random, Fields], Fields], ...] = (drop, put_odd, rename, wrap, flatten, shout)


def mutate(random: Random, status: int, fields: Fields) -> tuple[int, bytes]:
    """Spoil an answer in none to four ways; returns its status and body."""
    spoilt: Fields = json.loads(json.dumps(fields))
    for _ in range(random.randrange(5)):
        spoilt = random.choice(MUTATIONS)(random, spoilt)
    if random.random() < 0.15:
        status = random.choice(STATUSES)
    body = json.dumps(spoilt).encode()
    kind = random.random()
    if kind < 0.05:
        body = body[: random.randrange(len(body) + 1)]
    elif kind < 0.1:
        at = random.randrange(len(body) + 1)
        body = body[:at] + random.randbytes(random.randrange(1, 20)) + body[at:]
    elif kind < 0.13:
        body = random.choice((PAGE, b"", b"null", b"[]", b'"ok"', b"[" * 3000))
    return status, body
