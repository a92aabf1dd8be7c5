"""Where the shipped scenarios, assumptions, overrides and experiments are.

Only this module knows. In a checkout they live at its top level, in an installed wheel under
``sim/library/``. A shipped item is asked for by name and looked up in a listing; a name is never
used as a path.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from sim.messages import ScenarioError, nearest, one_of, printable, shown

STATUS_QUO = "status-quo"
"""The scenario that holds policy as it is."""
NAME_RULE = "[a-z0-9][a-z0-9-]{0,63}"
NAME_TAKEN = (
    "null|nan|none|na|n-a|inf|infinity"  # missing values and infinity
    "|true|false|yes|no|on|off"
    "|[0-9][0-9-]*|[0-9]+e-?[0-9]+|0x[0-9a-f]+|0o[0-7]+|0b[01]+"  # numbers and dates
    "|con|prn|aux|nul|com[0-9]|lpt[0-9]"  # devices on Windows: no file may be called so
)
"""Names that other programs read as something else.

A row of a table or a file with such a name would be lost.
"""
NAME_PATTERN = f"^(?!({NAME_TAKEN})$){NAME_RULE}$"
"""Both rules as one pattern, for JSON schema."""
MARKS = {
    "scenario": (
        *("extends", "remove", "history", "horizon", "adopters", "structure", "assumptions"),
        *("policy", "crisis", "title", "modelled", "not_modelled", "sources"),
    ),
    "experiment": (
        *("scenarios", "against", "replications", "seed", "also_without_assumed"),
        *("levers", "uncertainties", "keep"),
    ),
}
"""Keys at the top of a file of one kind that the other kind does not have."""
COMMANDS = {"scenario": "compare", "experiment": "sweep"}
"""What runs a file of a kind."""

_NAME = re.compile(NAME_RULE)
_TAKEN = re.compile(NAME_TAKEN)


def name_problem(text: str) -> str:
    """Return why text may not be a name; "" if it may.

    Names are those of scenarios, policies, crises, assumption sets and experiments.
    """
    if _NAME.fullmatch(text) is None:
        return f"a name is small letters, digits and hyphens ({NAME_RULE})"
    if _TAKEN.fullmatch(text) is None:
        return ""
    return (
        "other programs read this as a number, a date, a yes or no, a missing value or a device; "
        "add a word to it"
    )


def is_name(text: str) -> bool:
    """Tell whether text may name a scenario, policy, crisis, assumption set or experiment."""
    return not name_problem(text)


def root() -> Path:
    """Return the folder that holds ``scenarios/`` and ``experiments/``."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "library"
    return installed if installed.is_dir() else package.parent


def scenarios() -> dict[str, Path]:
    """Return the shipped scenario files by name."""
    return _toml_files(root() / "scenarios")


def assumptions() -> dict[str, Path]:
    """Return the shipped assumption files by name."""
    return _toml_files(root() / "scenarios" / "assumptions")


def overrides() -> dict[str, Path]:
    """Return the shipped override files by name."""
    return _toml_files(root() / "scenarios" / "overrides")


def ensembles() -> dict[str, Path]:
    """Return the shipped ensembles of parameters by name: CSV files beside the assumptions."""
    found = sorted((root() / "scenarios" / "assumptions").glob("*.csv"))
    return {path.stem: path for path in found if is_name(path.stem)}


def experiments() -> dict[str, Path]:
    """Return the ``experiment.toml`` of each shipped experiment by the name of its folder."""
    found = sorted((root() / "experiments").glob("*/experiment.toml"))
    return {path.parent.name: path for path in found if is_name(path.parent.name)}


def is_path(text: str) -> bool:
    """Tell whether text asks for a user's own file: it ends in .toml or contains a separator."""
    return text.endswith(".toml") or "/" in text or "\\" in text


def meant(text: str, known: Iterable[str]) -> str | None:
    """Return the one name that text is but for letter case and underscores.

    A policy of the paper may be given by its number (P1).
    """
    from sim.data import paper_signs

    plain = text.casefold().replace("_", "-").replace(" ", "-")
    of_paper = {policy.partition("-")[0]: policy for policy, _ in paper_signs()}
    found = [name for name in known if name in (plain, of_paper.get(plain))]
    return found[0] if len(found) == 1 else None


