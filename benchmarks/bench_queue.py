"""Ten thousand waiting renders and three machines: how soon a slot that is free has the next one, against a DBOS queue.

Each machine is a process with three slots; a render holds one for 0.3 s. Ours asks with the query of
`storage.queue`, as the bot does when something has changed; DBOS has one queue for the account, with
`global_concurrency` 9 and `worker_concurrency` 3, a partition for each chat with `partition_concurrency` 1, and is
let look ten times a second instead of once. Both do nothing but give turns. It needs a PostgreSQL on this machine
(`TEST_POSTGRES_URL`). Run: `python -m benchmarks.bench_queue`; it takes two minutes.
"""

import asyncio
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue

import sqlalchemy as sa
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from benchmarks.bench_waiting import processor_seconds
from benchmarks.table import Row, report
from storage.database import open_database
from storage.queue import begin_render, next_in_queue
from storage.renders import Render, Stage
from storage.tables import renders
from storage.upgrade import migrate

SERVER = os.environ.get("TEST_POSTGRES_URL", "")
WAITING, CHATS, MACHINES, SLOTS = 10_000, 2_000, 3, 3
WORK, TURNS, LONGEST = 0.3, 150, 60.0
POLL = 0.1
QUEUE = "account"
GOAL = 1.0


@dataclass(frozen=True)
class Measured:
    """What one way cost.

    Args:
        turns: given, within `LONGEST`.
        idle: seconds between two renders in a slot, in the mean.
        processor: seconds for a turn, of the machines and of PostgreSQL.
    """

    turns: int
    idle: float
    processor: float


async def fill(url: str) -> None:
    """Write the renders that wait: every chat has five, of different voices."""
    database = open_database(url)
    await migrate(database)
    rows = [
        {
            "id": f"{number:016x}",
            "origin": f"bench:{number}",
            **dict.fromkeys(("chat_id", "user_id"), number % CHATS + 1),
            **{"thread_id": 0, "voice_message_id": number, "portrait_sha": "p", "voice_sha": f"{number:064x}"},
            **{"ratio": "1:1", "style": "normal", "stage": Stage.QUEUED, "created_at": number / 1000},
        }
        for number in range(WAITING)
    ]
    async with database.begin() as connection:
        await connection.execute(sa.insert(renders), rows)
    await analyse(url)
    await database.dispose()


async def analyse(url: str) -> None:
    """Let PostgreSQL know what it has, as it does by itself after a minute."""
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text("ANALYZE"))
    server.dispose()


async def give_turns(url: str) -> None:
    """One machine of ours."""
    database, me = open_database(url), secrets.token_hex(8)
    busy, turns, changed = set[int](), dict[int, float](), asyncio.Event()
    works = set[asyncio.Task[None]]()

    async def work(render: Render) -> None:
        await asyncio.sleep(WORK)
        async with database.begin() as connection:
            over = {"stage": Stage.DELIVERED, "ended_at": time.time(), "owner": None}
            await connection.execute(sa.update(renders).where(renders.c.id == render.id).values(over))
        busy.discard(render.chat_id)
        changed.set()

    changed.set()
    while True:
        await changed.wait()
        changed.clear()
        while len(busy) < SLOTS:
            found, _ = await next_in_queue(database, busy, turns, me)
            if found is None:
                break
            if render := await begin_render(database, found.id, me, in_turn_of=found.chat_id):
                say()
                busy.add(render.chat_id)
                turns[render.chat_id] = time.monotonic()
                works.add(task := asyncio.create_task(work(render)))
                task.add_done_callback(works.discard)


@DBOS.workflow(name="turn")
async def turn() -> None:
    """A render as DBOS would give it its turn."""
    say()
    await asyncio.sleep(WORK)


async def launch(url: str, me: str, *, listen: bool) -> None:
    """Begin to work on DBOS's tables."""
    DBOS(
        config={
            "name": "bench",
            "system_database_url": url,
            "application_version": "1",
            "executor_id": me,
            "log_level": "ERROR",
        }
    )
    if not listen:
        DBOS.listen_queues([])
    DBOS.launch()
    await DBOS.register_queue_async(
        QUEUE,
        global_concurrency=MACHINES * SLOTS,
        worker_concurrency=SLOTS,
        partition_concurrency=1,
        polling_interval_sec=POLL,
    )


