"""What all tests share: compiled code, repeatable properties, one finished run.

The cache of compiled code knows every kernel.
"""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
KERNELS = ("numerics", "market", "countries", "choice", "bans", "misuse", "attempts", "shares")


def _kernel_cache() -> Path:
    """Folder of compiled code for exactly these kernels.

    Numba looks at the one file that holds a function, not at the files of the functions it calls:
    after a change in kernels.py it would go on using the old code inside choice.py.
    """
    digest = hashlib.sha256()
    for name in KERNELS:
        digest.update((ROOT / "sim" / "model" / "kernels" / f"{name}.py").read_bytes())
    base = Path(os.environ.get("NUMBA_CACHE_DIR") or ROOT / ".pytest_cache")
    folder = f"kernels-{digest.hexdigest()[:12]}"
    return base if base.name == folder else base / folder


# Before anything imports numba; processes that tests start inherit it.
os.environ["NUMBA_CACHE_DIR"] = str(_kernel_cache())

# A shell that starts the tests in the background has Ctrl-C ignored, here and in all processes
# started from here.
if (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def default_run():
    """A finished world and its series: status quo, seed 1, replication 0.

    Tests read it and change nothing.
    """
    from sim.model.world import World

    world = World("status-quo", rng=1, replication=0)
    return world, world.run()
