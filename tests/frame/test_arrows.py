"""Who may import whom in this house, folder by folder, and that nobody imports in a circle."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ARROWS: dict[str, set[str]] = {
    "storage": set(),
    "bot/dashscope": set(),
    "bot/media": set(),
    "bot/sandbox": set(),
    "bot/engines": {"bot/dashscope"},
    "bot/gates": {"storage"},
    "bot/web": {"storage"},
    "bot/render": {"storage", "bot/dashscope", "bot/engines", "bot/gates", "bot/media"},
    "handlers/texts": {"bot/dashscope", "bot/media"},
    "handlers/transport": {"storage", "bot/media", "bot/render", "handlers/texts"},
    "handlers": {"storage", "bot/dashscope", "bot/engines", "bot/gates", "bot/media", "bot/render"},
}
"""What the files of a folder may import besides each other: everything else of ours is closed to them.

Files in `bot/` itself that import nothing of ours, such as `bot/locks.py`, are tools for all but the first four.
"""

ARROWS["handlers"] |= {"handlers/texts", "handlers/transport"}
ARROWS["bot/settings"] = {"storage", "bot/engines", "bot/gates"}
ARROWS["bot"] = {*ARROWS} - {"bot/sandbox"}
ARROWS["bot/cli"] = {*ARROWS}

TOOLLESS = {"storage", "bot/dashscope", "bot/media", "bot/sandbox"}

FOR_FEW = {
    "bot.app": {"bot.cli.commands"},
    "bot.building": {"bot.app"},
    "bot.dashscope.client": {"bot/dashscope", "bot/render", "bot/cli", "bot"},
}
"""What is closed to all but these: the whole bot, and the calls that cost money."""

MOST_FILES = {"bot": 12, "handlers": 28}
"""Files beside the folders; a file more, and a folder is due."""


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def folder_of(name: str) -> str | None:
    """Return the folder of a module, or of what is imported from one; the command line is one with its commands."""
    if name == "bot.__main__":
        return "bot/cli"
    dotted = name.replace(".", "/") + "/"
    return max((folder for folder in ARROWS if dotted.startswith(f"{folder}/")), key=len, default=None)


parse = cache(ast.parse)


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


def is_ours(name: str) -> bool:
    return name.split(".")[0] in ("bot", "handlers", "storage", "tests")


@cache
def tools() -> set[str]:
    """Return the modules that lie in `bot/` itself and import nothing of ours."""
    return {
        module_of(path)
        for path in (ROOT / "bot").glob("*.py")
        if not any(is_ours(name) for _, name in imports(path, ast.parse(path.read_text(encoding="utf-8"))))
    }


def lies_in(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def allowed(module: str, folder: str, name: str) -> bool:
    other = folder_of(name)
    few = next((few for closed, few in FOR_FEW.items() if lies_in(name, closed)), None)
    if few is not None and not {module, folder} & few:
        return False
    if other == folder or other in ARROWS[folder]:
        return True
    return other == "bot" and folder not in TOOLLESS and any(lies_in(name, tool) for tool in tools() - {"bot"})


def broken_arrows(path: Path, source: str) -> list[str]:
    module, place = module_of(path), path.relative_to(ROOT)
    folder = folder_of(module)
    if folder is None or (folder == "bot" and path.parent != ROOT / "bot"):
        return [f"{place}: the folder of {module} has no place in the house; give it one in {Path(__file__).name}"]
    return [
        f"{place}:{line}: {folder} may not import {name}"
        for line, name in imports(path, parse(source))
        if is_ours(name) and (module == "bot" or not allowed(module, folder, name))
    ]


def sources() -> dict[Path, str]:
    files = [path for folder in ("bot", "handlers", "storage") for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path: path.read_text(encoding="utf-8") for path in files}


def cycle_in(sources: Mapping[Path, str]) -> list[str]:
    """Return modules that import each other in a circle, the first one again at the end; none is an empty list."""
    modules = {module_of(path) for path in sources}
    graph: dict[str, set[str]] = {}
    for path, source in sources.items():
        module = module_of(path)
        names = (name for _, name in imports(path, parse(source)))
        meant = {max((each for each in modules if lies_in(name, each)), key=len, default=module) for name in names}
        graph[module] = meant - {module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_arrow_is_broken() -> None:
    broken = [line for path, source in sources().items() for line in broken_arrows(path, source)]
    assert not broken, "\n" + "\n".join(broken)


def test_nobody_imports_in_a_circle() -> None:
    assert cycle_in(sources()) == []


@pytest.mark.parametrize(("folder", "most"), MOST_FILES.items())
def test_a_folder_has_no_more_files_than_one_sees_at_a_glance(folder: str, most: int) -> None:
    assert len(list((ROOT / folder).glob("*.py"))) <= most


@pytest.mark.parametrize(
    "files",
    [
        {"storage/a.py": "import storage.b", "storage/b.py": "def f():\n    from storage.a import x"},
        {"storage/a.py": "from storage import b", "storage/b.py": "if TYPE_CHECKING:\n    from storage.a import x"},
        {"bot/x/a.py": "from . import b", "bot/x/b.py": "import bot.c", "bot/c.py": "from bot.x.a import y"},
    ],
)
def test_a_circle_is_found(files: dict[str, str]) -> None:
    found = cycle_in({ROOT / name: source for name, source in files.items()})
    assert set(found) == {module_of(ROOT / name) for name in files}
    assert found[0] == found[-1]


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("storage/drafts.py", "import bot.settings", "storage may not import bot.settings"),
        ("storage/drafts.py", "from bot import settings", "storage may not import bot.settings"),
        ("storage/drafts.py", "from bot.locks import KeyedLocks", "storage may not import bot.locks"),
        ("bot/dashscope/client.py", "def f():\n    from storage.tables import x", "client.py:2: bot/dashscope may not"),
        ("bot/dashscope/types.py", "from ..media import errors", "bot/dashscope may not import bot.media"),
        ("bot/gates/limits.py", "from handlers.texts import limits", "bot/gates may not import handlers.texts"),
        ("bot/render/life.py", "from handlers import card", "bot/render may not import handlers"),
        ("bot/render/pauses.py", "import handlers.card", "bot/render may not import handlers"),
        ("bot/render/task.py", "from bot.settings import Settings", "bot/render may not import bot.settings"),
        (
            "bot/sandbox/faults.py",
            "from bot.media.portrait import fit_portrait",
            "bot/sandbox may not import bot.media",
        ),
        ("bot/app.py", "from bot.sandbox.emo import EmoServer", "bot may not import bot.sandbox"),
        ("bot/app.py", "from bot.cli.demo import demo", "bot may not import bot.cli"),
        ("bot/cli/doctor.py", "import bot.app", "bot/cli may not import bot.app"),
        (
            "handlers/start.py",
            "from bot.dashscope.client import DashscopeClient",
            "handlers may not import bot.dashscope",
        ),
        ("handlers/start.py", "from bot.settings import Settings", "handlers may not import bot.settings"),
        (
            "handlers/transport/inbox.py",
            "from handlers.card import Cards",
            "handlers/transport may not import handlers",
        ),
        ("handlers/texts/cast.py", "from storage.cast import Face", "handlers/texts may not import storage"),
        ("bot/strange/thing.py", "", "bot.strange.thing has no place in the house"),
        ("bot/__init__.py", "import bot.errors", "bot may not import bot.errors"),
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
        ("bot/dashscope/client.py", "from . import errors\nfrom .types import Task\nimport aiohttp"),
        ("bot/render/life.py", "from bot.dashscope.client import DashscopeClient\nimport storage.renders"),
        ("bot/render/task.py", "from bot.render.life import STEPS\nfrom bot.locks import KeyedLocks"),
        ("bot/engines/emo.py", "from bot.dashscope.errors import DashscopeError"),
        ("bot/cli/commands.py", "from bot.app import run\nfrom bot.cli.demo import demo"),
        ("bot/cli/demo.py", "from bot.sandbox.emo import EmoServer\nfrom bot.settings import Settings"),
        (
            "handlers/start.py",
            "from bot.dashscope.errors import PersonReason\nfrom bot.render.workflow import Workflows",
        ),
        ("handlers/start.py", "from handlers import texts\nfrom handlers.transport.sending import until_sent"),
    ],
)
def test_a_sound_arrow_is_left_alone(file: str, source: str) -> None:
    assert broken_arrows(ROOT / file, source) == []
