"""A run opens no connection."""

import socket

import pytest

from sim.model.world import World
from sim.scenario.scenario import load


def test_a_run_opens_no_connection(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(AssertionError):
        socket.getaddrinfo("localhost", 80)
    run = World(load("p1-blanket", settings=["horizon.end=2024-12"]), rng=1).run()
    assert len(run.months) == 24
