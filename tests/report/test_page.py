"""The page stands alone, is inert, repeats to the byte and says only what the tables say."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
import shlex
import tomllib
from collections import Counter
from functools import cached_property
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from sim import report
from sim.analysis import wording
from sim.analysis.frames import csv_bytes
from sim.analysis.study import Study
from sim.model.jurisdictions import Jurisdictions
from sim.policies import LEVERS
from sim.report import chain, paper, pictures, policy_words, prose, reproduction, sections, who
from sim.report.limits import by_chance, few, limits
from sim.report.page import POLICY
from sim.report.pictures import PICTURES
from sim.report.prose import introductions
from sim.report.reproduction import command
from sim.report.view import View
from sim.scenario import library
from sim.scenario.overlay import LABELS
from sim.scenario.scenario import Scenario, load, load_with_origins
from sim.sweep.design import Case, Design, Draws
from sim.sweep.store import Store
from sim.vocabulary import SIGNS, US
from tests.report.conftest import DRAWN, HOSTILE
from tests.sweep import fake

VOID = {"meta", "img", "br", "link", "input", "hr"}
NUMBER = re.compile(r"[−+]?\d[\d,]*(?:\.\d+)?")


class Reader(HTMLParser):
    """Collects elements and the text of those that carry a scenario and an outcome."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[tuple[str, tuple[str, str] | None]] = []
        self.said: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self._parts: list[str] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag in VOID:
            return
        key = (found["data-scenario"], found["data-outcome"]) if "data-scenario" in found else None
        if key:
            self._parts = []
        self.open.append((tag, key))

    def handle_endtag(self, tag):
        opened, key = self.open.pop()
        assert opened == tag, f"<{opened}> closed by </{tag}>"
        if key:
            self.said.append((*key, " ".join(self._parts)))

    def handle_data(self, data):
        self.text.append(data)
        self._parts.append(data)


@pytest.fixture(scope="module")
def read(page) -> Reader:
    reader = Reader()
    reader.feed(page.text)
    assert not reader.open
    return reader


def test_nothing_is_fetched_and_links_lead_to_files_beside_the_page(page, read):
    ids = [a["id"] for _, a in read.elements if "id" in a]
    assert len(ids) == len(set(ids))
    files = {p.relative_to(page.folder).as_posix() for p in page.folder.rglob("*") if p.is_file()}
    linked = set()
    for tag, attributes in read.elements:
        for name in ("src", "srcset", "action", "data", "poster", "background"):
            link = attributes.get(name)
            assert link is None or link.startswith("data:image/svg+xml;base64,"), (tag, link)
        link = attributes.get("href")
        if link is not None:
            assert tag == "a"
            here = link[1:] in ids if link.startswith("#") else link in files
            assert here or link == paper.LINK, link
            linked.add(link)
    figures = {name for name in files if name.startswith("figures/")}
    assert figures <= linked, "every file of a figure is reached from the page"
    assert {name for name in files if name.startswith("scenarios/")} <= linked
    assert not {"script", "iframe", "object", "embed", "link", "base", "form"} & {
        tag for tag, _ in read.elements
    }


def test_the_brief_stands_beside_the_report_with_its_numbers(page, read):
    assert "brief.html" in [a.get("href") for _, a in read.elements]
    brief = (page.folder / "brief.html").read_text(encoding="utf-8")
    assert POLICY in html.unescape(brief)
    assert 'href="report.html"' in brief
    targets = pd.read_csv(page.folder / "targets.csv")
    assert set(targets["kind"]) == {"fitted", "imposed", "path", "copy"}


