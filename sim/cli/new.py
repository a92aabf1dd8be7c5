"""The command that begins an experiment or a scenario of a user's own."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.exits import guarded, refuse

STARTERS = Path(__file__).with_name("starters")
LONGEST_TITLE = 48


def new(
    what: Annotated[
        Literal["experiment", "scenario"],
        typer.Argument(metavar="WHAT", help="experiment (a folder) or scenario (a file)."),
    ],
    name: Annotated[
        str, typer.Argument(help="Its name, after the folder it goes into if that is another one.")
    ],
) -> None:
    """Begin an experiment or a scenario of your own, ready to run and to change."""
    with guarded():
        from sim.messages import shown
        from sim.scenario import library

        place = Path(name.removesuffix(".toml") if what == "scenario" else name)
        problem = library.name_problem(place.name)
        shipped = library.experiments() if what == "experiment" else library.scenarios()
        if problem:
            refuse(f"new {what} {shown(name)}: {problem}")
        if place.name in shipped:
            refuse(f"new {what} {shown(name)}: a shipped {what} has this name; choose another one")
        if what == "scenario":
            place = place.with_name(f"{place.name}.toml")
        if os.path.lexists(place):
            refuse(f"new {what} {shown(name)}: {place} is there already; choose another name")
        if not place.parent.is_dir():
            refuse(f"new {what} {shown(name)}: there is no folder {place.parent}")
        (_write_experiment if what == "experiment" else _write_scenario)(place)


def _write_experiment(folder: Path) -> None:
    """Write a folder with an experiment and its page: all of it under its name, or nothing."""
    from sim.scenario.library import label

    shown_as, name = shlex.quote(label(folder)), folder.name
    hidden = folder.with_name(f".{name}.{secrets.token_hex(4)}.tmp")
    files = ("experiment.toml", "README.md")
    try:
        hidden.mkdir()
        for file in files:
            text = _starter(file, FOLDER=shown_as, NAME=name)
            (hidden / file).write_text(text, encoding="utf-8")
        hidden.rename(folder)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    for file in files:
        print(folder / file)
    print(f"run it: openstakes experiment {shown_as}/experiment.toml --quick --out results/{name}")


def _write_scenario(path: Path) -> None:
    """Write a file with a scenario, whole or not at all."""
    from sim.scenario.library import label
    from sim.sweep.files import write_first

    shown_as, name = shlex.quote(label(path)), path.stem
    title = name.replace("-", " ").capitalize()[:LONGEST_TITLE].rstrip()
    write_first(path, _starter("scenario.toml", FILE=shown_as, NAME=name, TITLE=title).encode())
    print(path)
    print(f"run it: openstakes compare {shown_as} --quick --out results/{name}")


def _starter(file: str, **words: str) -> str:
    """Return the text of a starter with words in the place of those in capitals."""
    text = (STARTERS / file).read_text(encoding="utf-8")
    return re.sub("|".join(words), lambda found: words[found[0]], text)
