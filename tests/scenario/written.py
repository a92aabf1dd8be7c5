"""How tests write a scenario's file and read the problems of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario.scenario import (
    ScenarioError,
    load,
)


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(call, *arguments, **options) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        call(*arguments, **options)
    assert str(caught.value).isprintable() or "\n" in str(caught.value)
    return caught.value.problems


def set_problems(*texts: str, base: str = "p1-blanket") -> list[str]:
    return problems(load, base, settings=texts)
