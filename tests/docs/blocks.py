"""The fenced blocks of a page, and a copy of the repository that a page may change."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(
    r"(?:#!.*\n)?# (\S+\.(?:toml|py|csv|md|sh|yaml))(?:, (above|below|in place of) (.+))?\n"
)
"""First line of a block that is a file, or lines of one; of a script the first after its #!.

Those around them are named by how they begin.
"""

FOLDERS = ("sim", "scenarios", "experiments", "benchmarks", "docs", "tests")
FILES = ("CHANGELOG.md", "Makefile", "README.md", "pyproject.toml")


class Block(NamedTuple):
    """A fenced block: its page and section, its language, text and first line.

    Also the file that it says it is, and where in it.
    """

    page: Path
    section: str
    language: str
    text: str
    line: int
    file: str | None
    where: str | None
    anchor: str | None

    @property
    def content(self) -> str:
        """The text to save: of lines that go into a file, without the line that says where."""
        return self.text.split("\n", 1)[1] if self.where else self.text


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        section = (re.findall(r"^## (.+)$", text[: match.start()], re.MULTILINE) or [""])[-1]
        named = FILE.match(match[2])
        line = text.count("\n", 0, match.start()) + 2
        found.append(
            Block(
                page,
                section,
                match[1],
                match[2],
                line,
                *(named.groups() if named else (None, None, None)),
            )
        )
    return found


class Checkout:
    """A copy of the repository in a folder of its own.

    Files are changed in it, and commands are run for real.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed = ""
        for name in FOLDERS:
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in FILES:
            shutil.copy(ROOT / name, folder)

    def save(self, block: Block) -> None:
        """Write a block's file, or its lines into one.

        HASH stands for the golden hash that was printed last.
        """
        assert block.file
        path, text = self.folder / block.file, block.content
        if "HASH" in text:
            text = text.replace("HASH", re.findall(r"Golden numbers `(\w+)`", self.printed)[-1])
        if block.where is None:
            assert not path.exists(), f"line {block.line}: {block.file} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        assert block.anchor
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        (n, *_) = [i for i, line in enumerate(lines) if line.strip().startswith(block.anchor)]
        margin = lines[n][: len(lines[n]) - len(lines[n].lstrip())]
        first, last = {"above": (n, n), "below": (n + 1, n + 1), "in place of": (n, n + 1)}[
            block.where
        ]
        path.write_text(
            "".join([*lines[:first], indent(text, margin), *lines[last:]]), encoding="utf-8"
        )

    def run(self, *words: str) -> str:
        """Run Python with these arguments; a failure shows what it printed."""
        variables = {
            "PYTHONPATH": str(self.folder),
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.printed = done.stdout
        assert done.returncode == 0, f"{words} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def command(self, line: str) -> None:
        """Run a line of a console block: openstakes, a program in .venv, or a target of make."""
        program, *words = shlex.split(line)
        if program == "make":
            (target,) = words
            recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
            found = re.search(rf"^{target}: \$\(READY\)\n\t@\$\(BIN\)/(.*)$", recipe, re.MULTILINE)
            assert found, line
            program, *words = f".venv/bin/{found[1]}".split()
        head = {
            "openstakes": ("-m", "sim"),
            ".venv/bin/openstakes": ("-m", "sim"),
            ".venv/bin/python": (),
        }
        self.run(*head[program], *words)