def locate(kind: str, text: str) -> tuple[Path, Path | None]:
    """Return the file that the argument of a command names, and the folder that belongs to it.

    A user's own file has its folder, and so has a shipped experiment; a shipped scenario has none.

    Names are found as `meant` finds them; inside files only the name itself counts (`find`).

    Parameters
    ----------
    kind
        As for `find`.
    text
        A path, which ends in .toml, or a name.

    Raises
    ------
    ScenarioError
        If it is no path and names nothing, or is a path that does not end in .toml.
    """
    if text.endswith(".toml"):
        return Path(text), Path(text).parent
    if os.path.isdir(text) and text not in _shipped(kind):
        raise ScenarioError(
            [f"{kind} {shown(text)}: is a folder; name a file in it, such as {text}/NAME.toml"]
        )
    if is_path(text) or (os.path.isfile(text) and text not in _shipped(kind)):
        # Such a file is not opened: messages show lines that cannot be read, and they may be of
        # another's file.
        raise ScenarioError(
            [f"{kind} {shown(text)}: the name of a file ends in .toml; rename one that has another"]
        )
    found = find(kind, meant(text, _shipped(kind)) or text)
    return found, found.parent if kind == "experiment" else None


def find(kind: str, text: str, beside: Path | None = None) -> Path:
    """Return the file of a scenario, assumption set, override or experiment.

    Parameters
    ----------
    kind
        "scenario", "assumptions", "override" or "experiment".
    text
        A shipped name. A path is not understood here.
    beside
        Folder of the user's file that asks: a name that is not shipped may be NAME.toml there, or
        assumptions/NAME.toml for an assumption set.

    Raises
    ------
    ScenarioError
        If there is no such item, or it is a link out of the folder; the message names the nearest
        one.
    """
    known = _shipped(kind)
    if text in known:
        return known[text]
    likely = meant(text, known)
    hint = (
        f"; did you mean {likely!r}?" if likely else _lever_hint(kind, text) or nearest(text, known)
    )
    problem = name_problem(text)
    if problem:
        raise ScenarioError([f"{kind} {shown(text)}: {problem}{hint}"])
    if beside is not None:
        listed = _toml_files(beside / "assumptions" if kind == "assumptions" else beside)
        if text in listed:
            if not is_inside(listed[text], beside):
                raise ScenarioError(
                    [f"{kind} {shown(text)}: {label(listed[text])} is a link out of the folder"]
                )
            return listed[text]
    other = _other(kind)
    if other and text in _shipped(other):
        hint = f": it is {_a(other)}: openstakes {COMMANDS[other]} {text}"
    hint = hint or f"; known: {one_of(known) or 'none'}"
    raise ScenarioError([f"{kind} {shown(text)} does not exist{hint}"])


def is_inside(path: Path, folder: Path) -> bool:
    """Tell whether a file that another one names is in that one's folder.

    Neither ``..`` nor a link leads out of it.
    """
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _shipped(kind: str) -> dict[str, Path]:
    listings = {
        "scenario": scenarios,
        "assumptions": assumptions,
        "override": overrides,
        "experiment": experiments,
    }
    return listings[kind]()


def _lever_hint(kind: str, text: str) -> str:
    """Return where to look if the name of a lever was given for that of a scenario."""
    from sim.policies import lever_meant

    lever = lever_meant(text) if kind == "scenario" else None
    return (
        f"; it is lever {lever}: openstakes list policies {lever} names the scenarios that use it"
        if lever
        else ""
    )


def refuse_other(kind: str, table: Iterable[str], file: str) -> None:
    """Refuse a file of the other kind that is run by a command: an experiment, or a scenario.

    Parameters
    ----------
    kind
        "scenario" or "experiment": what was asked for.
    table
        Keys at the top of the file.
    file
        Its name for messages.

    Raises
    ------
    ScenarioError
        In one line, with the command for it, if it has keys of the other kind and none of its own.
    """
    other, keys = _other(kind), list(table)
    found = [key for key in keys if key in MARKS[other]]
    if found and not any(key in MARKS[kind] for key in keys):
        command = f"openstakes {COMMANDS[other]} {shlex.quote(file)}"
        raise ScenarioError([f"{file}: this is {_a(other)} (it has {', '.join(found)}): {command}"])


def _other(kind: str) -> str:
    return {"scenario": "experiment", "experiment": "scenario"}.get(kind, "")


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "experiment" else f"a {kind}"


def label(path: Path) -> str:
    """Return the name of a file for messages, in one line.

    Shipped files are named from the library's top, others as given.
    """
    shipped = path.is_absolute() and path.is_relative_to(root())
    return printable(path.relative_to(root()).as_posix() if shipped else str(path)).replace(
        "\n", "\\n"
    )


def _toml_files(folder: Path) -> dict[str, Path]:
    """Return the TOML files of a folder whose stem is a valid name, sorted."""
    return {path.stem: path for path in sorted(folder.glob("*.toml")) if is_name(path.stem)}
