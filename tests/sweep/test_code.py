"""By what code results were made: what can change a number counts, words do not."""

import shutil
from pathlib import Path

import pytest

from sim.sweep import code

MARKET, SAMPLING, COUNTRIES = "model/kernels/market.py", "sweep/sampling.py", "data/countries.csv"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package, of which the digest is taken."""
    copy = tmp_path / "sim"
    shutil.copytree(code.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "PACKAGE", copy)
    return copy


def digest() -> str:
    code.code_digest.cache_clear()
    return code.code_digest()


@pytest.fixture(autouse=True)
def _forget():
    yield
    code.code_digest.cache_clear()


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_words_layout_and_sources_do_not_count(package):
    before = digest()
    for file in package.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        file.write_text(f"# a comment\n\n{text}\n\n", encoding="utf-8")
    edit(package / MARKET, '"""', '"""Said in other words. ')
    edit(package / "model" / "law.py", "which is no field", "said in other words")
    edit(package / "messages.py", "nearest", "closest")
    edit(package / "report" / "page.py", "import", "import os\nimport")
    edit(package / COUNTRIES, "# ", "# said in other words: ")
    assert digest() == before


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        (MARKET, "BARELY_KNOWN = 0.001", "BARELY_KNOWN = 0.002"),
        (SAMPLING, "0.5", "0.4"),
        (COUNTRIES, "0.", "1."),
        ("vocabulary.py", '"us_aligned", "third_country"', '"third_country", "us_aligned"'),
        ("policies/open_weight_control.py", "self.denial * effect", "self.denial"),
        ("scenario/scenario.py", "6000", "7000"),
    ],
)
def test_what_can_change_a_number_counts(package, place, old, new):
    before = digest()
    edit(package / place, old, new)
    assert digest() != before


def test_every_module_of_the_model_counts(package):
    before = digest()
    for folder in ("model", "policies", "data"):
        for file in sorted((package / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            file.write_text(f"{text}\nADDED = 1\n", encoding="utf-8")
            assert digest() != before, file
            file.write_text(text, encoding="utf-8")
    assert digest() == before
