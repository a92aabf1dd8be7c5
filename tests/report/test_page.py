"""The page stands alone, is inert, repeats to the byte and says only what the tables say."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
import shlex
from collections import Counter
from functools import cached_property

import numpy as np
import pandas as pd
import pytest

from sim import report
from sim.analysis.frames import csv_bytes
from sim.report import chain, paper, sections, who
from sim.report.page import POLICY
from sim.report.reproduction import command
from sim.report.view import View
from sim.vocabulary import SIGNS
from tests.report.conftest import DRAWN
from tests.report.reader import Reader

NUMBER = re.compile(r"[−+]?\d[\d,]*(?:\.\d+)?")


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


def test_command_and_scenario_files(page):
    text = command(page.study)
    assert text.startswith("openstakes compare p1-blanket targeted-bundle ./scenarios/")
    assert text.endswith("--against status-quo --draws 0 --replications 16 --seed 7 --out results")
    assert "<" not in text
    assert {p.stem for p in (page.folder / "scenarios").glob("*.toml")} >= {
        "status-quo",
        "p1-blanket",
    }


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


def test_signs_are_read_back_from_csv_as_they_were():
    frame = pd.DataFrame({"paper": [*SIGNS, "", "?", "higher", "lower"]})
    written = io.BytesIO(csv_bytes(frame))
    assert pd.read_csv(written, keep_default_na=False, dtype=str).equals(frame)


def test_cells_are_no_formulas():
    written = csv_bytes(pd.DataFrame({"cell": ["=cmd()", "@x", "-1.5", "--", "-x"]})).decode()
    assert written.splitlines() == ["cell", "'=cmd()", "'@x", "-1.5", "--", "'-x"]


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
