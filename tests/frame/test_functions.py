"""No function is longer than one sees at a glance; how complex one may be, ruff says."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "handlers", "storage", "tests", "benchmarks")
MOST_LINES = 50


def long_functions(source: str) -> list[str]:
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lengths = ((node, (node.end_lineno or node.lineno) - node.lineno + 1) for node in functions)
    return [f"{node.name} has {length} lines" for node, length in lengths if length > MOST_LINES]


def test_no_function_is_too_long() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts]
    assert files
    found = [f"{path.relative_to(ROOT)}: {each}" for path in files for each in long_functions(path.read_text("utf-8"))]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(("lines", "found"), [(50, []), (51, ["walk has 51 lines"])])
def test_a_long_function_is_found_wherever_it_is(lines: int, found: list[str]) -> None:
    body = "\n".join("        step()" for _ in range(lines - 1))
    assert long_functions(f"class Way:\n    async def walk():\n{body}\n") == found
