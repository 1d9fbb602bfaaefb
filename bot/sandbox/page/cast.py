"""Who can be played on the page: a few people, and a group that they share with the bot."""

from dataclasses import dataclass, field
from pathlib import Path

from bot.sandbox.telegram import Person, TelegramServer
from bot.sandbox.telegram.group import Group

PICTURES, SOUNDS = (".jpg", ".jpeg", ".png", ".webp"), (".ogg", ".oga", ".mp3", ".wav", ".m4a")


@dataclass(frozen=True)
class Sample:
    """A file that is one click away: `kind` is `photo` or `voice`."""

    name: str
    kind: str
    path: Path


@dataclass(frozen=True)
class Cast:
    """The people of the page, the first of whom is played at the start, and their groups.

    Args:
        samples: portraits and voices to send, by file name.
    """

    people: list[Person]
    groups: list[Group]
    samples: dict[str, Sample] = field(default_factory=dict)


def make_cast(telegram: TelegramServer, you: Person | None = None, samples: Path | None = None) -> Cast:
    """Three people and a group with topics.

    Args:
        you: the first of the three, if there is one already.
        samples: a folder with portraits and voices.
    """
    people = [you or telegram.person("You"), telegram.person("Mia"), telegram.person("Jonas")]
    group = telegram.group("Friends", people, topics=["General", "Talking heads"])
    return Cast(people, [group], find_samples(samples) if samples else {})


def find_samples(folder: Path) -> dict[str, Sample]:
    """The pictures and then the sounds that lie in a folder."""
    found = []
    for path in sorted(folder.iterdir()):
        kind = "photo" if path.suffix in PICTURES else "voice" if path.suffix in SOUNDS else None
        if kind is not None:
            found.append(Sample(path.name, kind, path))
    return {sample.name: sample for sample in sorted(found, key=lambda sample: (sample.kind, sample.name))}
