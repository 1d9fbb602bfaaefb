"""What goes wrong, drawn from a seed: the n-th call of a name meets the same mishap in every run of one seed."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from tests.faults.proxy import Kind, Mishap, emo_refusal, telegram_refusal

When = Literal["before", "after", "later"]
BlowKind = Literal["kill", "stop", "lock", "clock", "away"]

CALLS_PER_RENDER = 12
"""Calls of the bot for one render that count for a kill; see `BORING`."""

BORING = ("getUpdates", "poll", "editMessageText", "getMe", "setMyCommands", "deleteWebhook", "list", "look")
"""Calls between which there is little to lose: no kill happens at one."""

KINDS: dict[str, tuple[Kind, ...]] = {
    "telegram": ("delay", "delay", "refuse", "refuse", "nonsense", "cut before", "cut inside", "swallow", "garble"),
    "emo": ("delay", "delay", "refuse", "refuse", "nonsense", "cut before", "cut inside", "swallow", "garble"),
    "video": ("delay", "refuse", "nonsense", "cut before", "cut inside", "swallow"),
    "links": ("delay", "delay", "refuse", "cut before", "cut inside"),
}
MOMENTS: tuple[When, ...] = ("before", "after", "later")
STATUSES = (429, 500, 502, 503)


MOST_HOURS = 20.0
"""That the clock is off; it may be more than half a day, and less than a link lives."""


AWAY = (1.0, 6.0)
"""Seconds for which a PostgreSQL is away."""


@dataclass(frozen=True)
class Blow:
    """What is done to the bot itself.

    Args:
        kind: `kill` is `kill -9`, `stop` is SIGTERM; `lock`: another program holds its database; `clock`: it is set;
            `away`: its PostgreSQL is stopped for some seconds.
        after: calls of the bot since the last blow that are not boring.
        moment: `before` that call is made, `after` it is, with its answer on the way, or a little `later`.
        seconds: how much later.
        hours: that the clock is off afterwards.
        away: seconds for which PostgreSQL is.
        hard: it is stopped as by a power cut.
    """

    kind: BlowKind
    after: int
    moment: When
    seconds: float
    hours: float = 0.0
    away: float = 0.0
    hard: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that is drawn.

    Args:
        seed: all of it follows from this.
        renders: videos that people want.
        kills: `kill -9`s.
        rate: share of the calls that meet a mishap.
        crowd: everybody comes at the same instant, and wants one video.
        stops: SIGTERMs.
        locks: how often another program holds the database.
        clock: how often the clock is set: away, back, away and so on.
        outages: how often PostgreSQL is stopped, and started some seconds later.
        budgets: are tight: all is ordered over some days, across a month's end; the bot is killed about each midnight.
    """

    seed: int
    renders: int
    kills: int
    rate: float
    crowd: bool = False
    stops: int = 0
    locks: int = 0
    clock: int = 0
    outages: int = 0
    budgets: bool = False

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

    def draw_blows(self) -> list[Blow]:
        """The kills, stops and so on, in their order."""
        counts: dict[BlowKind, int] = {
            "kill": self.kills,
            "stop": self.stops,
            "lock": self.locks,
            "clock": self.clock,
            "away": self.outages,
        }
        kinds = [kind for kind, count in counts.items() for _ in range(count)]
        Random(f"{self.seed}:order").shuffle(kinds)
        random, clock, hours = Random(f"{self.seed}:kills"), Random(f"{self.seed}:clock"), 0.0
        outages = Random(f"{self.seed}:outages")
        usual = max(2, round(0.7 * self.renders * CALLS_PER_RENDER / (len(kinds) + 1)))
        blows = []
        for kind in kinds:
            if kind == "clock":
                hours = 0.0 if hours else clock.choice((-1, 1)) * clock.uniform(1.0, MOST_HOURS)
            after, moment = random.randint(1, 2 * usual), random.choice(MOMENTS)
            away = (outages.uniform(*AWAY), outages.random() < 0.5) if kind == "away" else (0.0, False)
            blows.append(Blow(kind, after, moment, random.uniform(0.0, 0.3), hours, *away))
        return blows

    def draw_wants(self) -> list[tuple[int, bool]]:
        """For each person: how many videos they want, and whether the first voice comes before the photo."""
        random, left, people = Random(f"{self.seed}:people"), self.renders, []
        while left > 0:
            count = 1 if self.crowd else min(left, random.randint(1, 6))
            people.append((count, random.random() < 0.3))
            left -= count
        return people
