"""A default run beside first examples of other libraries, with as many agents and steps.

These are unlike workloads: openstakes does all of its model, the others a textbook's. Each library
is installed into an environment of its own in the user's cache (XDG_CACHE_HOME); one that cannot be
installed is named and left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks.rounds import Figure, Maker, interleaved, ratio, took
from sim.model.world import World
from sim.scenario.scenario import load

SCRIPTS = Path(__file__).parent / "peers"
PEERS = {
    "mesa": ("mesa_wealth", "Mesa, its wealth example"),
    "starsim": ("starsim_sir", "Starsim, its epidemic (SIR) on a random network"),
    "mesa-frames": ("mesa_frames_wealth", "mesa-frames, the wealth example"),
}


def environment(package: str) -> Path | str:
    """Return Python with a package installed, or why there is none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = ".".join(map(str, sys.version_info[:2]))
    folder = cache / "openstakes-benchmarks" / f"{package}-{version}"
    python, ready = folder / "bin" / "python", folder / "ready"
    if not ready.exists():
        print(f"installing {package}", file=sys.stderr)
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", package]
        for command in ([sys.executable, "-m", "venv", "--clear", folder], install):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                said = (done.stderr or done.stdout).strip().splitlines()
                return said[-1] if said else f"status {done.returncode}"
        ready.touch()
    return python


def version_of(python: Path, package: str) -> str:
    """Return the version of an installed package."""
    command = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python, "-c", command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def measure(rounds: int) -> list[Figure]:
    """Return what an agent's step costs in each library, over openstakes."""
    scenario = load("status-quo")
    World(scenario, rng=1).run()
    figures = []
    with ExitStack() as stack:
        timers = [lambda number: took(lambda: World(scenario, rng=1, replication=number).run())]
        measured = []
        for package, (script, what) in PEERS.items():
            key = f"peer_{package.replace('-', '_')}"
            python = environment(package)
            if isinstance(python, str):
                figures.append(Figure(key, what, None, "x", 0, note=f"not installed: {python}"))
                continue
            maker = stack.enter_context(Maker([python, SCRIPTS / f"{script}.py"], SCRIPTS))
            maker.ask(scenario.adopters, 3, 0)  # warm: libraries are loaded
            measured.append((key, f"{what} ({version_of(python, package)}), over openstakes"))
            timers.append(
                lambda number, maker=maker: float(
                    maker.ask(scenario.adopters, scenario.months, number)[0]
                )
            )
        seconds = interleaved(timers, rounds)
    note = (
        f"unlike workloads, {scenario.adopters:,} agents x {scenario.months}: {{over}}, {{under}}"
    )
    figures += [
        ratio(key, what, column, seconds[:, 0], note)
        for (key, what), column in zip(measured, seconds.T[1:], strict=True)
    ]
    return figures
