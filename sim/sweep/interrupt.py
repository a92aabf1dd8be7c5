"""Ctrl-C while compiled code runs in this process.

Python looks for Ctrl-C when it next executes Python code. After a long kernel that is a helper of
numba which turns the kernel's arrays into Python objects, and numba does not expect it to raise:
the run would fail with a SystemError, or the process would crash. What is raised in a function that
dask has garbage collections call is printed and forgotten: the sweep would go on. Here Ctrl-C waits
until the interpreter is out of both.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_SECONDS = 0.01


@contextmanager
def outside_kernels() -> Iterator[None]:
    """Raise KeyboardInterrupt for Ctrl-C only where it is heard.

    A handler that someone else has set stays.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    alarm = signal.signal(signal.SIGALRM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGALRM, alarm)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    if _deaf(frame):
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)
    else:
        raise KeyboardInterrupt


def _deaf(frame: FrameType | None) -> bool:
    """Whether what is raised here would crash or be lost."""
    if frame is not None and str(frame.f_globals.get("__name__", "")).startswith("numba"):
        return True
    while frame is not None:
        if frame.f_globals.get("__name__") == "distributed.gc":
            return True
        frame = frame.f_back
    return False
