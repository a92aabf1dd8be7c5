"""No module is over 400 lines and no function over 60, its docstring aside."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [
    path.relative_to(ROOT).as_posix()
    for folder in ("benchmarks", "docs", "sim", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    has_text = ast.get_docstring(function) is not None
    text = (first.end_lineno or 0) - first.lineno + 1 if has_text else 0
    return (function.end_lineno or 0) - function.lineno + 1 - text


@pytest.mark.parametrize("place", MODULES)
def test_modules_and_functions_are_short(place):
    source = (ROOT / place).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST_MODULE
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert {f.name for f in functions if lines_of(f) > LONGEST_FUNCTION} == set()
