"""What goes wrong, drawn from a seed: the n-th call of a name meets the same mishap in every run of one seed."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.faults.proxy import Kind, Mishap, emo_refusal, telegram_refusal

CALLS_PER_RENDER = 12
"""Calls of the bot for one render that count for a kill; see `BORING`."""

BORING = ("getUpdates", "poll", "editMessageText", "getMe", "setMyCommands", "deleteWebhook", "list")
"""Calls between which there is little to lose: no kill happens at one."""

KINDS: dict[str, tuple[Kind, ...]] = {
    "telegram": ("delay", "delay", "refuse", "refuse", "nonsense", "cut before", "cut inside", "swallow", "garble"),
    "emo": ("delay", "delay", "refuse", "refuse", "nonsense", "cut before", "cut inside", "swallow", "garble"),
    "video": ("delay", "refuse", "nonsense", "cut before", "cut inside", "swallow"),
    "links": ("delay", "delay", "refuse", "cut before", "cut inside"),
}
STATUSES = (429, 500, 502, 503)


@dataclass(frozen=True)
class Kill:
    """One `kill -9`.

    Args:
        after: calls of this life of the bot that are not boring.
        moment: `before` that call is made, `after` it is, with its answer on the way, or a little `later`.
        seconds: how much later.
    """

    after: int
    moment: Literal["before", "after", "later"]
    seconds: float


@dataclass(frozen=True)
class Plan:
    """Everything that is drawn.

    Args:
        seed: all of it follows from this.
        renders: videos that people want.
        kills: `kill -9`s.
        rate: share of the calls that meet a mishap.
    """

    seed: int
    renders: int
    kills: int
    rate: float

    def draw(self, party: str, call: str, number: int) -> Mishap | None:
        """The mishap of the n-th call of a name."""
        random = Random(f"{self.seed}:{party}:{call}:{number}")
        if random.random() >= self.rate:
            return None
        kind = random.choice(KINDS[party])
        if kind == "delay":
            return Mishap("delay", seconds=random.uniform(0.1, 2.0))
        if kind == "refuse":
            status = random.choice(STATUSES)
            return Mishap(
                "refuse", status=status, body=(telegram_refusal if party == "telegram" else emo_refusal)(status)
            )
        return Mishap(kind)

    def draw_kills(self) -> list[Kill]:
        """The kills, in their order."""
        random = Random(f"{self.seed}:kills")
        usual = max(2, round(0.7 * self.renders * CALLS_PER_RENDER / (self.kills + 1)))
        return [
            Kill(random.randint(1, 2 * usual), random.choice(("before", "after", "later")), random.uniform(0.0, 0.3))
            for _ in range(self.kills)
        ]

    def draw_wants(self) -> list[tuple[int, bool]]:
        """For each person: how many videos they want, and whether the first voice comes before the photo."""
        random, left, people = Random(f"{self.seed}:people"), self.renders, []
        while left > 0:
            count = min(left, random.randint(1, 6))
            people.append((count, random.random() < 0.3))
            left -= count
        return people
