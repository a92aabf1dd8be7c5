"""What users can cause, as one message on stderr and an exit status.

Exit status: 0 done, 1 failed, 2 bad input, 3 finished with failed runs, 4 the cluster was lost, 130
interrupted.
"""

from __future__ import annotations

import gc
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from sim.cli.progress import Report
    from sim.sweep.faults import MachineError

FAILED, BAD_INPUT, RUNS_FAILED, CLUSTER_LOST, INTERRUPTED = 1, 2, 3, 4, 130


def check_out(out: Path | None, writes: Callable[[], Mapping[str, Iterable[str]]] = dict) -> None:
    """Refuse a results folder that cannot be written, or that holds something else.

    `writes` gives the files for people that come with results, by the folder in it ("" is itself)
    that lists them as ours: none may take the place of one that is not.
    """
    if out is None:
        return
    place = out.absolute()
    try:
        if place.is_dir():
            from sim.sweep.files import folder_in
            from sim.sweep.folder import Folder
            from sim.sweep.written import check

            Folder(place).check_free()
            for folder, names in writes().items() if any(place.iterdir()) else ():
                inside = folder_in(place, folder) if folder else place
                if inside is not None:
                    check(inside, names)
        while not os.path.lexists(place):
            place = place.parent
        if not place.is_dir():
            refuse(f"--out {out}: {place} is a file; results need a folder")
        if not os.access(place, os.W_OK | os.X_OK):
            refuse(f"--out {out}: no permission to write in {place}")
    except (OSError, ValueError) as error:
        refuse(f"--out {out}: {error.strerror if isinstance(error, OSError) else error}")


def all_or_problems(calls: list[tuple[Any, str]]) -> list[Any]:
    """Return what each call gives, or raise all their problems together."""
    from sim.messages import ScenarioError

    results: list[Any] = []
    problems: list[str] = []
    for call, argument in calls:
        try:
            results.append(call(argument))
        except ScenarioError as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    return results


@contextmanager
def guarded(out: Path | None = None) -> Iterator[None]:
    """Turn what a user can cause into one message and an exit status."""
    from sim.messages import ScenarioError

    try:
        yield
    except ScenarioError as error:
        refuse(str(error))
    except KeyboardInterrupt:
        print(f"interrupted{_kept(out)}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        raise
    except (OSError, MemoryError) as error:
        from sim.sweep.faults import MachineError

        _stopped(MachineError.of(error), out)
    except RuntimeError as error:
        from sim.sweep.execution import RunFailedError
        from sim.sweep.faults import MachineError
        from sim.sweep.parts import DamagedPartError, StoreError
        from sim.sweep.runner import ClusterError

        if isinstance(error, MachineError):
            _stopped(error, out)
        if not isinstance(error, StoreError | RunFailedError | ClusterError):
            raise
        print(error, file=sys.stderr)
        failed = isinstance(error, DamagedPartError | RunFailedError)
        raise typer.Exit(FAILED if failed else BAD_INPUT) from None


def _kept(out: Path | None) -> str:
    return (
        f"; finished runs are kept in {out}, and the same command goes on from there" if out else ""
    )


def _stopped(error: MachineError, out: Path | None) -> NoReturn:
    """End with the message of a machine's fault: what to do, how to look closer and go on."""
    from sim.messages import printable
    from sim.sweep.runner import ClusterLostError

    again = f"openstakes sweep {shlex.quote(str(out))} --alone {error.run}"
    closer = f"; {again} shows where it is raised" if out and error.run else ""
    print(printable(f"failed: {error}{closer}{_kept(out)}"), file=sys.stderr)
    raise typer.Exit(CLUSTER_LOST if isinstance(error, ClusterLostError) else FAILED) from None


@contextmanager
def running(what: str, out: Path | None) -> Iterator[Report]:
    """Yield the function that shows progress.

    A folder that fails before the first report of progress is bad input.
    """
    from sim.cli.progress import compile_ahead, shown_on_stderr

    compile_ahead()
    begun = False
    with shown_on_stderr(what) as show:

        def progress(finished: int, failed: int, total: int) -> None:
            nonlocal begun
            begun = True
            if finished + failed and not gc.isenabled():
                gc.freeze()
                gc.enable()
            show(finished, failed, total)

        # What is imported for the first runs stays: collections would look through it in vain.
        # Worlds of the first runs are frozen with it, until more runs begin.
        if gc.get_freeze_count():
            gc.unfreeze()
            gc.collect()
        gc.disable()
        try:
            yield progress
        except OSError as error:
            if begun or out is None:
                raise
            refuse(f"--out {out}: {error.strerror or error}")
        finally:
            gc.enable()


def refuse(message: str) -> NoReturn:
    """End with a message and the status of bad input."""
    from sim.messages import printable

    print(printable(message), file=sys.stderr)
    raise typer.Exit(BAD_INPUT)
