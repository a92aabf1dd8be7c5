"""How tests write a file, which need not be text."""

from __future__ import annotations

from pathlib import Path


def write(folder: Path, text: str | bytes, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
