"""How a sweep fares on clusters: late, adaptive, dying and unfit workers, shares, many parts.

    python -m benchmarks.cluster [--only T1 T3] [--minutes 3] [--parts 125000] [--save]

Nodes are processes of this machine on the loopback; their worlds sleep, so that more workers than
cores can be busy. Each trial ends with a comparison of every number with those of an undisturbed
sweep. ``--save`` also writes the output to benchmarks/output/cluster.txt. Looks at processes
through /proc (Linux).

T1  one worker, then five more        T5  a node with another version, one with a full disk
T2  an adaptive cluster from nothing  T6  four shares, one of them killed and repeated
T3  workers with a short lifetime     T7  many small parts, before and after `compact`
T4  workers and the scheduler killed
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path

from sim.analysis.study import Study
from sim.sweep.compaction import compact
from sim.sweep.execution import execute
from sim.sweep.folder import Folder
from sim.sweep.manifest import made_by
from tests.faults import worlds
from tests.faults.harness import ROOT, Driver, plan, until, values_of
from tests.faults.test_cluster import SCHEDULER, WORKER
from tests.faults.test_share import share_script
from tests.sweep import fake

SECONDS = 0.1
"""What a run of the trials takes; a chunk has eight."""


class Nodes:
    """A scheduler, and groups of workers that come and go."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.scheduler = stack.enter_context(Driver(folder, SCHEDULER))
        self.address = self.scheduler.line()

    def start(self, number: int, *options: str, **environment: str) -> Driver:
        """Start a group of workers with a folder of its own."""
        local = tempfile.mkdtemp(dir=self.folder)
        words = ["--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard"]
        words += ["--nworkers", str(number), "--local-directory", local, *options]
        group = Driver(self.folder, WORKER, self.address, *words, local, environment=environment)
        return self.stack.enter_context(group)

    def restart(self) -> None:
        """Kill the scheduler and start another one in its place."""
        self.scheduler.kill()
        port = self.address.rpartition(":")[2]
        self.scheduler = self.stack.enter_context(Driver(self.folder, SCHEDULER, port))
        assert self.scheduler.line() == self.address

    def workers(self) -> int:
        """Return how many workers there are."""
        return len(self.ask(lambda client: client.nthreads()))

    def ask(self, what: Callable):
        """Return what a client says."""
        from distributed import Client

        with Client(self.address, set_as_default=False, timeout=20) as client:
            return what(client)


@contextlib.contextmanager
def nodes() -> Iterator[Nodes]:
    """Yield a scheduler without workers, in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        yield Nodes(Path(folder), stack)


def swept(found: Nodes, replications: int, world: Callable = worlds.paced) -> tuple[str, str]:
    """Sweep on the cluster; return how it went, and what was said on stderr."""
    said, start = io.StringIO(), time.perf_counter()
    out, design = found.folder / "out", plan(replications)
    with contextlib.redirect_stderr(said):
        execute(
            design,
            out=out,
            executor=f"dask:{found.address}",
            simulate=partial(world, seconds=SECONDS),
        )
    wall = time.perf_counter() - start
    return f"{design.runs:,} runs in {wall:.0f} s; {verdict(out, replications)}", said.getvalue()


def verdict(out: Path, replications: int) -> str:
    """Compare a folder with an undisturbed sweep."""
    store = Folder.open(out)[0]
    whole = execute(plan(replications), workers=1, simulate=fake.world)
    equal = "equal" if set(store.parts) == set(whole.parts) else "OTHER"
    same = "equal" if values_of(store) == values_of(whole) else "OTHER"
    return f"{len(store.failures())} failed, part hashes {equal}, numbers {same}"


def late_workers(options: argparse.Namespace) -> list[str]:
    """T1."""
    times: dict[str, float] = {}

    def watch(found: Nodes, stop: threading.Event) -> None:
        from distributed import Client

        with Client(found.address, set_as_default=False) as client:
            while not stop.wait(0.1):
                if len(client.nthreads()) == 6:
                    times.setdefault("6 joined", time.perf_counter())
                if sum(bool(tasks) for tasks in client.processing().values()) >= 5:
                    times.setdefault("5 busy", time.perf_counter())

    with nodes() as found:
        found.start(1)
        until(lambda: found.workers() == 1)
        stop = threading.Event()
        watcher = threading.Thread(target=watch, args=(found, stop))
        watcher.start()
        timer = threading.Timer(5, found.start, (5,))
        timer.start()
        words, _ = swept(found, 800)
        stop.set()
        watcher.join()
        timer.join()
    seconds = max(0.0, times["5 busy"] - times["6 joined"])
    return [f"{words}; at least 5 workers were busy {seconds:.1f} s after the sixth had joined"]


def adaptive(options: argparse.Namespace) -> list[str]:
    """T2."""
    import distributed

    with tempfile.TemporaryDirectory() as folder:
        out, said, most = Path(folder) / "out", io.StringIO(), 0
        with distributed.LocalCluster(
            n_workers=0,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            silence_logs=logging.CRITICAL,
        ) as cluster:
            cluster.adapt(minimum=0, maximum=4)

            def progress(*_: int) -> None:
                nonlocal most
                most = max(most, len(cluster.scheduler_info["workers"]))

            with contextlib.redirect_stderr(said):
                execute(
                    plan(400),
                    out=out,
                    executor=f"dask:{cluster.scheduler_address}",
                    simulate=partial(worlds.paced, seconds=SECONDS),
                    progress=progress,
                )
        waited = "said that it waits" if "waiting for workers" in said.getvalue() else "SILENT"
        return [f"{waited}; at most {most} workers; {verdict(out, 400)}"]


def lifetimes(options: argparse.Namespace) -> list[str]:
    """T3."""
    with nodes() as found:
        life = options.lifetime
        found.start(
            4,
            *("--lifetime", f"{life}s", "--lifetime-stagger", f"{life // 2}s"),
            "--lifetime-restart",
        )
        until(lambda: found.workers() == 4)
        words, said = swept(found, 12 * round(options.minutes * 60))
    return [f"{words}; said: {said.strip() or 'nothing'}"]


def kills(options: argparse.Namespace) -> list[str]:
    """T4."""
    killed = 0

    def kill(found: Nodes, stop: threading.Event) -> None:
        nonlocal killed
        chance = random.Random(1)
        for number in range(20):
            if stop.wait(5):
                return
            if number == 10:
                found.restart()
                found.start(4)
            with contextlib.suppress(OSError):  # the scheduler is just being replaced
                alive = found.ask(lambda client: client.run(os.getpid))
                os.kill(chance.choice(sorted(alive.values())), signal.SIGKILL)
                killed += 1

    with nodes() as found:
        found.start(4)
        until(lambda: found.workers() == 4)
        stop = threading.Event()
        killer = threading.Thread(target=kill, args=(found, stop))
        killer.start()
        words, _ = swept(found, 2000)
        stop.set()
        killer.join()
    return [f"{killed} workers and one scheduler killed; {words}"]


def unfit(options: argparse.Namespace) -> list[str]:
    """T5."""
    with nodes() as found:
        other = found.folder / "other"
        for name in ("sim", "tests"):
            shutil.copytree(ROOT / name, other / name)
        with (other / "sim" / "months.py").open("a") as file:
            file.write("# another version\n")
        found.start(1, PYTHONPATH=str(other))
        found.start(1, OPENSTAKES_TEST_FULL="yes")
        found.start(1)
        found.start(1)
        until(lambda: found.workers() == 4)
        words, said = swept(found, 200, world=worlds.full)
    return [words, *(line[:160] for line in said.splitlines())]


def shares(options: argparse.Namespace) -> list[str]:
    """T6."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        out = Path(folder) / "out"
        jobs = [
            stack.enter_context(Driver(Path(folder), share_script(out, f"{number}/4", 400)))
            for number in (1, 2, 3, 4, 4)
        ]
        until(lambda: len(list(out.glob("series/*.parquet"))) > 4)
        jobs[1].kill()
        states = [job.process.wait(600) for job in jobs]
        again = stack.enter_context(Driver(Path(folder), share_script(out, "2/4", 400)))
        states.append(again.process.wait(600))
        return [f"statuses {states}, the last is the killed one again; {verdict(out, 400)}"]


