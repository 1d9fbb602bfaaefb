"""Who may import whom in this house."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ARROWS: dict[str, set[str]] = {
    "storage": set(),
    "bot.errors": set(),
    "bot.emo": set(),
    "bot.media": set(),
    "bot.sandbox": set(),
    "bot.settings": {"storage"},
    "bot.logs": {"bot.settings"},
    "bot.web": {"storage"},
    "bot.render": {"storage", "bot.emo", "bot.media"},
    "handlers": {"storage", "bot.media", "bot.emo.errors", "bot.render"},
    "bot.process": {"bot.errors", "bot.media"},
    "bot.app": {"storage", "bot.errors", "bot.emo", "bot.media", "bot.settings", "bot.logs"}
    | {"bot.web", "bot.render", "bot.process", "handlers"},
}
"""What each part may import besides itself: everything else of ours is closed to it."""

RENDER = {
    f"bot.{name}"
    for name in (
        *("audience", "housekeeping", "locks", "look", "lost_task", "parts", "patience"),
        *("polling", "presenters", "task", "video", "wakes", "workflow"),
    )
}
"""What the life of a render is made of: one part with `bot.render`."""

COMMANDS = {"bot.__main__", "bot.demo", "bot.make", "bot.doctor", "bot.local_emo", "bot.stand_ins"}
"""These may import everything, except that `bot.app` is for `bot.__main__` alone."""


def part_of(module: str) -> str | None:
    """Return the part of the house that a module belongs to; `bot` itself is the floor and everybody's."""
    fitting = [part for part in (*ARROWS, *COMMANDS, *RENDER) if lies_in(module, part)]
    part = max(fitting, key=len, default=None)
    return "bot.render" if part in RENDER else part


def lies_in(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and full name of everything imported, also inside functions; `from a import b` may mean a.b."""
    package = module_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{source}.{name.name}") for name in node.names)


def allowed(part: str, other: str, name: str) -> bool:
    if part in COMMANDS:
        return other != "bot.app" or part == "bot.__main__"
    return any(other == open_part or lies_in(name, open_part) for open_part in ARROWS[part])


def broken_arrows(path: Path, source: str) -> list[str]:
    module = module_of(path)
    if module == "bot":
        return [
            f"{path.relative_to(ROOT)}:{line}: bot/__init__ imports nothing, and imports {name}"
            for line, name in imports(path, ast.parse(source))
        ]
    part = part_of(module)
    if part is None:
        return [f"{path.relative_to(ROOT)}: {module} has no place in the house; give it one in {Path(__file__).name}"]
    found = []
    for line, name in imports(path, ast.parse(source)):
        other = part_of(name)
        ours = name.split(".")[0] in ("bot", "handlers", "storage", "tests")
        if not ours or other == part:
            continue
        if other is None or not allowed(part, other, name):
            found.append(f"{path.relative_to(ROOT)}:{line}: {part} may not import {other or name} ({name})")
    return found


def test_no_arrow_is_broken() -> None:
    files = [path for folder in ("bot", "handlers", "storage") for path in sorted((ROOT / folder).rglob("*.py"))]
    broken = [line for path in files for line in broken_arrows(path, path.read_text(encoding="utf-8"))]
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("storage/drafts.py", "import bot.settings", "storage may not import bot.settings"),
        ("storage/drafts.py", "from bot import settings", "storage may not import bot.settings"),
        ("bot/emo/client.py", "def f():\n    from storage.tables import x", "bot/emo/client.py:2: bot.emo may not"),
        ("bot/render.py", "from handlers import card", "bot.render may not import handlers"),
        (
            "bot/sandbox/faults.py",
            "from bot.media.portrait import fit_portrait",
            "bot.sandbox may not import bot.media",
        ),
        ("bot/app.py", "from bot.sandbox.emo import EmoServer", "bot.app may not import bot.sandbox"),
        ("bot/doctor.py", "import bot.app", "bot.doctor may not import bot.app"),
        ("handlers/start.py", "from bot.emo.client import EmoClient", "handlers may not import bot.emo"),
        ("bot/wakes.py", "import handlers.card", "bot.render may not import handlers"),
        ("handlers/start.py", "from bot.settings import Settings", "handlers may not import bot.settings"),
        ("bot/emo/types.py", "from ..media import errors", "bot.emo may not import bot.media"),
        ("bot/strange.py", "", "bot.strange has no place in the house"),
        ("bot/__init__.py", "import aiohttp", "bot/__init__ imports nothing"),
        ("storage/links.py", "from tests import conftest", "storage may not import tests.conftest"),
    ],
)
def test_a_broken_arrow_is_named(file: str, source: str, complaint: str) -> None:
    found = broken_arrows(ROOT / file, source)
    assert len(found) == 1
    assert complaint in found[0]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("bot/emo/client.py", "from . import errors\nfrom .types import Task\nimport aiohttp"),
        ("bot/render.py", "from bot.emo.client import EmoClient\nimport storage.renders"),
        ("bot/__main__.py", "from bot.app import run"),
        ("bot/task.py", "from bot.render import live"),
        ("handlers/texts.py", "from bot.emo.errors import PersonReason\nfrom bot.workflow import Workflows"),
        ("bot/demo.py", "from bot.sandbox.emo import EmoServer"),
    ],
)
def test_a_sound_arrow_is_left_alone(file: str, source: str) -> None:
    assert broken_arrows(ROOT / file, source) == []
