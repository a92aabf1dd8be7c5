"""Compiled code on disk, which saves time and nothing else: no trouble with it may reach a run.

Numba keeps compiled code by the place of a function's file and knows nothing of what the function
calls. Here it is kept by what all kernels say: every copy of the package that says the same uses
the same code, and none uses code that was compiled from other sources.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from numba.core import caching

from sim.model.kernels import notices
from sim.model.kernels.folders import folders


class _Locator(caching._CacheLocator):
    """Says to numba where code of one function is kept, and which version of it that is."""

    def __init__(self, function: Callable[..., Any], file: str, folder: Path) -> None:
        self._py_file, self._line = file, function.__code__.co_firstlineno
        self._folder = folder

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return sha256(Path(self._py_file).read_bytes()).hexdigest()

    def get_disambiguator(self) -> str:
        return str(self._line)

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> Self:
        """Return the locator of the first folder that can be written."""
        *others, last = [cls(py_func, py_file, folder) for folder in folders()]
        for found in others:
            try:
                found.ensure_cache_path()
            except OSError:
                continue
            return found
        last.ensure_cache_path()
        return last


class _Kept(caching.CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class KernelCache(caching.FunctionCache):
    """Compiled code of one function; what cannot be read is made, what cannot be kept is said."""

    _impl_class = _Kept

    @classmethod
    def of(cls, function: Callable[..., Any]) -> caching._Cache:
        """Return the cache of a function, or where there is no place one that keeps nothing."""
        try:
            return cls(function)
        except OSError as error:
            notices.unkept(error)
            return NoCache()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return compiled code, or None if there is none that can be read: it is then compiled."""
        found = None
        try:
            found = super().load_overload(sig, target_context)
        except OSError as error:
            notices.unkept(error)
        except Exception:  # noqa: BLE001  a file that is not whole can raise anything
            self._begin_anew()
        if found is None:
            notices.compiling()
        return found

    def _begin_anew(self) -> None:
        """Empty the index of what is kept, so that files which are not whole are written over."""
        try:
            self.flush()
        except OSError as error:
            notices.unkept(error)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code if that is possible."""
        try:
            super().save_overload(sig, data)
        except Exception as error:  # noqa: BLE001  the kernel itself is compiled and right
            notices.unkept(error)


class NoCache(caching.NullCache):
    """Stands where nothing can be kept."""

    def load_overload(self, sig: Any, target_context: Any) -> None:
        """Say that the kernel is compiled."""
        notices.compiling()
