"""What a run came to: figures, and every promise that was broken."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from bot.engines.emo import LOOK_PRICE
from bot.sandbox.emo import EmoServer
from bot.sandbox.telegram import TelegramServer
from handlers import texts
from storage.database import open_database
from storage.inbox import turn_of
from storage.ledger import spent
from tests.faults.budgets import check_budgets, tight_budgets
from tests.faults.client import Client
from tests.faults.database import Database
from tests.faults.keeper import AT_MIDNIGHT, STOP_SECONDS, Keeper
from tests.faults.plan import Plan
from tests.faults.proxy import Exchange

TAKEOVER = 15.0
"""Seconds after which another machine leads what a killed one has left, at the latest."""

ALIKE = 0.5
"""Seconds within which machines agree what time it is."""

Rows = dict[str, Sequence[sa.RowMapping]]


@dataclass
class Report:
    """Figures by their name, and what was broken; nothing is broken in a good run."""

    plan: Plan
    figures: dict[str, object] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    blows: Counter[str] = field(default_factory=Counter)
    mishaps: int = 0

    def __str__(self) -> str:
        lines = [f"{name:<44} {figure}" for name, figure in self.figures.items()]
        return "\n".join([*lines, *(f"BROKEN: {what}" for what in self.broken)] or [""])


async def write_report(
    plan: Plan,
    folder: Path,
    database: Database,
    telegram: TelegramServer,
    emo: EmoServer,
    people: Sequence[Client],
    exchanges: Sequence[Exchange],
    keeper: Keeper,
    status: int,
    seconds: float,
) -> Report:
    """Count what came, and hold it against what is promised."""
    from tests.faults.run import secrets_in

    report = Report(plan)
    rows = read_rows(database)
    figures = report.figures
    figures["seed"] = plan.seed
    figures["seconds"] = round(seconds, 1)
    count_blows(report, keeper)
    hit = Counter(f"{each.party}: {each.mishap.kind}" for each in exchanges if each.mishap)
    figures["calls, and mishaps among them"] = f"{len(exchanges)}, {hit.total()}"
    count_takeovers(report, keeper)
    check_order(report, rows, telegram.updates())
    report.mishaps = hit.total()
    figures["mishaps"] = ", ".join(f"{name} {count}" for name, count in sorted(hit.items()))
    count_videos(report, people, exchanges, keeper)
    count_seconds(report, people, keeper)
    count_tasks(report, rows, emo)
    await count_money(report, database, rows, emo, exchanges)
    await count_budgets(report, database)
    figures["questions to people"] = dict(Counter(said for client in people for said in client.asked))
    figures["renders by end"] = dict(
        Counter(f"{row['stage']} {row['reason'] or ''}".strip() for row in rows["renders"])
    )
    promise = report.broken.extend
    promise(f"a render never ended: {row['id']} {row['stage']}" for row in rows["renders"] if row["ended_at"] is None)
    promise(f"an update was not handled: {row['update_id']}" for row in rows["inbox"] if row["done_at"] is None)
    known = {row["update_id"] for row in rows["inbox"]}
    promise(f"an update was lost: {each['update_id']}" for each in telegram.updates() if each["update_id"] not in known)
    promise(f"a link lives on, made {row['created_at']}" for row in rows["links"] if row["revoked_at"] is None)
    promise(f"the Bot API's table: {violation}" for violation in telegram.violations)
    promise(f"the service wonders: {note}" for note in emo.notes)
    promise(f"in the log: {name}" for name in secrets_in((folder / "bot.log").read_text(), folder, telegram.token))
    promise(ends_broken(keeper, status))
    if plan.outages:
        told = [client.person.user.first_name for client in people if texts.WENT_WRONG()[:60] in client.asked]
        promise(f"{name} was told to send something again" for name in told)
    return report


async def count_budgets(report: Report, database: Database) -> None:
    """Where budgets were tight: they were kept to the last coin."""
    if report.plan.budgets:
        figures, wrong = await check_budgets(database, tight_budgets(report.plan.renders))
        report.figures.update(figures)
        report.broken += wrong


def count_blows(report: Report, keeper: Keeper) -> None:
    """How often it was struck, and how."""
    plan, figures = report.plan, report.figures
    report.blows = keeper.done
    planned = {"kill": plan.kills, "stop": plan.stops, "lock": plan.locks, "clock": plan.clock, "away": plan.outages}
    planned[AT_MIDNIGHT] = keeper.done[AT_MIDNIGHT]
    figures["blows"] = ", ".join(f"{kind} {keeper.done[kind]} of {count}" for kind, count in planned.items() if count)
    if keeper.stops:
        figures["seconds of the stops"] = ", ".join(f"{seconds:.1f}" for seconds, _ in keeper.stops)
    if keeper.moves:
        figures["hours that the clock was off"] = ", ".join(f"{hours:+.1f}" for hours in keeper.moves)
    if keeper.outages:
        figures["seconds that PostgreSQL was away"] = ", ".join(f"{seconds:.1f}" for seconds in keeper.outages)


def count_takeovers(report: Report, keeper: Keeper) -> None:
    """What a killed machine led, another one leads soon, if one lives."""
    if took := sorted(keeper.takeovers):
        figure = f"{len(took)} times, {median(took):.1f}, {took[-1]:.1f}"
        report.figures["seconds to take over a killed one's: median, most"] = figure
    if not report.plan.outages:
        report.broken += [f"a killed machine's renders went on after {each:.1f} s" for each in took if each > TAKEOVER]


def check_order(report: Report, rows: Rows, updates: Sequence[Mapping[str, Any]]) -> None:
    """What one person sends in one chat is done in its order, whichever machine gets it."""
    if report.plan.clock or report.plan.budgets:
        return  # times do not tell an order
    done = {row["update_id"]: row["done_at"] for row in rows["inbox"] if row["done_at"] is not None}
    turns: dict[str, list[int]] = {}
    for update in updates:
        if update["update_id"] in done:
            turns.setdefault(turn_of(update), []).append(update["update_id"])
    pairs = [pair for ids in turns.values() for pair in pairwise(sorted(ids))]
    wrong = [(first, then) for first, then in pairs if done[then] < done[first] - ALIKE]
    report.figures["updates after another one of the same person"] = len(pairs)
    report.broken += [f"update {then} was done before {first} of the same person" for first, then in wrong]


def ends_broken(keeper: Keeper, status: int) -> Iterator[str]:
    """What was wrong with the ends of the bot: each is a kill's, or a stop in time."""
    ends = [*keeper.stops, (0.0, status)]
    yield from (f"a stop took {took:.1f} s" for took, _ in ends if took > STOP_SECONDS)
    yield from (f"the bot stopped with status {status}" for _, status in ends if status)
    yield from (f"the bot ended by itself, with status {status}" for status in keeper.ends)


