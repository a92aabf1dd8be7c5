"""The site builds without a warning and loads nothing from anywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADED = re.compile(
    r"<(?:script|img|iframe|source|audio|video|embed|object)\b[^>]*?\b(?:src|data|href)\s*=\s*[\"']?([^\"'\s>]+)"
    r"|<link\b(?![^>]*rel=[\"']?(?:canonical|next|prev))[^>]*?\bhref\s*=\s*[\"']?([^\"'\s>]+)"
    r"|@import\s+(?:url\()?[\"']?([^\"');\s]+)|\burl\([\"']?([^\"')]+)",
    re.IGNORECASE,
)
"""What a browser fetches when it shows a page or a stylesheet."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_has_every_page_and_no_program(site: Path) -> None:
    pages = {
        path.relative_to(ROOT / "docs").with_suffix(".html")
        for path in (ROOT / "docs").rglob("*.md")
    }
    assert {path.relative_to(site) for path in site.rglob("*.html")} == pages | {Path("404.html")}
    assert (site / "reference" / "scenario.schema.json").is_file()
    assert not list(site.rglob("*.py"))


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    found = []
    for path in [*site.rglob("*.html"), *site.rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        addresses = [next(filter(None, match)) for match in LOADED.findall(text)]
        assert addresses or path.suffix == ".css", path
        found += [address for address in addresses if re.match(r"(?:https?:)?//", address)]
        # The theme would fetch these two from elsewhere when a page has them.
        assert 'class="mermaid"' not in text
        assert 'data-md-component="source"' not in text
    assert found == []


def test_the_interface_in_python_is_on_the_site(site: Path) -> None:
    for page, name in {
        "world": "sim.model.world.World.run",
        "scenario": "sim.scenario.scenario.load",
        "sweep": "sim.api.compare",
        "study": "sim.analysis.study.Study.rubric",
        "levers": "sim.policies.base.Policy.write",
        "kernels": "sim.model.kernels.market.Market",
    }.items():
        assert f'id="{name}"' in (site / "reference" / f"{page}.html").read_text(
            encoding="utf-8"
        ), name
