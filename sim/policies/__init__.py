"""The law book: one file per lever, found by being there.

To add a policy, add a module with one subclass of `sim.policies.base.Policy` that has a ``lever``;
then a scenario, a test, `make docs`, `make golden` and a line of the changelog. The page
docs/how-to/add-a-policy.md goes through it.
"""

from __future__ import annotations

import importlib
import pkgutil

from sim.policies.base import Policy
from sim.policies.completeness import LeverError
from sim.vocabulary import PULLERS

SHARED = ("base", "completeness", "families")


def _levers() -> dict[str, type[Policy]]:
    found: dict[str, type[Policy]] = {}
    for name in sorted(
        info.name for info in pkgutil.iter_modules(__path__) if info.name not in SHARED
    ):
        module = importlib.import_module(f"{__name__}.{name}")
        for item in vars(module).values():
            if (
                isinstance(item, type)
                and issubclass(item, Policy)
                and item.__module__ == module.__name__
            ):
                if not hasattr(item, "lever"):
                    raise LeverError(
                        item, ["lever is missing: the code by which scenario files name it"]
                    )
                if item.lever in found:
                    other = found[item.lever].__module__
                    raise LeverError(item, [f"lever = {item.lever!r}: {other} has this code too"])
                found[item.lever] = item
    return {lever: found[lever] for lever in sorted(found, key=_place)}


def _place(lever: str) -> tuple[bool, int, str]:
    """L1, L2, ... by number, then all others by name."""
    numbered = lever[:1] == "L" and lever[1:].isdecimal()
    return not numbered, int(lever[1:]) if numbered else 0, lever


LEVERS: dict[str, type[Policy]] = _levers()


def by_puller() -> list[tuple[str, type[Policy]]]:
    """Return the levers with their classes, those that one party pulls together."""
    return sorted(LEVERS.items(), key=lambda item: PULLERS.index(item[1].pulled_by))


def called(policy: type[Policy]) -> str:
    """Return the name of a lever in words joined by hyphens: "open-weight-control" for L1."""
    return policy.__module__.rpartition(".")[2].replace("_", "-")


def lever_meant(text: str) -> str | None:
    """Return the lever that text names: by itself, in words or as a policy of the paper (P1).

    It may do so in any letter case.
    """
    plain = text.casefold().replace("_", "-").replace(" ", "-")
    for lever, policy in LEVERS.items():
        if plain in (
            lever.casefold().replace("_", "-"),
            called(policy),
            policy.paper.casefold() or None,
        ):
            return lever
    return None
