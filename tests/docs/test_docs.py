"""The pages fit the code and each other.

Generated ones are up to date, and what the written ones name exists.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields
from functools import cache, lru_cache
from pathlib import Path

import pytest

from docs import build, experiment_pages, speed
from docs.record import CHECKS
from sim import data
from sim.analysis.comparison import Comparison
from sim.analysis.tables import RUBRIC_COLUMNS
from sim.calibration.origins import FITTED_UNTIL
from sim.calibration.record import shipped
from sim.model.agents.lab_records import Draft
from sim.model.agents.malicious import ACTORS, Incident
from sim.model.catalogue import Columns
from sim.model.duties import Assessment, AuditProgramme, Programme, Safeguard, Trigger
from sim.model.law_fields import FIELDS
from sim.model.outcomes import OUTCOMES
from sim.model.parameters import PARAMETERS
from sim.model.phases import PHASES
from sim.model.world import Series
from sim.policies import LEVERS
from sim.policies.base import Policy
from sim.scenario import library
from sim.scenario.scenario import Crisis, Horizon, Scenario, load
from sim.vocabulary import CHANNELS, DOMAINS, MODES, REGIONS
from sim.vocabulary import ROUTE_KINDS as KINDS_OF_ROUTE

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MODEL, VALIDATION = "explanation/model.md", "explanation/validation.md"
NAMING = (
    MODEL,
    VALIDATION,
    "tutorial/scripts.md",
    *(f"explanation/{name}.md" for name in ("random-numbers", "rubric", "glossary")),
    *(
        f"how-to/{name}.md"
        for name in ("write-a-scenario", "let-allies-join", "read-the-signs", "cite-a-result")
    ),
)
"""Pages whose names in code type are those of the model."""
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@lru_cache
def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def prose(name: str) -> str:
    """A page without its fenced blocks."""
    return FENCED.sub("", page(name))


def stems() -> dict[str, list[str]]:
    """Parameters that have one value per channel, by the name they share."""
    found: dict[str, list[str]] = {}
    for channel in CHANNELS:
        for name in PARAMETERS:
            if name.endswith(f"_{channel}"):
                found.setdefault(name.removesuffix(f"_{channel}"), []).append(name)
    return {stem: names for stem, names in found.items() if len(names) == len(CHANNELS)}


@lru_cache
def names() -> frozenset[str]:
    """Everything of the model that a page may name in code type."""
    levers = {field for cls in (Policy, *LEVERS.values()) for field in cls.model_fields}
    kinds = (
        Assessment, AuditProgramme, Programme, Safeguard, Trigger, Series, data.Country, data.Lab,
        data.Release,
    )  # fmt: skip
    records = {field.name for record in kinds for field in fields(record)}
    scenario = {field for record in (Scenario, Horizon, Crisis) for field in record.model_fields}
    rows = {*Columns._fields, *Draft._fields, *Incident._fields}
    words = {
        *CHANNELS, *MODES, *REGIONS, *DOMAINS, *KINDS_OF_ROUTE, *(kind.name for kind in ACTORS),
        "lever", "extends",
    }  # fmt: skip
    phases = {phase.__name__ for phase in PHASES}
    table = {"out", *Comparison.__slots__, *RUBRIC_COLUMNS}
    return frozenset().union(
        PARAMETERS, stems(), levers, records, scenario, rows, words, phases, table, OUTCOMES, FIELDS
    )


GENERATED = (
    *(
        f"reference/{name}.md"
        for name in (
            "parameters",
            "policies",
            "scenarios",
            "outcomes",
            "phases",
            "chain",
            "policy-timeline",
        )
    ),
    "reference/scenario.schema.json",
    "../sim/model/parameter_values.py",
    "explanation/calibration.md",
    "explanation/validation.md",
    "../README.md",
    "../experiments/README.md",
    *(f"../experiments/{name}/README.md" for name in experiment_pages.shipped()),
)
WRITTEN = [
    *sorted(
        {path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md")}
        - {f"docs/{name}" for name in GENERATED}
    ),
    f"docs/{VALIDATION}",
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "sim/data/SOURCES.md",
    "tests/README.md",
    "experiments/README.md",
    *(f"experiments/{name}/README.md" for name in experiment_pages.shipped()),
]


generated = cache(build.pages)


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    pages = generated()
    assert set(pages) == set(GENERATED)
    assert page(name) == pages[name], f"docs/{name} is out of date: run `make docs`"


def test_the_generated_pages_hold_every_parameter_lever_field_outcome_and_phase() -> None:
    for parameter in PARAMETERS:
        assert f"| `{parameter}` |" in page("reference/parameters.md"), parameter
    for name in library.scenarios():
        section = page("reference/scenarios.md").partition(f"\n## {load(name).title}\n")[2]
        said = section.partition("\n## ")[0]
        scenario = load(name)
        for text in (scenario.question, *scenario.modelled, *scenario.not_modelled):
            assert text in said, name
        assert all(text in said for text in scenario.sources), name
        assert f" {name}\n```" in said
    for lever, cls in LEVERS.items():
        assert f"## {lever}: {cls.title}" in page("reference/policies.md"), lever
        card = page("reference/policies.md").partition(f"## {lever}: ")[2].partition("\n## ")[0]
        for text in (cls.real, cls.not_modelled, f"**Main assumption.** `{cls.assumption}`"):
            assert text in card, lever
        for field in cls.model_fields:
            assert f"| `{field}` |" in page("reference/policies.md"), (lever, field)
    for field in FIELDS:
        assert f"| `{field}` |" in page("reference/policies.md"), field
    for outcome in OUTCOMES:
        base = re.sub(f"_({'|'.join(CHANNELS)})$", "", outcome)
        assert any(f"| `{name}` |" in page("reference/outcomes.md") for name in (outcome, base)), (
            outcome
        )
    for phase in PHASES:
        assert f"| `{phase.__name__}` |" in page("reference/phases.md"), phase.__name__
    for step in data.policy_timeline():
        row = f"| {step.date} | {step.actor} | {step.event} |"
        assert row in page("reference/policy-timeline.md"), step.date


@pytest.mark.parametrize("name", NAMING)
def test_what_a_page_names_exists(name: str) -> None:
    quoted = set(re.findall(r"`([^`\n]+)`", prose(name)))
    missing = [
        word
        for word in quoted
        if re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", word) and word not in names()
    ]
    assert missing == []


@pytest.mark.parametrize("name", [MODEL, VALIDATION])
def test_single_words_in_code_type_exist(name: str) -> None:
    quoted = set(re.findall(r"`([a-z][a-z0-9]*)`", prose(name)))
    assert sorted(quoted - names()) == []


def test_the_equations_use_names_of_the_code() -> None:
    for _, equations in FENCED.findall(page(MODEL)):
        used = set(re.findall(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b", equations))
        assert sorted(used - names()) == []


def slugs(path: Path) -> set[str]:
    """Anchors of a page's headings."""
    headings = re.findall(
        r"^#+ (.*)$", FENCED.sub("", path.read_text(encoding="utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w\s-]", "", line).strip().lower().replace(" ", "-") for line in headings}


@pytest.mark.parametrize("name", WRITTEN)
def test_files_and_links_of_a_page_exist(name: str) -> None:
    text = FENCED.sub("", (ROOT / name).read_text(encoding="utf-8"))
    for path in re.findall(
        r"`((?:sim|docs|tests|scenarios|experiments|benchmarks)/[\w./-]+)`", text
    ):
        assert (ROOT / path).exists() or path in shown_files(name), path
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([\w-]+))?\)", text):
        place = (ROOT / name).parent / target if target else ROOT / name
        assert place.exists(), target
        assert not heading or heading in slugs(place), f"{target}#{heading}"
    for scenario in re.findall(r"`((?:p\d|status)-[a-z0-9-]+)`", text):
        assert scenario in library.scenarios(), scenario


