"""The command ``openstakes``: results on stdout, progress and messages on stderr.

Everything is checked before the first run, and bad input leaves nothing written. Exit status: see
`sim.cli.exits`. Modules are imported by the command that needs them.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sim.cli import calibrate, hindcast, inspect, new, run, sweep, why
from sim.cli.exits import FAILED, INTERRUPTED

app = typer.Typer(
    name="openstakes",
    help=(
        "Who gains and who loses, under which policy for open-weight AI? An agent-based model for "
        "comparing policies."
    ),
    epilog=(
        "Exit status: 0 done, 1 failed, 2 bad input, 3 finished with failed runs, 4 the cluster "
        "was lost, 130 interrupted. Results are conditional comparisons under stated assumptions, "
        "not forecasts."
    ),
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        _print_version()
        raise typer.Exit()


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Print version and place of the package.",
        ),
    ] = False,
) -> None:
    """Answer what is asked before any command."""


app.command()(run.run)
app.command()(run.compare)
app.command()(sweep.sweep)
app.command()(sweep.experiment)
app.command()(sweep.compact)
app.command()(new.new)
app.command()(calibrate.calibrate)
app.command()(hindcast.hindcast)
app.command()(run.report)
app.command()(why.why)
app.command()(run.warm)
app.command()(inspect.check)
app.command()(inspect.show)
app.command()(inspect.diff)
app.command()(inspect.explain)
app.command("list")(inspect.list_)


def main() -> NoReturn:
    """Run the command with the arguments of the process."""
    if sys.flags.optimize > 1:
        print(
            "warning: Python runs with -OO (PYTHONOPTIMIZE=2), which takes out the descriptions of "
            "commands, phases and policies, in reports too; -O keeps them",
            file=sys.stderr,
        )
    _settle_streams()
    try:
        app(prog_name="openstakes")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read stdout has enough; keep Python from failing once more when it flushes at
        # exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    sys.exit(0)


def _settle_streams() -> None:
    """Keep stdout and stderr in order line by line.

    Characters that their encoding lacks are written as escapes.
    """
    codecs.register_error("openstakes", _escaped)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="openstakes", line_buffering=True)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Return the characters that an encoding lacks as the escapes that TOML and JSON read back."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    codes = map(ord, error.object[error.start : error.end])
    return "".join(
        f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}" for code in codes
    ), error.end


def _print_version() -> None:
    """Print version and package path.

    Warn if another distribution has a package of the same name.
    """
    from importlib.metadata import packages_distributions

    from sim import __version__

    print(f"openstakes {__version__} ({Path(__file__).resolve().parents[1]})")
    others = sorted(
        {name for name in packages_distributions().get("sim", []) if name.lower() != "openstakes"}
    )
    if others:
        print(
            f"warning: the package name 'sim' also belongs to {', '.join(others)}; one may hide "
            f"the other",
            file=sys.stderr,
        )
