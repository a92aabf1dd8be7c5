"""Finished results, made once for a module, and copies of them that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sim.sweep.execution import execute
from tests.sweep import fake, folders, stored


@pytest.fixture(scope="module")
def finished_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of six pairs."""
    folder = tmp_path_factory.mktemp("results") / "finished"
    execute(folders.PLAN, workers=1, out=folder, simulate=fake.world)
    return folder


@pytest.fixture
def out(finished_small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished_small, tmp_path / "out"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results in more than one part."""
    folder = tmp_path_factory.mktemp("results") / "finished"
    execute(stored.plan(), workers=1, out=folder, simulate=fake.world)
    return folder


@pytest.fixture
def results(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "results"))
