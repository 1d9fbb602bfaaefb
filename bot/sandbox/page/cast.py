"""Who can be played on the page: a few people, the group they share with the bot, and a business account of one."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from bot.sandbox.telegram import Person, TelegramServer
from bot.sandbox.telegram.business import Business, Dialogue
from bot.sandbox.telegram.files import measure
from bot.sandbox.telegram.group import Group

PICTURES, SOUNDS = (".jpg", ".jpeg", ".png", ".webp"), (".ogg", ".oga", ".mp3", ".wav", ".m4a")
NAMES = "names.json"
"""The file of a folder of samples that says what each is called, and what it shows or says."""


@dataclass(frozen=True)
class Sample:
    """A file that is one click away.

    Args:
        name: of the file.
        kind: `photo` or `voice`.
        title: whose face or voice it is.
        words: what it shows or says.
        seconds: how long a voice is.
    """

    name: str
    kind: str
    path: Path
    title: str
    words: str = ""
    seconds: int | None = None


@dataclass(frozen=True)
class Link:
    """A deep link to the bot that is one click away."""

    title: str
    payload: str


@dataclass(frozen=True)
class Cast:
    """The people of the page, the first of whom is played at the start, and where they meet.

    Args:
        samples: portraits and voices to send, by file name.
        business: the account of one of them, to which the bot is connected.
        links: what can be opened from the menu of the chat with the bot, such as a presenter.
    """

    people: list[Person]
    groups: list[Group]
    samples: dict[str, Sample] = field(default_factory=dict)
    business: Business | None = None
    links: tuple[Link, ...] = ()

    @property
    def dialogues(self) -> list[Dialogue]:
        """The chats of the business account with its customers."""
        return [Dialogue(chat) for chat in self.business.connection.dialogues.values()] if self.business else []


def make_cast(
    telegram: TelegramServer, you: Person | None = None, samples: Path | None = None, links: tuple[Link, ...] = ()
) -> Cast:
    """Three people, a group with topics, and the second one's shop, whose customers the others are.

    Args:
        you: the first of the three, if there is one already.
        samples: a folder with portraits and voices.
        links: deep links to offer.
    """
    people = [you or telegram.person("You"), telegram.person("Mia"), telegram.person("Jonas")]
    group = telegram.group("Friends", people, topics=["General", "Talking heads"])
    agent, *customers = people[1], people[0], people[2]
    business = telegram.business(agent)
    for customer in customers:
        business.dialogue(customer)
    return Cast(people, [group], find_samples(samples) if samples else {}, business, links)


def find_samples(folder: Path) -> dict[str, Sample]:
    """The pictures and then the sounds that lie in a folder."""
    said = json.loads((folder / NAMES).read_text(encoding="utf-8")) if (folder / NAMES).exists() else {}
    found = []
    for path in sorted(folder.iterdir()):
        kind = "photo" if path.suffix in PICTURES else "voice" if path.suffix in SOUNDS else None
        if kind is not None:
            about = {"name": path.stem.replace("_", " ").capitalize()} | said.get(path.name, {})
            seconds = measure(path.read_bytes()).get("duration") if kind == "voice" else None
            found.append(Sample(path.name, kind, path, about["name"], about.get("words", ""), seconds))
    return {sample.name: sample for sample in sorted(found, key=lambda sample: (sample.kind, sample.title))}