def test_content_security_policy(read):
    metas = [
        a
        for tag, a in read.elements
        if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert [m["content"] for m in metas] == [POLICY]
    assert POLICY == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_styles_fetch_nothing(page):
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_text_is_inert(page, read):
    assert not [a for _, a in read.elements if any(name.startswith("on") for name in a)]
    assert all(a["src"].startswith("data:") for tag, a in read.elements if tag == "img")
    assert page.text.count("</style>") == 1
    text = "".join(read.text)
    assert "</script><img src=x onerror=1>" in text
    assert "Does $a_b$ <b>cost</b> & `gain`?" in text


def test_pictures_are_inert(page):
    for path in sorted((page.folder / "figures").glob("*.svg")):
        drawing = path.read_text(encoding="utf-8")
        assert "<script" not in drawing
        assert "onerror" not in drawing
        assert "p1-blanket" not in drawing
        links = re.findall(r'(?:xlink:)?href="([^"]*)"', drawing)
        assert all(link.startswith(("#", "data:image/png")) for link in links)


@pytest.fixture
def few_pictures(monkeypatch):
    """Leave one picture of each form."""
    kept = tuple(p for p in PICTURES if p.slug in ("us-share", "misuse-routes", "cn-change-map"))
    monkeypatch.setattr(pictures, "PICTURES", kept)


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
def test_a_page_asks_the_study_for_each_number_once(make, tmp_path):
    asked = Counter()

    class Counted(make):
        def csv_files(self, encoding="utf-8", table=None):
            return {"table.csv": b""}  # what the page adds to the files of the study

        def table(self, outcomes=None):
            asked["table", self.seed] += 1
            return super().table(outcomes)

        def rubric(self):
            asked["rubric", self.seed] += 1
            return super().rubric()

        def series(self, scenario, outcomes):
            asked.update(("series", scenario, outcome) for outcome in outcomes)
            return super().series(scenario, outcomes)

        def paired_differences(self, scenario, outcomes):
            asked.update(("differences", scenario, outcome) for outcome in outcomes)
            return super().paired_differences(scenario, outcomes)

        def map_shares(self, scenario, channel="all"):
            asked["map", scenario] += 1
            return super().map_shares(scenario, channel)

        @cached_property
        def without_assumed(self):
            return Counted(self.positions, seed=8, twin=False) if self._twin else None

    report.write(Counted((0, 1, 5)), tmp_path)
    assert asked["table", 7] == asked["rubric", 7] == asked["table", 8] == asked["rubric", 8] == 1
    assert {key[0] for key in asked} == {"table", "rubric", "series", "differences", "map"}
    assert [key for key, times in asked.items() if times > 1] == []


@pytest.mark.usefixtures("few_pictures")
def test_same_bytes_on_rebuild(make, tmp_path):
    first, second = (tmp_path / name for name in "ab")
    for folder in (first, second):
        report.write(make((0, 1), twin=False), folder)
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert [p for p in files if (first / p).read_bytes() != (second / p).read_bytes()] == []


def test_every_picture_is_there_in_both_formats(page, read):
    figures = page.folder / "figures"
    for picture in DRAWN:
        assert {p.suffix for p in figures.glob(f"{picture.slug}.*")} == {".svg", ".png", ".csv"}
    of_who = len(page.study.cases) - 1
    assert sum(tag == "figure" for tag, _ in read.elements) == len(DRAWN) + of_who
    images = [a for tag, a in read.elements if tag == "img"]
    assert all(a["alt"] for a in images)


def test_figures_name_what_they_show(page):
    about = json.loads((page.folder / "figures" / "about.json").read_text(encoding="utf-8"))
    assert "not a forecast" in about["note"]
    assert about["scenarios"] == {s.name: s.id for s in page.study.scenarios}
    assert about["titles"] == page.study.titles
    assert about["figures"]["us-share"]["outcomes"]["us_share_abroad"]["unit"] == "% of use"


def tables(page) -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with (page.folder / "findings.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["scenario"], row["outcome"]), []).append(row)
    return found


def allowed(rows: list[dict[str, str]]) -> list[float]:
    numbers = [5.0, 95.0]
    for row in rows:
        numbers += [float(row[name]) for name in ("median", "low", "high")]
        pairs = float(row["pairs"])
        numbers += [pairs, *(round(pairs * float(row[p])) for p in ("p_higher", "p_lower"))]
    return numbers


def test_every_number_of_the_findings_is_in_the_table(page, read):
    """Read each finding on the page, take its numbers, look for each in the file of findings."""
    rows = tables(page)
    assert len(read.said) > 60
    for scenario, name, text in read.said:
        outcome = page.study.outcome(name)
        known = allowed(rows[scenario, name])
        plain = (
            text.replace(scenario, "")
            .replace(outcome.label, "")
            .replace("on a scale of 0 to 1", "")
        )
        plain = re.sub(
            r"paper [+−0/]+|(\+\+|\+|−−|−|0) +(?=no material|likely no material)", "", plain
        )
        plain = re.sub(r"^\s*(\+\+|\+|−−|−|0|\?) {2,}", "", plain)  # the sign of the matrix
        for match in NUMBER.finditer(plain):
            token = match[0].replace(",", "").replace("−", "-")
            factor = {" mi": 1e6, " bi": 1e9}.get(plain[match.end() : match.end() + 3], 1.0)
            width = factor * 0.5001 * 10.0 ** -len(token.partition(".")[2])
            found = any(abs(float(token) * factor - x) <= width for x in known)
            assert found, (match[0], text, known)


def test_findings_agree_with_the_study_table(page):
    table = page.study.table().set_index(["scenario", "outcome"])
    for (scenario, name), rows in tables(page).items():
        for row in rows:
            if row["part"] in ("headline", "beside"):
                for column in ("reference", "difference", "median", "low", "high"):
                    assert float(row[column]) == pytest.approx(
                        table.loc[(scenario, name), column], rel=1e-6, abs=1e-12
                    )


def test_sections_in_order(page):
    """Figures first, words after, definitions and whole tables in an annex."""
    headings = re.findall(r'<section id="(\w+)">\s*<h2>(\w+) (.*?)</h2>', page.text)
    found = sections.parts()
    assert headings == [(part.id, part.number, part.title) for part in found.values()]
    numbers = [part.number for part in found.values()]
    assert numbers == [*map(str, range(1, 13)), *"ABCDEFG"]
    assert re.findall(r'<li><a href="#(\w+)">\w+ ', page.text) == list(found)
    marks = ("not a forecast", '<table class="matrix">', "<figure", "Figure 1.")
    marks += ('<section id="adoption">', '<section id="findings">', 'id="annex"', 'id="compared">')
    places = [page.text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "<figure" not in page.text[page.text.index('<section id="findings">') :]


def test_thresholds_are_printed_from_the_rule(page):
    section = page.text.partition('id="signs"')[2].partition("</ul>")[0]
    lines = re.findall("<li>(.*?)</li>", section)
    assert [html.unescape(line) for line in lines] == wording.rule("replications")


def test_command_and_scenario_files(page):
    text = command(page.study)
    assert text.startswith("openstakes compare p1-blanket targeted-bundle ./scenarios/")
    assert text.endswith("--against status-quo --draws 0 --replications 16 --seed 7 --out results")
    assert "<" not in text
    assert {p.stem for p in (page.folder / "scenarios").glob("*.toml")} >= {
        "status-quo",
        "p1-blanket",
    }


def test_scenarios_are_described_from_their_levers(study):
    found = {item.scenario.name: item for item in introductions(study)}
    assert (
        "Export control on open weights (lever L1, the paper's P1), from January 2026."
        in found["p1-blanket"].changes[0]
    )
    bundle = found["targeted-bundle"].changes
    alone = ("p2-risk-assessment", "p3-government-audits", "p4-audit-repository")
    assert len(bundle) == len(alone)
    for name in alone:  # told once, where it stands alone
        assert sum(f"as under {load(name).title}." in line for line in bundle) == 1
        assert not any("as under" in line for line in found[name].changes)
    assert max(map(len, bundle)) < 150
    held = found["status-quo"].changes
    steps = "10 dated steps from October 2022. The last, from January 2026: stringency: 0.6"
    assert sum(steps in line for line in held) == 1
    bans = [line for line in held if "(lever L8)" in line]
    named = [p for name, p in load("status-quo").policy.items() if p.lever == "L8"]
    assert len(bans) == len(named) > 1, "bans of other places act together: none is a step of one"
    assert not any("dated steps" in line for line in bans)


def test_people_read_titles_and_commands_have_names(page):
    """Names stay in attributes, commands, files and keys: everywhere else stands the title."""
    titles = page.study.titles
    assert titles["p1-blanket"] == load("p1-blanket").title
    assert titles[HOSTILE] == HOSTILE
    text = re.sub(r"<pre>.*?</pre>|<code>.*?</code>|<[^>]*>", " ", page.text, flags=re.DOTALL)
    before, _, after = text.partition("Name in commands and files")
    for name in ("p1-blanket", "targeted-bundle", "status-quo"):
        assert f"<h3>{titles[name]}" in page.text
        assert name not in before.replace("docs/", "")
        assert name in after
    findings = pd.read_csv(page.folder / "findings.csv")
    assert dict(zip(findings["scenario"], findings["title"], strict=True)) == {
        name: title for name, title in titles.items() if name != page.study.against
    }


def test_what_a_scenario_models_and_leaves_out_stands_folded_beside_it(page):
    scenario, part = load("p1-blanket"), page.text.partition('id="compared"')[2]
    for heading, texts in (
        ("What is modelled", scenario.modelled),
        ("What is not modelled", scenario.not_modelled),
        ("Sources", scenario.sources),
    ):
        folded = re.findall(
            rf"<details><summary>{heading}</summary>(.*?)</details>", part, re.DOTALL
        )
        assert any(all(html.escape(text) in one for text in texts) for one in folded)


def test_standing_costs_are_called_inputs_and_are_no_findings(page):
    section = page.text.partition('<section id="costs">')[2].partition("</section>")[0]
    assert "Standing costs are <b>inputs</b>" in section
    table = section.partition("Inputs: standing costs")[2].partition("</table>")[0]
    title, control = load("p1-blanket").title, "open-weight-control (L1)"
    cells = rf'{title}</th><th scope="row">{re.escape(control)}</th><td>labs</td><td>([^<]*)</td>'
    firms = len(Jurisdictions.of_tables().firms(US))
    (amount,) = re.findall(cells, table)
    assert amount == wording.significant(20e6 * firms)
    assert ">0</td>" not in table
    numbers = page.text.partition('<details id="numbers-costs">')[2].partition("</details>")[0]
    assert "Charges of policies to" in numbers
    assert "Cost of policies to" not in section + numbers
    findings = (page.folder / "findings.csv").read_text(encoding="utf-8")
    assert "cost_policy" not in findings


def test_a_changed_scenario_says_that_it_is_not_the_shipped_one(make):
    study = make((0, 1))
    note = "Not the shipped scenario of this name"
    assert not any(note in line for item in introductions(study) for line in item.changes)
    study.scenarios[1] = load("p1-blanket", overrides="high-allied-coverage")
    assert (
        {item.scenario.name: item for item in introductions(study)}["p1-blanket"]
        .changes[0]
        .startswith(note)
    )


def test_limits_say_what_follows_from_the_study(make):
    assert any("16 times" in line for line in limits(make((0, 1))))


def test_few_replications_are_said(make):
    assert by_chance(4) == pytest.approx(2 / 16)
    assert by_chance(16) == pytest.approx(2 * (1 + 16) / 2**16)
    assert by_chance(1) == 1.0
    assert "Few replications (4): by chance alone, 12.5 % of cells" in few(
        make((0, 1), replications=4)
    )
    assert few(make((0, 1))) == ""
    for draws, replications, said in ((1, 3, "3 replications"), (3, 1, "3 pairs")):
        study = make((0, 1), draws=draws, replications=replications)
        assert few(study) == f"Too few for a sign other than 0 ({said}): run at least 8."
        assert set(study.rubric().sign) <= {"?", "0"}


def uncertain(draws, replications):
    case = Case("a", fake.scenario("a"), "a")
    values = Draws.of([{"leak_hazard": (i + 1) / 64} for i in range(draws)])
    return Study(Store(), Design((case,), replications, 1, values), described=fake.DESCRIBED)


def test_draws_count_as_pairs_when_few_is_said():
    assert "Few pairs (4): by chance alone, 12.5 % of cells" in few(uncertain(4, 1))
    assert few(uncertain(32, 1)) == few(uncertain(4, 4)) == ""
    assert by_chance(10**6) == 0.0


def test_limits_say_what_draws_and_replications_are():
    (said,) = (line for line in limits(uncertain(32, 1)) if "Each scenario was run" in line)
    assert "Each scenario was run 32 times; run k of every scenario uses the same" in said
    assert "They are 32 draws of the uncertain numbers, each run once, with luck of its" in said
    assert "sets of values of 1 number. The intervals are over all these pairs and hold" in said


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
def test_one_replication_gets_no_words(make, tmp_path):
    text = report.write(make((0, 1, 5), replications=1), tmp_path).read_text(encoding="utf-8")
    assert "One replication shows no chance variation: no words are given. Run at least 8." in text
    for word in ("In short", 'class="rung"', 'class="symbol"', "In words", "undecided</span>"):
        assert word not in text


def test_the_page_says_what_is_measured_and_that_nothing_is_calibrated(page):
    assert "Intervals hold chance" in page.text
    before, _, after = page.text.partition("What the factors measure")
    assert "Where it helps" not in before
    for outcome in page.study.outcomes():
        if page.study.outcome(outcome).headline:
            assert page.study.outcome(outcome).label in after
    assert "consumer (30 %)" in after
    for term in (
        "paired", "bloc", "third country", "restricted country", "stripped open weights", "OOM",
        "utils",
    ):  # fmt: skip
        assert f"<dt>{term}</dt>" in after
    assert (
        "December 2030 only; the findings average the months compared (January 2027 to December "
        "2030)." in page.text
    )


def test_target_countries_in_another_order_are_not_set_here():
    policy = load("p1-blanket").policy["open-weight-control"]
    turned = policy.model_copy(update={"targets": tuple(reversed(policy.targets))})
    assert len(policy.targets) > 1
    assert policy_words.in_words(turned) == policy_words.in_words(policy)
    set_here = policy_words.in_words(policy.model_copy(update={"kyc_friction": 0.07}))
    assert ": 0.07" in set_here


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
def test_a_study_without_a_policy(make, tmp_path):
    page = report.write(make((0,), twin=False), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "there is nothing to compare it with" in text
    assert "There is no policy to score." in text


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
def test_a_policy_whose_runs_all_failed(make, tmp_path):
    study = make((0, 1, 5), twin=False)
    for outcome in study.outcomes():
        study.values("p1-blanket", outcome)[:] = np.nan
    text = report.write(study, tmp_path).read_text(encoding="utf-8")
    assert "not available" in text
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text).lower().split()


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_hash_of_the_table_stands_beside_the_command_that_makes_it(make, tmp_path, encoding):
    page = report.write(make((0, 1), twin=False), tmp_path, encoding=encoding)
    text = html.unescape(page.read_text(encoding="utf-8"))
    digest = hashlib.sha256((tmp_path / "table.csv").read_bytes()).hexdigest()
    assert f"SHA-256 of table.csv: <code>{digest}</code>" in text
    (shown,) = re.findall("<pre>(openstakes .*?)</pre>", text, flags=re.DOTALL)
    words = shlex.split(shown.replace("\\\n", ""))
    assert words[:2] == ["openstakes", "experiment"], "compare would run it without assumed too"
    assert ("--excel" in words) == (encoding == "utf-8-sig")


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
@pytest.mark.parametrize("replications", [4, 20])
def test_the_page_says_that_ninety_percent_lie_inside_only_where_that_can_be(
    make, tmp_path, replications
):
    page = report.write(make((0, 1), replications=replications, twin=False), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert ("the range in which 90 % of the replications lie" in text) == (replications == 20)
    assert text.count("are interpolated between them") == (2 if replications == 4 else 0)


def test_signs_are_read_back_from_csv_as_they_were():
    frame = pd.DataFrame({"paper": [*SIGNS, "", "?", "higher", "lower"]})
    written = io.BytesIO(csv_bytes(frame))
    assert pd.read_csv(written, keep_default_na=False, dtype=str).equals(frame)


def test_cells_are_no_formulas():
    written = csv_bytes(pd.DataFrame({"cell": ["=cmd()", "@x", "-1.5", "--", "-x"]})).decode()
    assert written.splitlines() == ["cell", "'=cmd()", "'@x", "-1.5", "--", "'-x"]


def test_every_value_that_a_shipped_scenario_sets_is_shown_near_the_top():
    """Whatever a scenario file sets of a policy stands in the scenario's description.

    At its start value or not.
    """
    base, seen = load("status-quo"), 0
    for name in library.scenarios():
        scenario, origins = load_with_origins(name)
        for policy_name, policy in prose.added(scenario, base):
            text = policy_words.in_words(policy, base.policy.get(policy_name))
            for field in type(policy).model_fields:
                source = origins.get(f"policy.{policy_name}.{field}", "default")
                if source == "default" or field in (
                    "start",
                    "end",
                    "ramp_months",
                    "strength",
                    "enforcement",
                    *policy.idle,
                ):
                    continue
                if policy_name in base.policy and getattr(
                    base.policy[policy_name], field
                ) == getattr(policy, field):
                    continue
                assert f"{field}: " in text, (name, policy_name, field)
                seen += 1
    assert seen > 30


def test_every_lever_names_the_fields_that_define_it():
    for lever in LEVERS.values():
        assert 1 <= len(lever.main) <= 4, lever.lever
        assert set(lever.main) <= set(lever.model_fields), lever.lever


def test_a_changed_step_says_what_it_was():
    base, other = load("status-quo"), load("decouple")
    text = policy_words.in_words(other.policy["chips-2026-01"], base.policy["chips-2026-01"])
    assert "as in the reference but for: stringency: 1, not 0.6" in text
    cut_off = load("history-2023-2026").policy["cut-off-2026-06"]
    assert "(lever L2), in June 2026." in policy_words.in_words(cut_off)
    weak = other.policy["use-ban"].model_copy(update={"strength": 0.5, "enforcement": 0.25})
    assert "from January 2026, at strength 0.5, enforced to 0.25." in policy_words.in_words(weak)


def test_settings_that_all_steps_share_stand_once(study):
    rows = prose.policy_grid(study).rows
    chips = [row for row in rows if "(L3)" in row[1]]
    assert {row[0] for row in chips} == {"Status quo"}
    assert [row[1] for row in chips if row[2] == "smuggling"] == ["all 10 (L3)"]
    named = [
        name
        for row in chips
        if row[2] == "stringency"
        for name in row[1].removesuffix(" (L3)").split(", ")
    ]
    assert sorted(named) == sorted(
        name for name, policy in load("status-quo").policy.items() if policy.lever == "L3"
    )
    assert all(row[0] == load("p1-blanket").title for row in rows if "(L1)" in row[1])


def test_a_scenario_is_printed_without_what_the_reference_has():
    base = load("status-quo")
    text = reproduction.scenario_text(load("no-chip-controls"), base)
    assert "stringency" not in text
    assert "# Not here, but in status-quo: policy.chips-2026-01" in text
    for name in ("p1-blanket", "decouple", "safe-open"):
        scenario = load(name)
        own = tomllib.loads(reproduction.scenario_text(scenario, base))
        whole = base.as_table()
        tables = {
            key: {**whole.get(key, {}), **own.get(key, {})}
            for key in ("policy", "parameters", "crisis")
        }
        shared = {key: value for key, value in whole.items() if key not in LABELS}
        assert Scenario.model_validate(tuples({**shared, **own, **tables})) == scenario
    assert reproduction.scenario_text(base, base) == base.as_toml()


def tuples(table):
    """Lists as the loader gives them."""
    if isinstance(table, dict):
        return {key: tuples(value) for key, value in table.items() if value != {}}
    return tuple(table) if isinstance(table, list) else table


def test_one_meaning_of_the_question_mark(page):
    text = "".join(page.text.split())
    assert text.count("?cannottell:morethan10%ofthereplicationsarebetter") == 1
    for other in ("noclearsign", "stronggain", "strongloss", "smallagainstchance"):
        assert other not in text


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
def test_every_interval_of_a_report_says_what_it_holds(page, make, tmp_path):
    assert page.text.count("5–95 % holds chance.") == 3
    assert "its 5–95 % interval (chance)" in page.text
    assert "(5 to 95 %: chance) at year ends" in page.text
    assert "paired difference (5 to 95 %: chance)" in page.text
    assert (
        "Intervals hold chance; true uncertainty is larger: the model&#39;s form is one of many."
        in page.text
    )
    drawn = make((0, 1, 5), draws=4, replications=4, twin=False)
    text = report.write(drawn, tmp_path).read_text(encoding="utf-8")
    assert text.count("5–95 % holds chance and parameters.") == 3
    assert "(5 to 95 %: chance and parameters) at year ends" in text
    for name in ("table", "rubric", "findings"):
        frame = pd.read_csv(tmp_path / f"{name}.csv")
        assert set(frame["interval_holds"]) == {"chance and parameters"}
    for name in ("us-share", "us-share-changes"):  # draws were run several times
        frame = pd.read_csv(tmp_path / "figures" / f"{name}.csv")
        assert set(frame["interval_holds"]) == {"chance and parameters", "chance"}
    about = json.loads((tmp_path / "figures" / "about.json").read_text(encoding="utf-8"))
    assert about["interval_holds"] == "chance and parameters"


def test_the_page_says_who_stands_for_which_side(page):
    assert (
        f"a change of the paper&#39;s P1 and nothing else: {load('p1-blanket').title}." in page.text
    )
    title = load("targeted-bundle").title
    assert f"a change of P2, P3 or P4 and nothing else: {title}" in page.text


def test_a_policy_is_told_by_the_fields_that_act_in_this_use():
    private = policy_words.in_words(load("us-ban-private").policy["private-ban"])
    assert "compliance_private: 0.2 (" in private
    assert "compliance: " not in private
    by_name = policy_words.in_words(load("status-quo").policy["deepseek-aus-2025-02"])
    assert "labs: deepseek (" in by_name
    assert "origins: " not in by_name
    assert "compliance_private: " not in by_name
    rented = policy_words.in_words(load("rent-barred").policy["remote-access"])
    assert "stringency: " not in rented
    assert "remote_access: 1 (" in rented


def test_another_order_of_a_list_is_no_difference():
    """The blanket control names its targets in an order of its own."""
    base = load("p1-blanket")
    targets = tuple(reversed(base.policy["open-weight-control"].targets))
    turned = base.policy["open-weight-control"].model_copy(update={"targets": targets})
    other = base.model_copy(update={"policy": {**base.policy, "open-weight-control": turned}})
    assert prose.added(other, base) == []
    lighter = turned.model_copy(update={"kyc_friction": 0.05})
    text = policy_words.in_words(lighter, base.policy["open-weight-control"])
    assert "but for: kyc_friction: 0.05, not 0.15" in text


def test_values_have_units_that_are_units_and_allies_are_others():
    g7 = ("USA", "CAN", "DEU", "FRA", "GBR", "ITA", "JPN")
    gate = LEVERS["L2"](start="2026-01", allies=g7, countries=("KEN",))
    told = policy_words.in_words(gate)
    assert "allies: Canada, France, Germany, Italy, Japan and " in told
    assert "United States" not in told
    ban = LEVERS["L8"](start="2026-01", countries=("KEN",), allies=("USA",))
    assert "allies: United States (" in policy_words.in_words(ban)  # no measure of the US
    push = LEVERS["E1"](start="2026-01", openness_push=0.5)
    assert "openness_push: 0.5 (" in policy_words.in_words(push)
    duties = LEVERS["EU_GPAI"](start="2026-01")
    other = duties.model_copy(update={"open_exemption": False, "end": "2026-08"})
    text = policy_words.in_words(other, duties)
    assert "open_exemption: no (" in text
    assert "end: 2026-08, not none (" in text


def test_the_page_says_what_moved_on_the_way_and_who_gains(page):
    """Both parts stand on it with their files; a name that is hostile is in none of them."""
    text = page.text
    assert '<section id="why">' in text
    assert 'id="who"' in text
    found = chain.chains(View(page.study))
    assert text.count('<ol class="chain">') == sum(len(policy.chains) for policy in found) > 0
    pictures_of_who = [f"figures/who-{i}{end}" for i in (1, 2, 3) for end in (".svg", ".png")]
    for name in (chain.CSV, *who.FILES, *pictures_of_who):
        assert (page.folder / name).is_file()
