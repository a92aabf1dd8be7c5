"""Where the shipped scenarios, assumptions, overrides and experiments are: the only module that knows.

In a checkout they live at its top level, in an installed wheel under ``sim/library/``. A shipped item is asked for by
name and looked up in a listing; a name is never used as a path.
"""

from __future__ import annotations

import re
from pathlib import Path

from sim.messages import ScenarioError, nearest, one_of, printable, shown

NAME_RULE = "[a-z0-9][a-z0-9-]{0,63}"
_NAME = re.compile(NAME_RULE)


def is_name(text: str) -> bool:
    """Tell whether text may name a scenario, policy, assumption set or experiment."""
    return _NAME.fullmatch(text) is not None


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


def experiments() -> dict[str, Path]:
    """Return the ``experiment.toml`` of each shipped experiment by the name of its folder."""
    found = sorted((root() / "experiments").glob("*/experiment.toml"))
    return {path.parent.name: path for path in found if is_name(path.parent.name)}


def is_path(text: str) -> bool:
    """Tell whether text asks for a user's own file: it ends in .toml or contains a separator."""
    return text.endswith(".toml") or "/" in text or "\\" in text


def find(kind: str, text: str, beside: Path | None = None) -> Path:
    """Return the file of a scenario, assumption set, override or experiment.

    Parameters
    ----------
    kind
        "scenario", "assumptions", "override" or "experiment".
    text
        A shipped name. A path is not understood here.
    beside
        Folder of the user's file that asks: a name that is not shipped may be NAME.toml there.

    Raises
    ------
    ScenarioError
        If there is no such item; the message names the nearest one.
    """
    listings = {"scenario": scenarios, "assumptions": assumptions, "override": overrides, "experiment": experiments}
    known = listings[kind]()
    if text in known:
        return known[text]
    if not is_name(text):
        raise ScenarioError([f"{kind} {shown(text)}: a name is small letters, digits and hyphens ({NAME_RULE})"])
    if beside is not None:
        listed = _toml_files(beside)
        if text in listed:
            return listed[text]
    hint = nearest(text, known) or f"; known: {one_of(known) or 'none'}"
    raise ScenarioError([f"{kind} {shown(text)} does not exist{hint}"])


def label(path: Path) -> str:
    """Return the name of a file for messages: shipped files from the library's top, others as given; one line."""
    shipped = path.is_absolute() and path.is_relative_to(root())
    return printable(path.relative_to(root()).as_posix() if shipped else str(path)).replace("\n", "\\n")


def _toml_files(folder: Path) -> dict[str, Path]:
    """Return the TOML files of a folder whose stem is a valid name, sorted."""
    return {path.stem: path for path in sorted(folder.glob("*.toml")) if is_name(path.stem)}
