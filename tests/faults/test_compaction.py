"""Compaction that is killed: at every step the folder is sound and holds the same runs."""

from __future__ import annotations

from pathlib import Path

from sim.sweep.compaction import compact, resolve
from sim.sweep.execution import execute
from tests.faults.harness import Driver, assert_whole, files, needs_proc, plan, values
from tests.faults.test_driver import EVERY_STEP
from tests.sweep import fake

BEGIN = "execute(plan(8), out=out, workers=1, simulate=fake.world)\n        os._exit(0)"
KILLED = (
    EVERY_STEP.replace(
        "    pid = os.fork()\n",
        "    execute(plan(12), out=out, workers=1, simulate=fake.world)\n    pid = os.fork()\n",
    )
    .replace(BEGIN, "compact(out)\n        os._exit(0)")
    .replace(
        "from sim.sweep.execution",
        "from sim.sweep.compaction import compact\nfrom sim.sweep.execution",
    )
)
"""Sweeps, and compacts in a process that dies just before its so-manieth change."""


@needs_proc
def test_death_at_every_step_of_a_compaction(tmp_path, undisturbed) -> None:
    assert "compact(out)" in KILLED
    assert KILLED.count("execute(plan") == 1
    with Driver(tmp_path, KILLED, str(tmp_path)) as driver:
        steps = int(driver.line())
        assert driver.wait() == 0
    assert steps > 15
    execute(plan(12), out=tmp_path / "whole", workers=1, simulate=fake.world)
    whole = values(tmp_path / "whole")
    old = {Path(name).stem: data for name, data in files(tmp_path / "whole").items() if "/" in name}
    for step in range(steps + 1):
        out = tmp_path / f"out-{step}"
        assert values(out) == whole  # opened as it is, every part checked
        if step % 2:
            assert compact(out)[1] == 1
        else:
            execute(plan(12), out=out, workers=1, simulate=fake.never)
        assert_whole(out, 24)
        assert values(out) == whole
        if step in (0, steps):
            for name, data in old.items():
                assert resolve(out, name) == data
