"""Fixed words and indices of the model are written once, in sim/vocabulary.py.

Elsewhere they are named.
"""

import ast
from pathlib import Path

import pytest

import sim
from sim import vocabulary

PACKAGE = Path(sim.__file__).parent
MODULES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if path.name != "vocabulary.py"
)
AXES = ("ORIGINS", "MODES", "CHANNELS", "BLOCS", "AREAS", "REGIONS", "SHARES", "DOMAINS",
        "ACTOR_KINDS", "ROUTE_KINDS", "PAYERS", "HOMES", "FACTORS", "SIGNS")  # fmt: skip
NAMES = {name for name in vars(vocabulary) if name.isupper()}
CODED = {
    "mode", "origin", "bloc", "region", "channel", "public_finding", "private_finding", "finding",
    "kind",
}  # fmt: skip
"""What arrays and fields are called that hold indices of the vocabulary."""

CHOSEN = {
    ("analysis/choice.py", ("chinese_misuse", "other_misuse")): "harm, one side of a front",
    ("analysis/choice.py", ("transparency", "progress_specific", "global_power")):
        "openness, progress and standing, the other side",
    ("analysis/choice.py", ("progress_specific", "progress_frontier")):
        "what is one factor in the paper",
    ("model/world.py", ("US", "CN", "EU")): "governments",
    ("policies/chinese_environment.py", ("US", "us_aligned")): "whom retaliation hits",
    ("policies/families.py", ("military", "cyber", "chem_bio")):
        "domains that are assessed if nothing else is said",
    ("policies/release_assessment.py", ("gated", "api")): "modes that an assessment may leave",
    ("policies/use_ban.py", ("government", "enterprise")): "sectors of the example",
    ("report/cells.py",
     ("transparency", "progress_specific", "progress_frontier", "power_distribution")):
        "the paper's ideological factors",
    ("report/cells.py", ("chinese_misuse", "backdoors", "global_power")):
        "the paper's geopolitical factors",
}  # fmt: skip
"""Some members of an axis, picked for a reason that the axis does not know."""


def parsed(text: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(text)))


def retyped(text: str) -> set[tuple[str, ...]]:
    """Tuples, lists and sets of two or more different words, all of one axis.

    In any letter case and order.
    """
    axes = [{word.lower() for word in getattr(vocabulary, axis)} for axis in AXES]
    found = set()
    for node in parsed(text):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            words = tuple(part.value for part in node.elts if isinstance(part, ast.Constant))
            plain = {word.lower() for word in words if isinstance(word, str)}
            if (
                len(words) == len(node.elts)
                and len(plain) == len(words) > 1
                and any(plain <= axis for axis in axes)
            ):
                found.add(words)
    return found


def assigned(text: str) -> set[str]:
    """Names that a module gives a meaning of its own, at its top."""
    statements = [
        part for part in ast.parse(text).body if isinstance(part, ast.Assign | ast.AnnAssign)
    ]
    targets = [
        target for one in statements for target in getattr(one, "targets", None) or [one.target]
    ]
    return {
        node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)
    }


def called(node: ast.expr) -> str:
    """What an operand is called.

    ``mode`` for ``mode``, ``columns.mode`` and ``columns.mode[rows]``.
    """
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_number(node: ast.expr) -> bool:
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(node, ast.Constant) and type(node.value) is int


def compared(text: str) -> set[str]:
    """Comparisons of what holds an index of the vocabulary with a number."""
    found = set()
    for node in parsed(text):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(is_number, sides)) and {called(side) for side in sides} & CODED:
                found.add(ast.unparse(node))
    return found


def numbered(text: str) -> set[str]:
    """Numbers that stand before the word whose index they are, as in ``(1, "cn")``."""
    pairs = {(i, word.lower()) for axis in AXES for i, word in enumerate(getattr(vocabulary, axis))}
    found = set()
    for node in parsed(text):
        if isinstance(node, ast.Tuple) and len(node.elts) > 1 and is_number(node.elts[0]):
            word = node.elts[1].value if isinstance(node.elts[1], ast.Constant) else None
            if isinstance(word, str) and (ast.literal_eval(node.elts[0]), word.lower()) in pairs:
                found.add(ast.unparse(node))
    return found


def source(place: str) -> str:
    return (PACKAGE / place).read_text(encoding="utf-8")


@pytest.mark.parametrize("place", MODULES)
def test_members_of_an_axis_are_not_listed_again(place):
    again = {words for words in retyped(source(place)) if (place, words) not in CHOSEN}
    assert not again, f"sim/{place} lists words of sim/vocabulary.py: name the axis or a part of it"


@pytest.mark.parametrize("place", MODULES)
def test_names_of_the_vocabulary_mean_one_thing(place):
    again = assigned(source(place)) & NAMES
    assert not again, (
        f"sim/{place} gives names of sim/vocabulary.py another meaning: "
        "import them or choose others"
    )


@pytest.mark.parametrize("place", MODULES)
def test_indices_are_called_by_name(place):
    bare = compared(source(place)) | numbered(source(place))
    assert not bare, (
        f"sim/{place} writes indices as numbers: name the member, as sim/vocabulary.py does"
    )


def test_what_is_chosen_is_still_there():
    assert [one for one in CHOSEN if one[1] not in retyped(source(one[0]))] == []


def test_the_search_finds_what_it_looks_for():
    text = 'a = ("us", "cn")\nb: Literal["gated", "api"]\nc = ["fraud", 1]\nd = ("open", "open")'
    assert retyped(text) == {("us", "cn"), ("gated", "api")}
    text = "US, CN = 0, 1\nMODES: tuple = ()\n\ndef f():\n    OPEN = 1\n"
    assert assigned(text) == {"US", "CN", "MODES"}
    text = "c.mode[i] >= 2\nfinding == -1\nmode in OPEN\nn == 2\n0 < kind < n"
    assert compared(text) == {"c.mode[i] >= 2", "finding == -1", "0 < kind < n"}
    text = '((0, "us", "US"), (3, "open"), (CN, "cn"), (2, "us"), (1, "a"))'
    assert numbered(text) == {"(0, 'us', 'US')", "(3, 'open')"}
