"""Numerical ground of the compiled phases: compilation, hashed draws, and exp and log of our own.

NumPy's and the C library's exp and log differ in the last bit between processors; these do not.
Nothing here uses fast-math, so a kernel gives the same bits at every processor level.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
from numba.extending import register_jitable

from sim.model.kernels.cache import KernelCache

f4, i4, i8, u4, u8 = np.float32, np.int32, np.int64, np.uint32, np.uint64
GOLDEN = u8(0x9E3779B97F4A7C15)

KERNELS: list[Any] = []
"""All kernels that Python calls, as far as their modules have been imported."""

INVERSE = np.array([0.0] + [1.0 / n for n in range(1, 15)])


def _compiled(function: Callable[..., Any], **options: bool) -> Any:
    dispatcher = nb.njit(fastmath=False, error_model="numpy", **options)(function)
    if not nb.config.DISABLE_JIT:
        dispatcher._cache = KernelCache.of(function)
    return dispatcher


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a phase: no interpreter lock, strict floating point, kept on disk where possible."""
    KERNELS.append(_compiled(function, nogil=True))
    return KERNELS[-1]


def parallel_kernel(function: Callable[..., Any]) -> Any:
    """Compile a phase that runs its outer ``prange`` on several threads."""
    KERNELS.append(_compiled(function, nogil=True, parallel=True))
    return KERNELS[-1]


def inline(function: Callable[..., Any]) -> Any:
    """Compile a small function into its callers.

    A call would count references to every array it is given.
    """
    return _compiled(function, forceinline=True)


def piece(function: Callable[..., Any]) -> Any:
    """Compile a part of a kernel into it, and nowhere else; called from Python it stays Python.

    A kernel of its own would be ready for calls from Python, which takes long to compile.
    """
    return register_jitable(fastmath=False, error_model="numpy", forceinline=True)(function)


@inline
def mix64(x):
    """SplitMix64 finaliser, the same as :func:`sim.model.randomness.mix64`."""
    x = (x ^ (x >> u8(30))) * u8(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> u8(27))) * u8(0x94D049BB133111EB)
    return x ^ (x >> u8(31))


@inline
def mix32(x):
    """A 32-bit finaliser (xor-shift, multiply), cheaper in vector registers than :func:`mix64`."""
    # Numba widens 32-bit arithmetic to 64 bits; every step is cut back.
    x = u4(u4(x ^ u4(x >> u4(16))) * u4(0x7FEB352D))
    x = u4(u4(x ^ u4(x >> u4(15))) * u4(0x846CA68B))
    return u4(x ^ u4(x >> u4(16)))


@inline
def bits32(key, salt):
    """32 random bits keyed by 64 bits and the 32 of a salt."""
    return u4(mix32(u4(u4(key) + u4(salt))) ^ u4(key >> u8(32)))


@inline
def draw32(key, salt):
    """A float32 in (0, 1) keyed by 64 bits and the 32 of a salt."""
    return (f4(i4(u4(bits32(key, salt) >> u4(9)))) + f4(0.5)) * f4(2.0**-23)


@inline
def unit32(x):
    """A float32 in (0, 1) from the top 23 of 64 bits."""
    return (f4(i4(x >> u8(41))) + f4(0.5)) * f4(2.0**-23)


@inline
def unit64(x):
    """A float64 in (0, 1) from 52 of 64 bits."""
    return (np.float64(x >> u8(12)) + 0.5) * 2.0**-52


@inline
def log32(x):
    """Natural logarithm of a positive normal float32.

    x = m 2^e, log m = 2 atanh((m - 1) / (m + 1)).
    """
    bits = f4(x).view(i4)
    e = i4(i4(bits - i4(0x3F3504F3)) >> i4(23))
    m = i4(bits - (e << i4(23))).view(f4)
    t = (m - f4(1)) / (m + f4(1))
    s = t * t
    series = f4(1) + s * (f4(0.33333333) + s * (f4(0.2) + s * f4(0.14814815)))
    return f4(2) * t * series + f4(e) * f4(0.69314718)


@inline
def exp32(x):
    """Exponential of a float32 in [-80, 80]: 2^k times a Taylor sum on [-log(2)/2, log(2)/2]."""
    k = np.floor(x * f4(1.4426950) + f4(0.5))
    r = x - k * f4(0.693359375) + k * f4(2.1219444e-4)
    y = f4(1) + r * (
        f4(1)
        + r
        * (
            f4(0.5)
            + r
            * (
                f4(0.16666667)
                + r * (f4(0.041666667) + r * (f4(0.0083333333) + r * f4(0.0013888889)))
            )
        )
    )
    return y * i4((i4(k) + i4(127)) << i4(23)).view(f4)


@inline
def exp64(x):
    """Exponential of a float64, relative error about 1e-15.

    Beyond [-700, 700] it is that of the nearer end.
    """
    x = min(max(x, -700.0), 700.0)
    k = np.floor(x * 1.4426950408889634 + 0.5)
    r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10
    total = 1.0
    for n in range(14, 0, -1):
        total = 1.0 + r * INVERSE[n] * total
    return total * i8((i8(k) + i8(1023)) << i8(52)).view(np.float64)


@inline
def log64(x):
    """Natural logarithm of a positive normal float64, error about 1e-15."""
    bits = np.float64(x).view(i8)
    e = (bits - i8(0x3FE6A09E667F3BCD)) >> i8(52)
    m = i8(bits - (e << i8(52))).view(np.float64)
    t = (m - 1.0) / (m + 1.0)
    s = t * t
    term, total = t, t
    for n in range(1, 11):
        term *= s
        total += term / (2 * n + 1)
    return 2.0 * total + e * 0.6931471805599453


@inline
def logistic64(x):
    """1 / (1 + exp(-x)), safe for any x."""
    return 1.0 / (1.0 + exp64(-x))


@kernel
def logarithm(x):
    """Natural logarithm of every entry of a float64 array of three axes.

    Entries below 1e-9 count as 1e-9.
    """
    out = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            for k in range(x.shape[2]):
                out[i, j, k] = log64(max(x[i, j, k], 1e-9))
    return out