def shown_files(name: str) -> set[str]:
    """Files that a page shows in full for the reader to save."""
    return set(
        re.findall(r"^```\w+\n# (\S+)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    )


def test_the_model_page_speaks_of_every_parameter() -> None:
    """By its own name, or by the name that five channels share."""
    text = page(MODEL)
    spoken = set(re.findall(r"\b[a-z][a-z0-9_]*\b", text))
    shared = {name for stem, channels in stems().items() if stem in spoken for name in channels}
    assert sorted(set(PARAMETERS) - spoken - shared) == []


def test_the_model_page_speaks_of_every_phase_and_field_of_the_law() -> None:
    text = page(MODEL)
    for phase in PHASES:
        assert f"(`{phase.__name__}`)" in text or phase.__name__ == "observe", phase.__name__
    spoken = set(re.findall(r"\b[a-z][a-z0-9_]*\b", text))
    assert sorted(set(FIELDS) - spoken) == []


def test_the_assumed_responses_of_the_page_are_those_of_the_code() -> None:
    assumed = {name for name, parameter in PARAMETERS.items() if parameter.assumed}
    section = page(MODEL).split("## 9.")[1].split("## 10.")[0]
    listed = set(re.findall(r"^\| [^|]+ \| `(\w+)` \|$", section, re.MULTILINE))
    assert listed == assumed
    shipped = library.assumptions()["no-assumed-responses"].read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+) = 0\.0$", shipped, re.MULTILINE)) == assumed


def test_the_page_of_the_architecture_shows_every_room() -> None:
    rooms = [path.parent.name for path in sorted((ROOT / "sim").glob("*/__init__.py"))]
    assert (
        sorted(re.findall(r"^\| `sim/(\w+)` \|", page("explanation/architecture.md"), re.MULTILINE))
        == rooms
    )


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) < 600


