"""The READMEs of the shipped experiments, with their findings in words, and the index of all."""

from __future__ import annotations

import re

from docs.findings import FINDINGS
from docs.sentences import EXPERIMENTS, signs_table
from docs.tables import table
from sim.sweep.experiment import read_experiment

SECTION = re.compile(r"(?<=^<!-- finding -->\n).*?(?=^<!-- end -->$)", re.MULTILINE | re.DOTALL)


def section(name: str) -> str:
    """The finding of an experiment as it stands in its README."""
    first, *others = FINDINGS[name]()
    parts = [first, "\n".join(f"- {line}" for line in others)]
    if (EXPERIMENTS / name / "expected" / "rubric.csv").is_file():
        parts.append(signs_table(name))
    return "\n\n".join(filter(None, parts)) + "\n"


def readme(name: str) -> str:
    """The README of an experiment with its finding as it should be."""
    text = (EXPERIMENTS / name / "README.md").read_text(encoding="utf-8")
    found, number = SECTION.subn(lambda _: section(name), text)
    if number != 1:
        raise SystemExit(
            f"experiments/{name}/README.md: needs one <!-- finding --> ... <!-- end -->"
        )
    return found


def shipped() -> list[str]:
    """The experiments that are there, in the order of `FINDINGS`."""
    return [name for name in FINDINGS if (EXPERIMENTS / name / "expected").is_dir()]


def index() -> str:
    """The table of experiments: what each asks, and its finding in a sentence."""
    cells = [
        (f"[{name}]({name}/README.md)", read_experiment(name).question, FINDINGS[name]()[0])
        for name in shipped()
    ]
    return table(("Experiment", "Question", "Finding"), cells) + "\n"


def index_page() -> str:
    """The README of all experiments with its table as it should be."""
    text = (EXPERIMENTS / "README.md").read_text(encoding="utf-8")
    return SECTION.sub(lambda _: index(), text)


def pages() -> dict[str, str]:
    """Path from docs/ and text of every README here."""
    return {
        "../experiments/README.md": index_page(),
        **{f"../experiments/{name}/README.md": readme(name) for name in shipped()},
    }
