"""The model's draws and what is made of them, in exact integers and Python floats."""

from __future__ import annotations

from hashlib import sha256
from math import exp, log
from statistics import NormalDist

GOLDEN = 0x9E3779B97F4A7C15
MASK64 = 2**64 - 1
MASK32 = 2**32 - 1
_LEVELS = [NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)]
_SD = (sum(z * z for z in _LEVELS) / 256) ** 0.5
TASTES = [z / _SD for z in _LEVELS]


def mix64(x: int) -> int:
    """Mix 64 bits well (SplitMix64)."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK64
    return x ^ (x >> 31)


def mix32(x: int) -> int:
    """Mix 32 bits well."""
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & MASK32
    x = ((x ^ (x >> 15)) * 0x846CA68B) & MASK32
    return x ^ (x >> 16)


def nth(key: int, n: int) -> int:
    """The n-th 64 bits of a key."""
    return mix64((key + n * GOLDEN) & MASK64)


def bits32(key: int, salt: int) -> int:
    """32 bits from 64 of a key and 32 of a salt."""
    low, high = key & MASK32, key >> 32
    return mix32((low + salt) & MASK32) ^ high


def draw32(key: int, salt: int) -> float:
    """A number in (0, 1) of 23 bits, from 64 bits of key and 32 of a salt."""
    return ((bits32(key, salt) >> 9) + 0.5) / 2**23


def unit32(bits: int) -> float:
    """A number in (0, 1) of 23 bits."""
    return ((bits >> 41) + 0.5) / 2**23


def unit64(bits: int) -> float:
    """A number in (0, 1) of 52 bits."""
    return ((bits >> 12) + 0.5) / 2**52


def worth(x: float, form: str) -> float:
    """Value of capability: the logistic, and below -1 the line that touches it there.

    Or, where the scenario's structure says so, the line that touches it at 0.
    """
    if form == "linear":
        return 0.5 + 0.25 * x
    if x >= -1.0:
        return logistic(x)
    return logistic(-1.0) + logistic(-1.0) * (1.0 - logistic(-1.0)) * (x + 1.0)


def logistic(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + exp(-x)) if x > -700.0 else 0.0


def gumbel(u: float) -> float:
    """The standard Gumbel number at a quantile."""
    return -log(-log(u))


def key(seed: int, draw: int, replication: int, decision: str) -> int:
    """The key of a decision's stream, in one run of a sweep."""
    luck = 100_000 * draw + replication
    return int.from_bytes(sha256(f"{seed}/{luck}/{decision}".encode()).digest()[:8], "little")


def identity(name: str) -> int:
    """The permanent number of a name."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "little") // 4


def salt(name: str) -> int:
    """The low half of a name's number."""
    return identity(name) & MASK32


def taste(person: int, family: str) -> float:
    """One person's standard normal taste for a family, from the person's 64 bits of tastes."""
    return TASTES[bits32(person, salt(family)) >> 24]


def neighbours(bits_of_edges: int, person: int, people: int) -> list[int]:
    """Eight neighbours on a ring, each replaced by anybody with probability 0.1 (a small world)."""
    found = []
    for edge, step in enumerate((-4, -3, -2, -1, 1, 2, 3, 4)):
        bits = nth(bits_of_edges, edge)
        found.append((bits >> 8) % people if unit32(bits) < 0.1 else (person + step) % people)
    return found


def poisson(mean: float, u: float) -> int:
    """The Poisson number at a quantile, by adding up probabilities."""
    n, probability = 0, exp(-mean)
    total = probability
    while u > total and probability > 0.0:
        n += 1
        probability *= mean / n
        total += probability
    return n