def test_the_readme_shows_the_speeds_that_were_measured() -> None:
    """That they are those of bench.json is tested with the other generated pages."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (section,) = speed.SECTION.findall(text)
    assert section == speed.speed()
    machine = json.loads(speed.FIGURES.read_text(encoding="utf-8"))["machine"]
    assert machine["processor"] in section
    assert section.count("\n| ") == len(speed.ROWS) + 1
    prose = text.replace(section, "")
    assert not re.search(r"\d+(\.\d+)? ?(ms|MB|ns|seconds|times as)\b", prose)


def test_the_pages_speak_of_the_project_only() -> None:
    for path in [*(ROOT / name for name in WRITTEN), *DOCS.glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(work|tmp|home|root)/|\.\./shared|MODEL\.md|CONTRACT", text), (
            path.name
        )


@pytest.mark.parametrize("name", CHECKS)
def test_the_page_of_validation_shows_what_was_printed(name: str) -> None:
    """Numbers are never copied into the page: it links to stored output that says what made it."""
    assert f"../../benchmarks/output/{name}.txt" in page(VALIDATION)
    command, made, *rest = (
        (ROOT / "benchmarks" / "output" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    )
    expected = " ".join(("python", f"benchmarks/{name}.py", *CHECKS[name]))
    assert command == expected, f"store it anew: python docs/record.py {name}"
    assert re.match(r"\d{4}-\d\d-\d\d, openstakes \S+, code [0-9a-f]{16}, mesa ", made)
    if name == "targets":
        assert [
            target.id
            for target in data.targets()
            if not any(f" {target.id} " in line for line in rest)
        ] == []


def test_the_page_of_validation_says_of_each_pattern_what_was_printed() -> None:
    said = page(VALIDATION).partition("### What was found\n\n")[2].partition("\n\n")[0]
    printed = (ROOT / "benchmarks" / "output" / "patterns.txt").read_text(encoding="utf-8")
    lines = [line.removeprefix("* ") for line in said.splitlines()]
    assert all(line in printed.splitlines() for line in lines)
    for pattern in ("T5", "T8"):
        assert sum(line.startswith(f"{pattern} ") for line in lines) == 1, "one verdict"
        assert sum(line.startswith(f"{pattern}, ") for line in lines) >= 2, "figures"
    assert int(CHECKS["patterns"][1]) >= 32


def test_the_page_of_the_hindcast_is_of_the_shipped_ensemble() -> None:
    text = page("explanation/hindcast.md")
    assert f"from ensemble {shipped()['ensemble']}." in text, "run it again: make hindcast"
    for target in data.targets():
        assert f"| {target.id} |" in text, target.id
    for origin in FITTED_UNTIL:
        assert f"| {origin} |" in text, "the ensembles of all origins are scored"
