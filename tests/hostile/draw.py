"""The n-th hostile file of a seed: its bytes, and the message that brings it."""

from dataclasses import dataclass, replace
from random import Random

from tests.hostile import good
from tests.hostile.films import FILMS
from tests.hostile.harm import harm
from tests.hostile.names import SECONDS, draw_mime, draw_name
from tests.hostile.ogg import OGG
from tests.hostile.pictures import PICTURES
from tests.hostile.png import PNG_AND_GIF
from tests.hostile.pointers import POINTERS, Targets
from tests.hostile.sounds import SOUNDS
from tests.hostile.strangers import STRANGERS

MESSAGES = ("photo", "document", "voice", "audio", "video", "video_note", "animation", "sticker")
SUITING = {
    "picture": ("photo", "document", "document"),
    "sound": ("voice", "audio", "document"),
    "film": ("video", "video_note", "document"),
}
DESIGNED = {
    "picture": (*PNG_AND_GIF, *PICTURES),
    "sound": (*OGG, *SOUNDS),
    "film": FILMS,
}
GOOD = {"picture": good.PICTURES, "sound": good.SOUNDS, "film": good.FILMS}
KINDS = {"harmed": 44, "designed": 32, "mislabelled": 10, "pointer": 7, "stranger": 7}
"""Of a hundred files."""
LARGEST = 20_000_000


@dataclass(frozen=True)
class Hostile:
    """A file, and how it is sent.

    Args:
        kind: one of `KINDS`.
        recipe: what was done, for a reader.
        sent_as: one of `MESSAGES`.
        name: as the sender gives it; "" where there is none.
        seconds: the length that the sender states.
    """

    number: int
    kind: str
    recipe: str
    data: bytes
    sent_as: str
    name: str = ""
    mime: str | None = None
    seconds: int = 2

    def __str__(self) -> str:
        return f"#{self.number} {self.kind} {self.recipe} as {self.sent_as}, {len(self.data)} bytes"


def draw(seed: int, number: int, targets: Targets) -> Hostile:
    """The n-th file of a seed: the same however many there are."""
    random = Random(f"{seed}:{number}")
    kind = random.choices(list(KINDS), list(KINDS.values()))[0]
    file = _make(random, kind, targets)
    file = replace(file, number=number, kind=kind, data=file.data[:LARGEST])
    if kind == "mislabelled" or random.random() < 0.25:
        file = replace(file, sent_as=random.choice(MESSAGES))
    name, mime = draw_name(random, file.name), draw_mime(random, file.mime or "")
    return replace(file, name=name, mime=mime, seconds=2 if random.random() < 0.6 else random.choice(SECONDS))


def _make(random: Random, kind: str, targets: Targets) -> Hostile:
    """Its bytes, with an honest name and type, as a message that suits."""
    if kind == "pointer":
        one = random.choice(POINTERS)
        family = random.choice(("picture", "sound", "film"))
        data, recipe, format_ = one(random, targets.draw(random)), one.__name__, random.choice(GOOD[family])
    elif kind == "stranger":
        family = random.choice(("picture", "sound", "film"))
        other = random.choice(STRANGERS)
        data, recipe, format_ = other(random), other.__name__, random.choice(GOOD[family])
    else:
        family = random.choices(("picture", "sound", "film"), (4, 4, 2))[0]
        format_ = random.choice(GOOD[family])
        data, recipe = good.good(format_), format_
        if kind == "harmed":
            done, data = harm(random, data)
            recipe = f"{format_} {done}"
        elif kind == "designed":
            maker = random.choice(DESIGNED[family])
            data, recipe = maker(random), maker.__name__
        else:
            format_ = random.choice(GOOD[random.choice(list(GOOD))])
    name, mime = f"me.{format_}", good.mime_of(format_)
    return Hostile(0, kind, recipe, data, random.choice(SUITING[family]), name, mime)
