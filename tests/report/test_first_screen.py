"""What stands first, what is told once or in one line, and what a file carries that leaves."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text
from PIL import Image

from sim.analysis import wording
from sim.data import paper_signs
from sim.report import distributions, glance, matrix, origin, paper, pictures, spread, style
from sim.report.asked import Asked
from sim.report.findings import Findings
from sim.report.sections import css_text
from sim.report.style import FORECAST
from sim.report.view import View
from tests.report.conftest import HOSTILE

ROOT = Path(__file__).parents[2]


# The matrix


@pytest.fixture(scope="module")
def found(view) -> Findings:
    return Findings.of(view)


def altered(found: Findings, **signs: str) -> Findings:
    """Return findings with one sign for all cells of some factors or scenarios."""
    cells = tuple(
        replace(cell, sign=signs.get(cell.factor, signs.get(cell.scenario.replace("-", "_"), "+")))
        for cell in found.headlines
    )
    return replace(found, headlines=cells)


def test_rows_and_columns_in_which_nothing_changes_take_one_line_together(view, found):
    still = altered(
        found, backdoors="0", transparency="0", p3_government_audits="0", p1_blanket="?"
    )
    short = matrix.short(view, still)
    factors = [row.factor for _, rows in short.groups for row in rows]
    assert "Backdoors" not in factors
    assert "Transparency" not in factors
    assert len(factors) == 6
    shown = [policy.scenario for policy in short.policies]
    assert "p3-government-audits" not in shown
    assert "p1-blanket" in shown, "what cannot be told is no standstill"
    assert len(shown) == len(view.policies) - 1
    assert all([c.scenario for c in row.cells] == shown for _, rows in short.groups for row in rows)
    policies, rows = short.still
    assert policies.endswith(f"on any factor: {view.title('p3-government-audits')}.")
    assert rows.endswith("under any policy: Transparency and Backdoors.")


def test_where_nothing_changes_at_all_there_is_one_line_and_no_row(view, found):
    signs = dict.fromkeys({cell.factor for cell in found.headlines}, "0")
    short = matrix.short(view, altered(found, **signs))
    assert short.groups == short.policies == ()
    assert len(short.still) == 1


def test_where_all_changes_nothing_is_said_to_stand_still(view, found):
    short = matrix.short(view, altered(found))
    assert short.still == ()
    assert short.period == "January 2027 to December 2030"
    assert sum(len(rows) for _, rows in short.groups) == 8


def test_no_dot_and_no_disagreement_is_lost_with_a_row(view, found):
    """Cells on which the paper speaks are counted, shown or not; those that disagree are named."""
    compared = [cell for cell in found.headlines if cell.paper]
    assert {(c.scenario, c.factor): c.paper for c in compared} == paper_signs()
    short = matrix.short(view, found)
    assert short.paper.startswith(
        "Of 12 cells on which the paper gives a sign (reading of its prose)"
    )
    for cell in compared:
        named = f"{cell.name} under {view.title(cell.scenario)}" in short.paper
        assert named == (cell.agreement == "disagrees")


def test_every_headline_number_is_in_the_annex_and_every_shown_one_on_the_first_screen(page):
    findings = pd.read_csv(page.folder / "findings.csv")
    first = page.text.partition('<table class="matrix">')[2].partition("</table>")[0]
    whole = page.text.partition('<section id="rubric">')[2].partition("</table>")[0]
    seen = 0
    for row in findings[findings.part == "headline"].itertuples():
        change = wording.change(row.median, page.study.outcome(row.outcome))
        who = re.escape(html.escape(row.scenario).replace("&#x27;", "&#39;"))
        at = f'<td[^>]*data-scenario="{who}" data-outcome="{row.outcome}"[^>]*>(.*?)</td>'
        (cell,) = re.findall(at, whole, re.DOTALL)
        assert f"<b>{change}</b>" in cell
        shown = re.findall(at, first, re.DOTALL)
        assert all(f"<b>{change}</b>" in one for one in shown)
        seen += len(shown)
    assert seen > 10


def test_the_paper_stands_in_the_annex_with_the_place_of_each_sign(page):
    assert set(paper.READINGS) == set(paper_signs())
    section = html.unescape(page.text.partition('<section id="paper">')[2].partition("</sec")[0])
    assert paper.REFERENCE in section
    assert "Its scored table was not to be had" in section
    assert section.count("<tr>") == 1 + 12
    for text in paper.READINGS.values():
        assert text in section


# Pictures of the first screen and of the spread


def test_the_picture_at_one_glance_has_the_numbers_of_the_matrix(view, found):
    frame = glance.glance_frame(view).set_index(["scenario", "factor"])
    assert len(frame) == len(found.headlines)
    for cell in found.headlines:
        row = frame.loc[(cell.scenario, cell.factor)]
        assert (row.p5, row.p50, row.p95) == (cell.low, cell.median, cell.high)
    figure = glance.glance(view)
    middles = [
        line.get_xdata()[0] for axes in figure.axes for line in axes.lines
        if line.get_gid() == "marker"
    ]  # fmt: skip
    assert sorted(middles) == sorted(cell.median for cell in found.headlines)


def test_the_picture_at_one_glance_tells_chance_alone(make):
    drawn = View(make((0, 1, 5), draws=4, replications=4, twin=False))
    frame = glance.glance_frame(drawn)
    wide, alone = (
        frame[frame.interval_holds == holds].set_index(["scenario", "factor"])
        for holds in ("chance and parameters", "chance")
    )
    assert list(wide.index) == list(alone.index)
    share = drawn.paired(["us_share_abroad"])["p1-blanket", "us_share_abroad"]
    row = alone.loc[("p1-blanket", "global_power")]
    assert (row.p5, row.p95) == pytest.approx((share.chance[0], share.chance[-1]))
    lines = [line for axes in glance.glance(drawn).axes for line in axes.lines]
    assert sum(line.get_gid() == "chance" for line in lines) == len(alone)


def test_the_spread_is_that_of_a_plot_of_the_last_month_with_the_reference(study, view):
    name = "us_share_abroad"
    frame = spread.spread_frame(view, [name])
    plotted = distributions.ecdf_frame(Asked(study, name, tuple(study.cases)))
    pd.testing.assert_frame_equal(frame, plotted)
    assert set(frame.month) == {"2030-12"}
    assert study.against in set(frame.scenario)
    assert len(spread.HEADLINES) == 8


# What leaves the folder


def test_every_figure_carries_version_seed_scenarios_and_citation(page):
    from sim import __version__

    about = json.loads((page.folder / "figures" / "about.json").read_text(encoding="utf-8"))
    assert about["citation"] == origin.citation()
    for slug, figure in about["figures"].items():
        drawing = (page.folder / "figures" / f"{slug}.svg").read_text(encoding="utf-8")
        assert f"<title>{figure['title']}</title>" in drawing
        unseen = re.search("<dc:description>(.*?)</dc:description>", drawing)[1]
        with Image.open(page.folder / "figures" / f"{slug}.png") as image:
            texts = dict(image.text)
        assert texts["Title"] == figure["title"]
        assert texts["Description"] == unseen
        for said in (
            FORECAST,
            __version__,
            "seed 7",
            origin.citation(),
            *about["scenarios"].values(),
        ):
            assert said in unseen
        assert about["scenarios_hash"] in unseen
        assert HOSTILE not in unseen


def test_the_foot_of_every_picture_says_where_it_is_from_and_is_never_cut(make):
    """With a start month for each of several scenarios, too."""

    def change(scenario):
        month = {"start": f"20{27 + len(scenario.name) % 3}-{1 + len(scenario.name) % 12:02}"}
        moved = {name: p.model_copy(update=month) for name, p in scenario.policy.items()}
        return scenario.model_copy(update={"policy": moved})

    view = View(make((0, 1, 2, 5), change=change, twin=False))
    chosen = ("glance", "spread", "us-share", "cn-map")
    for picture in (p for p in pictures.PICTURES if p.slug in chosen):
        figure = picture.draw(view)
        with style.look():
            figure.draw_without_rendering()
        lines = [text.get_text() for text in figure.findobj(Text) if text.get_text()]
        said = "".join(lines).replace(" ", "")
        for text in (FORECAST, origin.line(view.study)):
            assert text.replace(" ", "") in said, picture.slug
        width = figure.bbox.x1
        assert all(t.get_window_extent().x1 <= width + 1 for t in figure.texts if t.get_text())


def test_the_citation_is_that_of_the_file_of_citations():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f'title: "{origin.TITLE}"' in text
    assert f"  - name: {origin.AUTHORS}" in text
    assert f"license: {origin.LICENCE}" in text


def test_studies_of_other_scenarios_have_another_hash(make):
    assert origin.scenarios_hash(make((0, 1))) == origin.scenarios_hash(make((0, 1), seed=9))
    assert origin.scenarios_hash(make((0, 1))) != origin.scenarios_hash(make((0, 2)))


def test_a_title_is_inert_in_the_running_head(page):
    text = css_text(HOSTILE + '"; } @import url(x)\\')
    assert not set(text) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \\")
    back = re.sub(r"\\([0-9a-f]+) ", lambda code: chr(int(code[1], 16)), text)
    assert back == HOSTILE + '"; } @import url(x)\\'
    head = re.search(r'@top-left \{ content: "(.*?)"; \}', page.text)[1]
    title = re.search("<title>(.*?)</title>", page.text)[1]
    assert head == css_text(html.unescape(title))
