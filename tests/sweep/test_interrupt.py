"""Ctrl-C that arrives inside numba waits until the interpreter is out of it."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from sim.sweep.interrupt import outside_kernels

INSIDE = """
def helper():
    signal.raise_signal(signal.SIGINT)
    return "finished"
"""

needs_main_thread = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread()
    or signal.getsignal(signal.SIGINT) is not signal.default_int_handler,
    reason="signals reach the main thread only",
)


@needs_main_thread
@pytest.mark.parametrize("module", ["numba.core.something", "distributed.gc"])
def test_an_interrupt_where_it_would_be_lost_comes_after_it(module) -> None:
    scope = {"__name__": module, "signal": signal}
    exec(INSIDE, scope)
    with pytest.raises(KeyboardInterrupt), outside_kernels():  # noqa: PT012  the moment is what matters
        assert scope["helper"]() == "finished"
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            time.sleep(0.001)


@needs_main_thread
def test_an_interrupt_elsewhere_comes_at_once_and_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(KeyboardInterrupt), outside_kernels():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGALRM) is before


@needs_main_thread
def test_a_handler_of_someone_else_stays() -> None:
    caught = []
    before = signal.signal(signal.SIGINT, lambda number, frame: caught.append(number))
    try:
        with outside_kernels():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [signal.SIGINT]


def test_another_thread_is_left_alone() -> None:
    seen = []

    def work() -> None:
        with outside_kernels():
            seen.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
