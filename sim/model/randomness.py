"""Named random streams: one per decision, keyed by root seed, replication and decision.

A draw is a hash of its key and of permanent slots (agent, month, family, ...), so it depends
neither on the order of draws nor on what else is drawn: two worlds that differ in one policy share
every draw that the policy does not touch (common random numbers). What a table names has its
:func:`~sim.model.identity.identity` for a slot and not its row, so that a row more or less changes
nobody else's luck.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from math import exp, log
from statistics import NormalDist
from typing import Any, TypeVar

import numpy as np

from sim.messages import LARGEST_SEED, whole
from sim.model.kernels import numerics

Bits = TypeVar("Bits", int, np.ndarray)
GOLDEN = 0x9E3779B97F4A7C15
DRAWN_SEEDS = 2**53
"""Seeds that are drawn are below it, so that tables which hold numbers as floats keep them."""
_MASK = (1 << 64) - 1
_NORMAL = NormalDist()


def root_seed(rng: object = None, seed: object = None) -> int:
    """Return the root seed that is meant by what Mesa calls `rng` or `seed`.

    Parameters
    ----------
    rng
        A whole number from 0 to 2**63 - 1 is the seed itself. From a numpy Generator, BitGenerator
        or SeedSequence one is drawn; a generator goes on, so that it gives another seed the next
        time. None: drawn afresh.
    seed
        Mesa's other name of the same.

    Raises
    ------
    ValueError
        If it is anything else, or both are given.
    """
    if rng is not None and seed is not None:
        raise ValueError("rng and seed are two names of one number; give one of them")
    name, given = ("rng", rng) if seed is None else ("seed", seed)
    if given is None or isinstance(
        given, np.random.Generator | np.random.BitGenerator | np.random.SeedSequence
    ):
        return int(np.random.default_rng(given).integers(DRAWN_SEEDS))
    try:
        return whole(name, given, 0, LARGEST_SEED)
    except ValueError as error:
        raise ValueError(
            f"{error}, a numpy Generator or SeedSequence, or None for a fresh seed"
        ) from None


def mix64(x: Bits) -> Bits:
    """SplitMix64 finaliser: 64 bits in, 64 well mixed bits out.

    Of an int, or of every uint64 of an array.
    """
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


@numerics.inline
def _keyed_uniform(key: Any, *slots: Any) -> Any:
    """:meth:`Stream.bits` as a number in (0, 1), compiled: runs draw thousands."""
    x, padded = key, (0, *slots)  # numba cannot loop over a tuple that may be empty
    for n in range(1, len(padded)):
        x = numerics.mix64(x + np.uint64(padded[n] + 1) * numerics.GOLDEN)
    return numerics.unit64(x)


class Stream:
    """Draws of one decision; every method takes the permanent slots of the draw.

    Attributes
    ----------
    uniform : function of slots
        A number in (0, 1). A partial function and not a method, which would cost as much as the
        draw.
    """

    __slots__ = ("key", "uniform")
    uniform: Callable[..., float]

    def __init__(self, seed: int, replication: int, decision: str) -> None:
        digest = sha256(f"{seed}/{replication}/{decision}".encode()).digest()
        self.key = int.from_bytes(digest[:8], "little")
        self.uniform = partial(_keyed_uniform, np.uint64(self.key))

    def bits(self, *slots: int) -> int:
        """64 random bits."""
        x = self.key
        for slot in slots:
            x = mix64((x + (slot + 1) * GOLDEN) & _MASK)
        return x

    def uniforms(self, *slots: np.ndarray | range) -> np.ndarray:
        """All of ``uniform(i, j, ...)``: array (i, j, ...).

        i is from the first slots, j from the second ones, and so on.
        """
        x = np.array(self.key, np.uint64)
        for each in slots:
            x = mix64(x[..., None] + (np.array(each, np.uint64) + np.uint64(1)) * np.uint64(GOLDEN))
        return ((x >> 12) + 0.5) * 2.0**-52

    def normal(self, *slots: int) -> float:
        """A standard normal number."""
        return _NORMAL.inv_cdf(self.uniform(*slots))

    def gumbel(self, *slots: int) -> float:
        """A standard Gumbel number."""
        return -log(-log(self.uniform(*slots)))

    def poisson(self, mean: float, *slots: int) -> int:
        """A Poisson number, by inversion (mean below about 500)."""
        u, p, n = self.uniform(*slots), exp(-mean), 0
        total = p
        while u > total and p > 0.0:
            n += 1
            p *= mean / n
            total += p
        return n


DECISIONS = frozenset(
    {
        "actor homes",
        "actors",
        "assessor",
        "attempts",
        "audit",
        "bound by assessment",
        "bound by ban",
        "bound by duty",
        "cadence",
        "capability noise",
        "choice",
        "country taste",
        "cut-off",
        "fringe",
        "graph",
        "joining",
        "leak",
        "legal challenge to",
        "licence",
        "measurement",
        "monetised",
        "open stop",
        "opening",
        "release",
        "release mode",
        "review",
        "sanction",
        "small variant",
        "taste",
        "trigger",
        "use ceiling",
        "way of use",
        "withdrawal",
    }
)
"""All decisions that have a stream; a stream's draws follow from its name, so a name is never
changed."""


class ReleaseDraw:
    """Third slot of the stream "release", after lab and draw.

    They are plain numbers, since compiled draws take no enum.
    """

    CONTROLLED, COMPROMISED, CONTAINED, SAFEGUARDED, FILE_LEVEL, SCANNED = range(6)


class Streams(dict[str, Stream]):
    """All streams of one run; ``streams("release mode")`` is the same object at every call.

    It takes a decision, one of DECISIONS; another is a KeyError, since a misspelt one would be a
    stream of its own. A dict, which looks up the thousands of times in a run that it is asked.
    """

    __call__ = dict.__getitem__

    def __init__(self, seed: int, replication: int) -> None:
        super().__init__()
        self.seed, self.replication = seed, replication

    def __missing__(self, decision: str) -> Stream:
        self._open(decision, decision)
        return self[decision]

    def about(self, decision: str, subject: str) -> Stream:
        """The stream of a decision that has one for each subject, as courts have for each lever."""
        name = f"{decision} {subject}"
        if name not in self:
            self._open(decision, name)
        return self[name]

    def _open(self, decision: str, name: str) -> None:
        if decision not in DECISIONS:
            raise KeyError(
                f"no decision is called {decision!r}; DECISIONS in sim/model/randomness.py lists "
                f"them"
            )
        self[name] = Stream(self.seed, self.replication, name)