def parts(options: argparse.Namespace) -> list[str]:
    """T7."""
    import duckdb

    lines = []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        really, os.fsync = os.fsync, lambda handle: None  # what is made here is thrown away
        execute(plan(4 * options.parts), out=out, workers=1, simulate=fake.world)
        os.fsync = really
        for when in ("as swept", "compacted"):
            files = [path for path in out.rglob("*") if path.is_file()]
            size = sum(path.stat().st_size for path in files) / 1e6
            done = {
                "Study.open": lambda: Study.open(out),
                "table": lambda: Study(*Folder.open(out), described=fake.DESCRIBED).table(),
                "DuckDB": lambda: duckdb.sql(
                    f"select avg(alpha) from '{out}/series/*.parquet'"
                ).fetchall(),
                "copy": lambda: shutil.copytree(out, Path(folder) / "copy"),
                "rm": lambda: shutil.rmtree(Path(folder) / "copy"),
            }
            took = []
            for name, act in done.items():
                start = time.perf_counter()
                act()
                took.append(f"{name} {time.perf_counter() - start:.1f} s")
            lines.append(f"{when}: {len(files):,} files, {size:.0f} MB: {', '.join(took)}")
            if when == "as swept":
                before, start = values_of(Folder.open(out)[0]), time.perf_counter()
                with contextlib.redirect_stderr(io.StringIO()):
                    counts = compact(out)
                seconds = time.perf_counter() - start
                lines.append(f"compact: {counts[0]:,} parts to {counts[1]:,} in {seconds:.0f} s")
        same = "equal" if values_of(Folder.open(out)[0]) == before else "OTHER"
        return [*lines, f"numbers {same}"]


TRIALS = {
    "T1": late_workers,
    "T2": adaptive,
    "T3": lifetimes,
    "T4": kills,
    "T5": unfit,
    "T6": shares,
    "T7": parts,
}


def main() -> None:
    """Run the trials and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=TRIALS, default=list(TRIALS))
    parser.add_argument("--minutes", type=float, default=3.0, help="of T3")
    parser.add_argument("--lifetime", type=int, default=10, help="seconds, of workers in T3")
    parser.add_argument("--parts", type=int, default=125_000, help="of T7")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    lines = [
        f"python -m benchmarks.cluster {' '.join(sys.argv[1:])}",
        f"{date.today()}, {', '.join(f'{name} {text}' for name, text in made_by().items())}",
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}",
        "",
    ]
    print("\n".join(lines), flush=True)
    for name in options.only:
        for line in TRIALS[name](options):
            lines.append(f"{name}  {line}")
            print(lines[-1], flush=True)
    if options.save:
        path = ROOT / "benchmarks" / "output" / "cluster.txt"
        path.write_text("\n".join(lines) + "\n")
        print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
