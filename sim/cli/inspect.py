"""Commands that read scenarios and the model, and run nothing: check, show, diff, explain, list."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sim.cli.exits import BAD_INPUT, all_or_problems, guarded, refuse
from sim.cli.options import Json, Overrides, Seed, Settings


def _schema(asked: bool) -> None:
    if asked:
        from sim.scenario.schema import as_text

        print(as_text(), end="")
        raise typer.Exit()


def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Scenario files, or names of scenarios.")
    ],
) -> None:
    """Check scenario files and print every problem."""
    with guarded():
        from sim.messages import ScenarioError
        from sim.scenario.scenario import load_with_layer
        from sim.scenario.warnings import notes

        bad = False
        for file in files:
            try:
                scenario, layer = load_with_layer(file)
                said = list(notes(scenario, layer))  # they write a law, which may be refused
            except ScenarioError as error:
                bad = True
                print(error, file=sys.stderr)
            else:
                print(f"{file}: ok, {scenario.name}, id {scenario.id}")
                for note in said:
                    print(f"  note: {note}")
        if bad:
            raise typer.Exit(BAD_INPUT)


def show(
    scenario: Annotated[str, typer.Argument(help="Name of a scenario, or a file.")],
    settings: Settings = [],  # noqa: B006  read, never changed
    overrides: Overrides = [],  # noqa: B006
    schema: Annotated[  # noqa: ARG001  its callback prints and ends
        bool,
        typer.Option(
            "--schema",
            callback=_schema,
            is_eager=True,
            help="Print the JSON schema of scenario files.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Print a scenario in full: every value, and which file gave it."""
    with guarded():
        from sim.scenario.provenance import annotated
        from sim.scenario.scenario import load_with_origins

        checked, origins = load_with_origins(scenario, overrides, settings)
        if as_json:
            from sim.cli.terminal import print_json

            print_json({"id": checked.id, "scenario": checked.as_table(), "origins": origins})
        else:
            print(annotated(checked, origins), end="")


def diff(
    a: Annotated[str, typer.Argument(help="Name of a scenario, or a file.")],
    b: Annotated[
        str | None, typer.Argument(show_default="A as changed", help="The other one.")
    ] = None,
    settings: Settings = [],  # noqa: B006  read, never changed
    overrides: Overrides = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Print where two scenarios differ, and which file gave each value.

    --set and --override change B.
    """
    with guarded():
        if b is None and not settings and not overrides:
            refuse(
                f"diff {a}: needs a second scenario, or a change of the first with --set or "
                f"--override"
            )
        from sim.cli import terminal
        from sim.scenario.provenance import compared
        from sim.scenario.scenario import load_with_origins

        first, second = all_or_problems(
            [
                (load_with_origins, a),
                (lambda name: load_with_origins(name, overrides, settings), a if b is None else b),
            ]
        )
        rows = compared(first, second)
        sides = {
            side: {"name": found[0].name, "id": found[0].id}
            for side, found in (("a", first), ("b", second))
        }
        if as_json:
            terminal.print_json(sides | {"differences": rows})
        else:
            terminal.print_differences(sides, rows)


def explain(
    scenario: Annotated[str, typer.Argument(help="Name of a scenario, or a file.")],
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The month.")],
    country: Annotated[
        str | None, typer.Option(metavar="CODE", help="A country, such as KEN.")
    ] = None,
    family: Annotated[
        str | None, typer.Option(metavar="LAB", help="A lab's releases, such as meta.")
    ] = None,
    settings: Settings = [],  # noqa: B006  read, never changed
    overrides: Overrides = [],  # noqa: B006
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Print the law of a month, and which policy changed what."""
    with guarded():
        from sim.scenario.scenario import load

        checked = load(scenario, overrides, settings)
        from sim.analysis.explanation import explain as explain_law

        row = explain_law(checked, month, country, family, seed)
        from sim.cli import terminal

        if as_json:
            terminal.print_json(row)
        else:
            terminal.print_explanation(row)


def list_(
    kind: Annotated[
        str,
        typer.Argument(
            help=(
                "scenarios, policies, parameters, outcomes, phases, experiments, countries, groups "
                "or labs."
            )
        ),
    ],
    name: Annotated[str | None, typer.Argument(help="One of them, to see it in full.")] = None,
    as_json: Json = False,
) -> None:
    """List what there is to choose from."""
    with guarded():
        from sim.cli.listing import rows

        found = rows(kind, name)
        from sim.cli import terminal

        if as_json:
            terminal.print_json(found if name is None else found[0])
        elif name is None:
            terminal.print_rows(kind, found)
        else:
            terminal.print_row(found[0])
