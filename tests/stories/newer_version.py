"""The code of this commit as its next version would be: another workflow, one migration more, a column that it uses."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from storage.upgrade import newest_revision
from tests.warm import ROOT

ROOMS = ("bot", "handlers", "storage")
REVISION = f"{int(newest_revision()) + 1:04}"
COLUMN = "led_by_newer"
"""A column of `renders` that this version does not know: how often the newer one has begun it, or taken it up."""

MIGRATION = f'''"""A render knows how often the newer version has led it."""

import sqlalchemy as sa
from alembic import op

revision = "{REVISION}"
down_revision = "{newest_revision()}"


def upgrade() -> None:
    op.add_column("renders", sa.Column("{COLUMN}", sa.Integer))
'''


def make_newer_version(folder: Path) -> Path:
    """Write the newer version's code; return the folder in which `python -m bot run` runs it."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room)
    change(folder / "bot/render/workflow.py", r'^VERSION = "(\d+)"$', lambda found: f'VERSION = "{int(found[1]) + 1}"')
    change(
        folder / "storage/tables/rendering.py",
        r'^    sa\.Column\("ended_at", Time\),\n    sa\.Index\("renders_open"',
        lambda found: f'    sa.Column("{COLUMN}", sa.Integer),\n{found[0]}',
    )
    often = "BEAT = 0.2"  # so it hears before the others who has gone
    change(folder / "storage/machines.py", r"^BEAT = 2\.0$", lambda _: often)
    led = f'"{COLUMN}": sa.func.coalesce(renders.c.{COLUMN}, 0) + 1'
    change(folder / "storage/queue.py", r"^TAKEN = \{", lambda found: f"{found[0]}{led}, ")
    (folder / f"storage/migrations/versions/v{REVISION}_of_the_newer_version.py").write_text(MIGRATION)
    return folder


def change(path: Path, pattern: str, by: Callable[[re.Match[str]], str]) -> None:
    """Change the one place of a file that matches."""
    text, number = re.subn(pattern, by, path.read_text("utf-8"), flags=re.MULTILINE)
    assert number == 1, f"{path.name} has changed: mend this"
    path.write_text(text, "utf-8")
