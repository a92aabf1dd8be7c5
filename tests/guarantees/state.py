"""Fingerprints of a finished world, of its numbers and of this processor's arithmetic.

Run as a program it reads a scenario from standard input, in a process of its own:

    python -m tests.guarantees.state < scenario.toml
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
import sys
import types
from typing import Any

import numpy as np


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 of the arrays' bytes."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def of_series(series: Any) -> str:
    """Digest of everything that a run leaves behind."""
    return digest(series.values, series.countries, series.panel)


def of_world(world: Any) -> str:
    """Digest of all that a world holds: agents, catalogue, panel, records.

    Without what Mesa keeps of its own.
    """
    import mesa

    kept = set(vars(mesa.Model())) | {"datacollector", "scenario", "policies"}
    found = hashlib.sha256()
    seen = {id(world)}
    feed({key: value for key, value in vars(world).items() if key not in kept}, found, seen, [])
    return found.hexdigest()


def feed(item: Any, found: Any, seen: set[int], alive: list[Any]) -> None:
    """Add an object and what it holds, in order; an object met before adds a mark only."""
    found.update(type(item).__name__.encode())
    if item is None or isinstance(item, str | int | np.generic):
        found.update(repr(item).encode())
    elif isinstance(item, float):
        found.update(struct.pack("<d", item))
    elif isinstance(item, np.ndarray):
        found.update(f"{item.dtype}{item.shape}".encode() + np.ascontiguousarray(item).tobytes())
    elif isinstance(item, types.FunctionType | type):
        found.update(item.__qualname__.encode())
    elif isinstance(item, list | tuple):
        for part in item:
            feed(part, found, seen, alive)
    elif isinstance(item, dict):
        for key, value in item.items():
            feed(key, found, seen, alive)
            feed(value, found, seen, alive)
    elif id(item) in seen:
        found.update(b"seen")
    else:
        seen.add(id(item))
        alive.append(item)
        feed(_parts(item), found, seen, alive)


def _parts(item: Any) -> dict[str, Any]:
    if dataclasses.is_dataclass(item):
        names = [field.name for field in dataclasses.fields(item)]
    else:
        names = list(vars(item)) if hasattr(item, "__dict__") else list(type(item).__slots__)
    return {name: getattr(item, name) for name in names}


def of_processor() -> dict[str, str]:
    """What differs between processor levels.

    NumPy's exp, the BLAS product, the registers of compiled loops.
    """
    import numba

    draws = np.random.default_rng(0)
    left, right = draws.random((200, 29), np.float32), (draws.random(29) > 0.5).astype(np.float32)

    def add(a: np.ndarray, b: np.ndarray) -> None:
        for i in range(a.size):
            a[i] += b[i]

    loop = numba.njit(add)
    loop(np.ones(64), np.ones(64))
    assembly = "".join(loop.inspect_asm().values())
    return {
        "exp": digest(np.exp(np.linspace(-5.0, 5.0, 100_003))),
        "product": digest(np.array([row @ right for row in left])),
        "registers": " ".join(name for name in ("xmm", "ymm", "zmm") if name in assembly),
    }


def main() -> None:
    """Run the scenario on standard input with seed 1 and print what came of it as JSON."""
    from sim.model.world import World
    from sim.scenario.scenario import parse

    world = World(parse(sys.stdin.read()), rng=1)
    series = world.run()
    json.dump({"series": of_series(series), "state": of_world(world), **of_processor()}, sys.stdout)


if __name__ == "__main__":
    main()
