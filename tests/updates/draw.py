"""Draws valid updates: each optional field there or not, each member of each union, dates that are 0."""

import json
import random
import string
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

Way = tuple[str, ...]
"""Names of fields and of union members that lead from an update to some place in it."""

DATES = (0, 1, 1_700_000_000, 2**31 - 1)
NESTED = 4
"""From so many objects inside of each other on, one has only what it must."""

PRESSED = (
    "render:0123456789abcdef:again",
    "render:0123456789abcdef:make:1x1:calm",
    "settings:who:all",
    "duet:0123456789abcdef:side",
    "business:send:0123456789abcdef",
    "consent:allow:abc",
    "forget:me:1",
    "voice:cut",
)
WORDS = ("/start", "/help", "/status", "/talk", "/as Ann", "/save Ann", "/cast", "/duet Ann Ben", "/forget", "Grüße 🙂")


@cache
def types() -> dict[str, Any]:
    """The table of types."""
    return cast(dict[str, Any], json.loads(Path(__file__).with_name("types.json").read_text("utf-8"))["types"])


def bare(kind: str) -> str:
    """What a list is of, or the kind itself."""
    while kind.startswith("Array of "):
        kind = kind.removeprefix("Array of ")
    return kind


@cache
def places() -> tuple[Way, ...]:
    """A shortest way to each optional field and each member of a union, of every type that an update may hold."""
    found: list[Way] = []
    ways: dict[str, Way] = {"Update": ()}
    waiting = deque(["Update"])
    while waiting:
        name = waiting.popleft()
        for step, kinds in _steps(types()[name]):
            way = (*ways[name], step)
            found.append(way)
            for kind in kinds:
                inner = bare(kind)
                if inner in types() and inner not in ways:
                    ways[inner] = way
                    waiting.append(inner)
    return tuple(found)


def _steps(entry: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    if "one_of" in entry:
        yield from ((member, [member]) for member in entry["one_of"])
    else:
        yield from entry["required"].items()
        yield from entry["optional"].items()


@dataclass
class Draw:
    """Draws by a seed.

    Args:
        people: ids of private chats, and so of persons, that are there.
        rich: how likely an optional field is in the outermost object; in inner ones it is less so.
        dates: what dates may be.
    """

    random: random.Random
    people: Sequence[int] = ()
    rich: float = 0.1
    dates: Sequence[int] = DATES
    _depth: int = field(default=0, init=False)

    def update(self, number: int, way: Way = ()) -> dict[str, Any]:
        """An update that holds the place to which a way leads."""
        kinds = list(types()["Update"]["optional"])
        way = way or (self.random.choice(kinds),)
        content = self.object("Update", way)
        for kind in kinds:  # at most one of them is there
            if kind != way[0]:
                content.pop(kind, None)
        return content | {"update_id": number}

    def object(self, name: str, way: Way = ()) -> dict[str, Any]:
        """An object of a type that has fields."""
        entry, step, rest = types()[name], way[0] if way else None, way[1:]
        self._depth += 1
        likely = self.rich / self._depth if self._depth <= NESTED else 0.0
        made = {}
        for place, kinds in _steps(entry):
            if place in entry["required"] or place == step or self.random.random() < likely:
                made[place] = self.value(place, self.random.choice(kinds), rest if place == step else ())
        self._depth -= 1
        return _make_consistent(name, made)

    def value(self, name: str, kind: str, way: Way = ()) -> Any:
        """A value of a kind, by the name of the field that it is for."""
        if kind.startswith("Array of "):
            count = self.random.randint(1 if way else 0, 2)
            return [self.value(name, kind.removeprefix("Array of "), way) for _ in range(count)]
        if kind.startswith("="):
            return kind.removeprefix("=")
        if kind in types():
            members = types()[kind].get("one_of")
            if members is None:
                return self.object(kind, way)
            if self._depth > NESTED and "String" in members:
                return self.text(name)
            return self.value(name, way[0] if way else self.random.choice(members), way[1:])
        return {"Boolean": self.truth, "True": self.truth, "Float": self.fraction, "Integer": self.number}.get(
            kind, self.text
        )(name)

    def truth(self, name: str) -> bool:
        """A boolean."""
        return name != "is_bot" and self.random.random() < 0.5

    def fraction(self, _: str) -> float:
        """A number, also one that is 0."""
        return self.random.choice((0.0, 0.5, -89.9, 90.0))

    def number(self, name: str) -> int:
        """An integer: a date, an id, or a small one."""
        if name.endswith("date"):
            return self.random.choice(self.dates)
        if name in ("id", "user_id", "user_chat_id"):
            return self.random.choice((*self.people, self.random.randint(1, 2**52)))
        if name.endswith("chat_id"):
            return -self.random.randint(1, 2**52)
        return self.random.choice((0, 1, 7, 4096))

    def text(self, name: str) -> str:
        """A string: words, what a button says, or a name of something at Telegram."""
        if name in ("text", "caption"):
            return self.random.choice(WORDS)
        if name == "data":
            return self.random.choice((*PRESSED, self._letters()))
        if name == "language_code":
            return self.random.choice(("en", "zh-hans", "ru", "es", "pt-br", "xx"))
        return self.random.choice(("", "ё", self._letters()))

    def _letters(self) -> str:
        return "".join(self.random.choices(string.ascii_letters, k=self.random.randint(1, 40)))


def _make_consistent(name: str, made: dict[str, Any]) -> dict[str, Any]:
    """Let what hangs together fit: entities lie in their text, an inaccessible message has no date."""
    if name == "InaccessibleMessage":
        made["date"] = 0
    if name == "MessageEntity":
        made |= {"offset": 0, "length": 1}
    for text, entities in (("text", "entities"), ("caption", "caption_entities")):
        if text not in made:
            made.pop(entities, None)
    return made


def draw_updates(count: int, first: int, people: Sequence[int] = (), seed: int = 1) -> list[dict[str, Any]]:
    """So many updates with numbers from `first` on: one for each place, with and without dates, and then any.

    Fewer than twice the places: an even choice of them.
    """
    wanted: list[tuple[Way, Sequence[int]]] = [(way, dates) for dates in (DATES, (0,)) for way in places()]
    if count < len(wanted):
        wanted = [wanted[place * len(wanted) // count] for place in range(count)]
    wanted += [((), DATES)] * (count - len(wanted))
    chance = random.Random(seed)
    return [
        Draw(chance, people, rich=0.1 if way else 0.4, dates=dates).update(first + place, way)
        for place, (way, dates) in enumerate(wanted)
    ]
