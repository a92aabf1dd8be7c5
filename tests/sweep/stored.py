"""A finished sweep of tests and its files."""

from sim.sweep.design import BLOCK, Design
from sim.sweep.parts import hash_of
from tests.sweep import fake

REPLICATIONS = BLOCK + 1


def plan(replications=REPLICATIONS, seed=3, scenarios=None, **content):
    known = scenarios or [
        fake.scenario("status-quo", **content),
        fake.scenario("audits", 1, **content),
    ]
    return Design.of(known, replications, seed, also_without_assumed=False)


def files(folder, kind="series"):
    return sorted((folder / kind).iterdir())


def contents(folder):
    return {
        p.relative_to(folder).as_posix(): hash_of(p.read_bytes())
        for p in folder.rglob("*")
        if p.is_file()
    }
