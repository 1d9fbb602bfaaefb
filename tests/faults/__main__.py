"""`python -m tests.faults --seed 7 --renders 500 --kills 40`: play a plan of faults, and tell what came of it."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from bot.sandbox.emo import Engine
from tests.faults.plan import Plan
from tests.faults.report import Report
from tests.faults.run import run
from tests.postgresql import cluster
from tests.still_renderer import detect_centre, render_still


async def play(plan: Plan, folder: Path, options: argparse.Namespace, engine: Engine) -> Report:
    """Play a plan on the database that it is for."""
    if not options.postgres:
        return await run(plan, folder, at_once=options.people, engine=engine)
    async with cluster() as server:
        return await run(plan, folder, at_once=options.people, engine=engine, server=server, machines=options.machines)


def main() -> int:
    """Play it; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--renders", type=int, default=100)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--stops", type=int, default=0, help="SIGTERMs")
    parser.add_argument("--locks", type=int, default=0, help="times that another program holds the database for 10 s")
    parser.add_argument("--clock", type=int, default=0, help="times that the clock is set by hours: away, back, away …")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    parser.add_argument("--outages", type=int, default=0, help="times that PostgreSQL is stopped for 1 to 6 s")
    parser.add_argument("--budgets", action="store_true", help="tight ones, over some midnights and a month's end")
    parser.add_argument("--machines", type=int, default=1, help="processes on one PostgreSQL; a blow meets one of them")
    parser.add_argument("--crowd", action="store_true", help="everybody comes at once, and wants one video")
    parser.add_argument("--rate", type=float, default=0.04, help="share of the calls that meet a mishap")
    parser.add_argument("--people", type=int, default=12, help="at a time")
    options = parser.parse_args()
    if options.outages and not options.postgres:
        parser.error("--outages are of a PostgreSQL: add --postgres")
    if options.machines > 1 and not options.postgres:
        parser.error("--machines share a PostgreSQL: add --postgres")
    if options.locks and options.postgres:
        parser.error("--locks are of SQLite: nobody locks all of a PostgreSQL")
    if options.budgets and options.clock:
        parser.error("--budgets have a clock of their own")
    blows = {"stops": options.stops, "locks": options.locks, "clock": options.clock, "outages": options.outages}
    plan = Plan(
        options.seed, options.renders, options.kills, options.rate, options.crowd, **blows, budgets=options.budgets
    )
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{plan.seed}-"))
    print(f"seed {plan.seed}; data and log in {folder}", flush=True)
    engine = Engine(detect_centre, render_still, 2)
    try:
        report = asyncio.run(play(plan, folder, options, engine))
    finally:
        engine.close()
    print(report)
    return 1 if report.broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
