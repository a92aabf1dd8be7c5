"""The order of the rooms: each part of the package imports from the parts below it only."""

import ast
from pathlib import Path

import pytest

import sim

PACKAGE = Path(sim.__file__).parent
ORDER = (
    {"messages", "months", "vocabulary"},
    {"data"},
    {"model"},
    {"policies"},
    {"scenario"},
    {"sweep"},
    {"analysis"},
    {"calibration"},
    {"report"},
    {"cli"},
)
"""Rooms from the ground up; those of one floor do not know each other."""
FLOOR = {room: floor for floor, rooms in enumerate(ORDER) for room in rooms}
ASKED_FOR = {("model/world.py", "sim.scenario.scenario")}
"""Mesa's tools name a scenario by its text; the world reads the file then, and only then."""

MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def room_of(place: str) -> str:
    return place.partition("/")[0].removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    """Modules of this package that a module imports when it runs, wherever in it.

    Not those for type checkers.
    """
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.If)
            and isinstance(node.test, ast.Name)
            and node.test.id == "TYPE_CHECKING"
        ):
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "sim":
            found |= {f"sim.{name.name}" for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return {name for name in found if name.startswith("sim.")}


@pytest.mark.parametrize("place", [place for place in MODULES if room_of(place) in FLOOR])
def test_imports_run_downwards(place):
    mine, tree = FLOOR[room_of(place)], ast.parse((PACKAGE / place).read_text(encoding="utf-8"))
    for name in sorted(imported(tree)):
        room = name.split(".")[1]
        if room in FLOOR and (place, name) not in ASKED_FOR and room != room_of(place):
            assert FLOOR[room] < mine, (
                f"sim/{place} imports {name}, which stands above it or on the same floor"
            )


def test_every_module_is_in_a_room():
    assert {room_of(place) for place in MODULES} - FLOOR.keys() <= {
        "__init__",
        "__main__",
        "api",
        "mesa",
    }