async def fill_dbos(url: str) -> None:
    """Enqueue one, and copy its row for all others."""
    await launch(url, "filler", listen=False)
    with SetWorkflowID("first"), SetEnqueueOptions(queue_partition_key="0"):
        await DBOS.enqueue_workflow_async(QUEUE, turn)
    server, kept = sa.create_engine(url), sa.MetaData()
    numbers = sa.select(sa.func.generate_series(1, WAITING - 1).label("number")).subquery()
    number = numbers.c.number
    with server.begin() as connection:
        kept.reflect(connection, schema="dbos")
        for table in (each for each in kept.sorted_tables if "workflow_uuid" in each.c):
            own = {
                "workflow_uuid": sa.func.concat("copy-", number),
                "queue_partition_key": sa.cast(number % CHATS, sa.String),
            }
            columns = [own.get(column.name, column) for column in table.c]
            copies = sa.select(*columns).select_from(table.join(numbers, sa.true()))
            connection.execute(sa.insert(table).from_select([column.name for column in table.c], copies))
    server.dispose()
    await analyse(url)
    DBOS.destroy()


async def give_turns_by_dbos(url: str) -> None:
    """One machine that leaves its turns to DBOS."""
    await launch(url, secrets.token_hex(8), listen=True)
    await asyncio.Event().wait()


def say() -> None:
    """Tell the parent that a render has its turn."""
    print(time.monotonic(), flush=True)


@contextmanager
def database_of_its_own() -> Iterator[str]:
    """A new database on the server."""
    name = f"bench_{secrets.token_hex(6)}"
    server = sa.create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
        yield sa.make_url(SERVER).set(database=name).render_as_string(hide_password=False)
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def backends(url: str) -> list[int]:
    """The processes of PostgreSQL that work for a database, as far as they are on this machine."""
    server = sa.create_engine(url)
    with server.connect() as connection:
        query = sa.text(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        found = [pid for pid in connection.execute(query).scalars() if Path(f"/proc/{pid}").exists()]
    server.dispose()
    return found


def hear(lines: Iterable[str], said: "Queue[float]") -> None:
    """Pass on what a machine says."""
    for line in lines:
        said.put(float(line))


def measure(way: str) -> Measured:
    """Let three machines give turns in one of the two ways."""
    with database_of_its_own() as url, ExitStack() as stack:
        subprocess.run([sys.executable, "-m", "benchmarks.bench_queue", f"fill-{way}", url], check=True)
        said = Queue[float]()
        machines = []
        for _ in range(MACHINES):
            command = [sys.executable, "-m", "benchmarks.bench_queue", way, url]
            machine = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            stack.callback(machine.kill)
            assert machine.stdout is not None
            lines = machine.stdout
            threading.Thread(target=hear, args=(lines, said), daemon=True).start()
            machines.append(machine)
        starts = [said.get(timeout=60)]
        pids = [machine.pid for machine in machines] + backends(url)
        before = {pid: processor_seconds(pid) for pid in pids}
        while len(starts) <= TURNS and time.monotonic() < starts[0] + LONGEST:
            try:
                starts.append(said.get(timeout=1))
            except Empty:
                continue
        now = [machine.pid for machine in machines] + backends(url)
        used = sum(processor_seconds(pid) - before.get(pid, 0.0) for pid in now)
    starts.sort()
    took, given = starts[-1] - starts[0], len(starts) - 1
    return Measured(given, took * MACHINES * SLOTS / given - WORK, used / given)


def main() -> int:
    """Measure both ways in turns and print the table; 1 when the goal was missed."""
    if not SERVER:
        print("PostgreSQL is not tried: set TEST_POSTGRES_URL", flush=True)
        return 0
    ours, dbos = measure("ours"), measure("dbos")
    name = f"{WAITING:,} waiting, {MACHINES} machines: "
    return report(
        [
            Row(
                f"{name}a slot stands idle",
                f"{ours.idle:.2f} s",
                f"DBOS: {dbos.idle:.2f} s",
                ours.idle / dbos.idle,
                GOAL,
            ),
            Row(
                f"{name}processor for a turn",
                f"{ours.processor:.3f} s",
                f"DBOS: {dbos.processor:.3f} s",
                ours.processor / dbos.processor,
                GOAL,
            ),
        ]
    )


WAYS = {"ours": give_turns, "dbos": give_turns_by_dbos, "fill-ours": fill, "fill-dbos": fill_dbos}

if __name__ == "__main__":
    if len(sys.argv) == 3:
        asyncio.run(WAYS[sys.argv[1]](sys.argv[2]))
        sys.exit()
    sys.exit(main())
