"""A lever that does not say all that others ask of it is refused when its class is made.

The message names what is missing.
"""

import subprocess
import sys
from typing import ClassVar

import pytest

from sim.messages import ScenarioError
from sim.policies import LEVERS
from sim.policies.base import Policy, own

SHARE = {
    "reduction": own(
        0.5, "share that is stopped", "0-1", "judgement", allowed=(0.0, 1.0), likely=(0.2, 0.8)
    )
}
LEVER = {
    "__doc__": "Services stop bulk queries. Writes: a factor on what labs learn.",
    "lever": "L99",
    "title": "Limits on bulk queries",
    "pulled_by": "labs",
    "real": "None.",
    "not_modelled": "Who asks.",
    "assumption": "reduction",
    "main": ("reduction",),
    "phase": "research",
    "example": {"start": "2026-01", "reduction": 0.8},
}


def made(write=True, field=None, **changes):
    """The class that a lever's module would hold; a change to None leaves the item out."""
    items = {"__module__": __name__, "__annotations__": {}}
    for name, value in (LEVER | changes).items():
        if value is not None:
            items[name] = value
            if name != "__doc__":
                items["__annotations__"][name] = ClassVar
    if write:
        items["write"] = lambda self, law, name, strength, month: None
    items["reduction"] = field or SHARE["reduction"]
    items["__annotations__"]["reduction"] = float
    return type(Policy)("QueryLimits", (Policy,), items)


def refusal(**changes):
    with pytest.raises(ScenarioError) as caught:
        made(**changes)
    assert "QueryLimits" in str(caught.value)
    assert "sim/policies/chip_control.py" in str(caught.value)
    return str(caught.value)


def test_a_complete_lever_is_made_and_knows_its_fields():
    cls = made()
    assert cls.lever_fields["reduction"].likely == (0.2, 0.8)
    assert cls().reduction == 0.5
    assert cls.lever not in LEVERS


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": None}, "title is missing"),
        (
            {"pulled_by": None},
            "pulled_by is missing: who pulls it: US government, governments, allies",
        ),
        (
            {"pulled_by": "Congress"},
            "pulled_by = 'Congress': must be US government, governments, allies",
        ),
        ({"real": None}, "real is missing"),
        ({"not_modelled": None}, "not_modelled is missing"),
        ({"assumption": None}, "assumption is missing"),
        ({"assumption": "start"}, "assumption = 'start': must be a field with likely=(low, high)"),
        ({"main": None}, "main is missing"),
        ({"phase": None}, "phase is missing"),
        ({"example": None}, "example is missing"),
        ({"main": ("reductoin",)}, "main names 'reductoin', which is no field"),
        ({"example": {"start": "2026-01", "level": 1}}, "example names 'level', which is no field"),
        ({"__doc__": "Services stop bulk queries."}, 'no sentence that starts with "Writes:"'),
        ({"__doc__": None}, 'no sentence that starts with "Writes:"'),
        ({"lever": "query-limits"}, "lever = 'query-limits': must be capitals, digits and _"),
        ({"write": False}, "write(self, law, name, strength, month) is missing"),
    ],
    ids=repr,
)
def test_a_lever_that_does_not_say_what_it_is_is_refused(changes, words):
    assert words in refusal(**changes)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (0.5, "reduction has no description or no source"),
        (own(0.5, "", "0-1", "scenario", allowed=(0.0, 1.0)),
         "reduction has no description or no source"),
        (own(0.5, "share", "0-1", "", allowed=(0.0, 1.0)),
         "reduction has no description or no source"),
        (own(0.5, "share", "", "scenario", allowed=(0.0, 1.0)), "reduction has no unit"),
        (own(0.5, "share", "0-1", "scenario"), "reduction has no allowed=(lowest, highest)"),
        (own(0.5, "share", "0-1", "press; judgement", allowed=(0.0, 1.0)),
         "reduction rests on judgement and has no likely"),
        (own(0.5, "share", "0-1", "press", allowed=(0.0, 0.4)),
         "reduction = 0.5: default, likely and allowed values"),
        (own(0.5, "share", "0-1", "press", allowed=(0.0, 1.0), likely=(0.6, 0.8)),
         "reduction = 0.5: default, likely"),
    ],
)  # fmt: skip
def test_a_field_that_does_not_say_what_it_is_is_refused(field, words):
    assert words in refusal(field=field)


def test_all_that_is_missing_is_said_at_once():
    found = refusal(title=None, phase=None, write=False)
    assert [words in found for words in ("title is missing", "phase is missing", "write(")] == [
        True
    ] * 3


def test_levers_are_complete_without_their_docstrings():
    """Python run with -OO takes them out."""
    subprocess.run([sys.executable, "-OO", "-c", "import sim.policies"], check=True)


def test_two_levers_of_one_code_are_refused(tmp_path, monkeypatch):
    """A copy of a module whose code was not changed."""
    from pathlib import Path

    import sim.policies
    from sim.policies import chip_control

    source = Path(chip_control.__file__).read_text(encoding="utf-8")
    (tmp_path / "my_control.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(sim.policies, "__path__", [*sim.policies.__path__, str(tmp_path)])
    with pytest.raises(
        ScenarioError, match=r"my_control: ChipControl: lever = 'L3': sim.policies.chip_control has"
    ):
        sim.policies._levers()
    (tmp_path / "my_control.py").write_text(
        source.replace('    lever: ClassVar[str] = "L3"\n', ""), encoding="utf-8"
    )
    monkeypatch.delitem(sys.modules, "sim.policies.my_control")
    with pytest.raises(ScenarioError, match="my_control: ChipControl: lever is missing"):
        sim.policies._levers()