def count_videos(report: Report, people: Sequence[Client], exchanges: Sequence[Exchange], keeper: Keeper) -> None:
    """One video for each want; another one only where the answer to the first was lost, or the bot died with it."""
    wanted = sum(client.wants for client in people)
    came = sum(bool(count) for client in people for count in client.videos)
    lost = Counter(voice_of(each) for each in exchanges if each.call == "sendVideo" and each.outcome == "answer lost")
    died = twice = 0
    for client in people:
        excused = Counter(dict(enumerate(client.resent)))  # the bot asked for it again, though it had begun
        for (chat, voice), times in (*lost.items(), *keeper.between.items()):
            want = client.want_of(voice) if chat == client.person.chat.id else None
            if want is not None:
                excused[want] += times
        for want, count in enumerate(client.videos):
            who = f"{client.person.user.first_name}, video {want + 1} of {client.wants}"
            if not count:
                report.broken.append(f"no video came: {who}; {telegram_words(client)}")
            if count > 1:
                twice += count - 1
            if count > 1 + excused[want]:
                report.broken.append(f"{count} videos came, {1 + excused[want]} excused: {who}")
    died = sum(keeper.between.values())
    report.figures["videos wanted, and come"] = f"{wanted}, {came}"
    report.figures["videos come more than once"] = twice
    report.figures["answers to sendVideo lost; deaths with one"] = f"{lost.total()}; {died}"


def count_seconds(report: Report, people: Sequence[Client], keeper: Keeper) -> None:
    """How long the people of a crowd waited for the first word on what they sent, and what it took of memory."""
    report.figures["peak memory of the bot (MB)"] = round(keeper.peak_mb)
    if report.plan.crowd:
        came = max(client.came_at for client in people)
        waited = sorted(client.answered_at - came for client in people if client.answered_at)
        late = waited[min(len(waited) - 1, round(0.99 * len(waited)))]
        report.figures["seconds to the first word: median, 99 of 100"] = f"{median(waited):.1f}, {late:.1f}"


def telegram_words(client: Client) -> str:
    """The last thing that somebody read."""
    said = [message for message in client.person.chat.messages.values() if message.sender.is_bot]
    return f"last word: {said[-1].text[:80]!r}" if said else "without a word"


