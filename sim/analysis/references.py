"""A design with another reference: any two scenarios of a finished sweep are pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sim.messages import nearest, one_of
from sim.sweep.design import Case, Design


def with_reference(design: Design, cases: Sequence[Case], name: str) -> Design:
    """Return a design of the same runs in which all are compared with one (see `Study`)."""
    meant = [case.name for case in cases if case.name == name]
    meant = meant or [case.name for case in cases if case.scenario.name == name]
    known = [case.name for case in cases]
    if not meant:
        raise KeyError(
            f"no scenario {name!r} in this study; it has {one_of(known)}{nearest(name, known)}"
        )
    if len(meant) > 1:
        raise KeyError(f"{name!r} has {len(meant)} cases: name one of them: {one_of(meant)}")
    (against,) = meant
    order = sorted(
        range(len(design.cases)),
        key=lambda i: (
            design.cases[i].variant != design.cases[0].variant,
            design.cases[i].name != against,
        ),
    )
    found = replace(design, cases=tuple(replace(design.cases[i], against=against) for i in order))
    # Those of a folder say which runs are whose, whatever this version would call them.
    found.__dict__["points"] = [design.points[i] for i in order]
    return found
