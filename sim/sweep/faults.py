"""Faults of the machine: no disk, memory or file handles left. They are never a run's result.

A run that meets one is left undone. The runner tries its chunk again, and then stops the sweep with
a `MachineError`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

_SPACE = "free some space there"
_FILES = "raise the limit on open files (ulimit -n), or use fewer workers"
_MEMORY = "free some memory, or use fewer workers"
_PROCESSES = "end other processes, raise the limit on them (ulimit -u), or use fewer workers"
_DISK = "see whether the disk or the network drive is sound"
_LIBRARIES = "see whether openstakes and its packages are installed whole"
_UNKNOWN = "should it come again with nothing wrong in the machine, it is an error in the program"
_ADVICE = {
    errno.ENOSPC: _SPACE,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOMEM: _MEMORY,
    errno.EAGAIN: _PROCESSES,
    errno.EIO: _DISK,
    errno.ESTALE: _DISK,
    errno.EROFS: "make that place writable",
    errno.EACCES: "make that place readable and writable",
}


RAISED = (OSError, MemoryError, ImportError)
"""What the machine raises: a run computes, and what it reads is part of the installation."""


class MachineError(RuntimeError):
    """A fault of the machine that stopped a sweep.

    What is finished stays, the rest can be done when it is mended.

    Parameters
    ----------
    words
        What happened.
    advice
        What to do about it.
    run
        Run in which it was raised, as `RunId` is written; "" if that was in none.
    """

    def __init__(self, words: str, advice: str, run: str = "") -> None:
        super().__init__(words, advice, run)  # all of them, since it travels between processes
        self.words, self.advice, self.run = words, advice, run

    def __str__(self) -> str:
        where = f" (in run {self.run})" if self.run else ""
        return f"{self.words}{where}: a fault of the machine, which is no result; {self.advice}"

    @classmethod
    def of(cls, error: BaseException, run: str = "") -> MachineError:
        """Return what something the machine raised means, with what to do about it."""
        if isinstance(error, MachineError):
            return error
        if isinstance(error, OSError) and error.strerror:
            where = f": {error.filename}" if error.filename else ""
            return cls(f"{error.strerror}{where}", _ADVICE.get(error.errno or 0, _UNKNOWN), run)
        text = f": {error}" if str(error) else ""
        if isinstance(error, MemoryError):
            return cls(f"not enough memory{text}", _MEMORY, run)
        advice = _LIBRARIES if isinstance(error, ImportError) else _UNKNOWN
        return cls(f"{type(error).__name__}{text}", advice, run)


FAULTS = (MachineError, *RAISED)
"""All by which a fault of the machine is known."""


@contextmanager
def told_apart(run: str = "") -> Iterator[None]:
    """Raise the machine's faults as a `MachineError`, told apart from what a run raises itself."""
    try:
        yield
    except RAISED as error:
        raise MachineError.of(error, run) from error