def voice_of(exchange: Exchange) -> tuple[int, int]:
    """The chat and the voice message that a sendVideo is for."""
    chat = re.search(rb'name="chat_id"\r\n(?:[^\r]+\r\n)*\r\n(-?\d+)|(?:^|&)chat_id=(-?\d+)', exchange.body)
    reply = re.search(rb'"message_id"\s*:\s*(\d+)|message_id%22%3A(?:\+|%20)*(\d+)', exchange.body)
    return tuple(int(next(filter(None, found.groups()))) if found else 0 for found in (chat, reply))  # type: ignore[return-value]


def count_tasks(report: Report, rows: Rows, emo: EmoServer) -> None:
    """One paid task for each voice; another one only after the person was asked and agreed."""
    paid = Counter(entry.task_id for entry in emo.bill if entry.model == "emo-v1")
    unsure = [row for row in rows["renders"] if row["stage"] == "unsure"]
    voices = len({(row["chat_id"], row["voice_sha"]) for row in rows["renders"]})
    report.figures["renders, and voices among them"] = f"{len(rows['renders'])}, {voices}"
    report.figures["tasks, and paid ones among them"] = f"{len(emo.tasks)}, {paid.total()}"
    report.figures["renders that could not know, and asked"] = len(unsure)
    report.broken += [f"a task was paid {times} times" for times in paid.values() if times > 1]
    if not voices <= paid.total() <= voices + len(unsure):
        report.broken.append(f"{paid.total()} tasks were paid for {voices} voices and {len(unsure)} questions")


async def count_money(
    report: Report,
    database: Database,
    rows: Rows,
    emo: EmoServer,
    exchanges: Sequence[Exchange],
) -> None:
    """The ledger is the bill, to the last decimal; what the bot could not know is on lines of its own."""
    opened = open_database(database.url)
    try:
        ledger = await spent(opened)
    finally:
        await opened.dispose()
    bill = sum((entry.amount for entry in emo.bill), Decimal(0))
    checks = sum(entry.model == "emo-detect-v1" for entry in emo.bill)
    noted = sum(row["kind"] == "detect" for row in rows["ledger"])
    lost = sum(each.call == "detect" and each.outcome == "answer lost" for each in exchanges)
    videos = {entry.task_id for entry in emo.bill if entry.task_id}
    ours = {row["reference"] for row in rows["ledger"] if row["kind"] == "video"}
    orphans = len(videos - ours)
    report.figures["bill, and ledger (CNY)"] = f"{bill}, {ledger}"
    report.figures["face checks paid, and noted; answers lost"] = f"{checks}, {noted}; {lost}"
    unnoted = sum((entry.amount for entry in emo.bill if entry.task_id and entry.task_id not in ours), Decimal(0))
    report.figures["videos paid, but not noted"] = f"{orphans} ({unnoted} CNY)"
    cut, wrong = checks_not_made([row["reference"] for row in rows["ledger"] if row["kind"] == "detect"], exchanges)
    report.figures["face checks noted, but cut on the photo's way"] = len(cut)
    report.broken += [f"a face check is noted that the bot could know was not made: {key}" for key in wrong]
    if bill != ledger + unnoted - len(cut) * LOOK_PRICE:
        report.broken.append(f"the bill is {bill}, the ledger {ledger}")
    unsure = sum(row["stage"] == "unsure" for row in rows["renders"])
    if orphans > unsure:
        report.broken.append(f"{orphans} paid videos are in no ledger, {unsure} renders were unsure")


def checks_not_made(noted: Sequence[str], exchanges: Sequence[Exchange]) -> tuple[list[str], list[str]]:
    """The noted face checks whose photo never came to the service whole.

    That bytes go out is written down before the first one does. Where the bot dies just then, or the way is cut and the
    answer to the check is lost as well, nobody can know whether the service saw the photo: it is noted as paid.

    Args:
        noted: keys of the links through which the service checked.

    Returns:
        The keys of those cut on their way, and of those where the bot could know better: nobody came for the photo, or
        the answer to the check did come back.
    """
    cut: list[str] = []
    wrong: list[str] = []
    for key in noted:
        photo = f"/media/{key}."
        visits = [each.outcome for each in exchanges if each.party == "links" and photo in each.line]
        checks = [each.outcome for each in exchanges if each.call == "detect" and photo.encode() in each.body]
        if "answered" not in visits:
            (cut if visits and "answered" not in checks else wrong).append(key)
    return cut, wrong


def read_rows(database: Database) -> Rows:
    """Every row of the tables that tell the story."""
    return {table: database.read(f"SELECT * FROM {table}") for table in ("renders", "inbox", "links", "ledger")}
