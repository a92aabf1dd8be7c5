"""Sentences about results are true of the numbers."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from sim.analysis import wording
from sim.model.outcomes import OUTCOMES
from sim.report import cells, findings, pictures
from sim.report.findings import Findings
from sim.report.view import View
from tests.report.made_cells import cell


@pytest.mark.parametrize(
    ("made", "group"),
    [
        (cell("++"), "gain"),
        (cell("-", -10.0), "loss"),
        (cell("+", most=0.8), "likely"),
        (cell("?", most=0.6), "undecided"),
        (cell("0", 0.1), "unchanged"),
        (cell("0", 0.1, 0.8), "mostly"),
    ],
)
def test_groups(made, group):
    assert made.group == group


def test_a_finding_names_unit_interval_and_count():
    text = cell("++", 12.3, 15 / 16).text
    assert ": +12.3 points (5–95 %: 7.3 to 17.3; better in 15, worse in 0 of 16 repl" in text
    harm = replace(cell("-", -12.3), outcome=OUTCOMES["cn_state_harm"])
    assert (
        ": −12.3 % of the reference (5–95 %: −17.3 to −7.3; better in 16, worse in 0" in harm.text
    )
    aimless = replace(harm, outcome=OUTCOMES["incidents"])
    assert "; higher in 0, lower in 16 of 16 replications)" in aimless.text


def test_where_there_is_no_percentage_the_mean_stands_in_the_unit():
    harm = replace(
        cell("--"),
        outcome=OUTCOMES["other_harm"],
        median=np.inf,
        low=1.0,
        high=np.inf,
        difference=2e6,
    )
    assert (
        ": from 0 (5–95 %: not available; mean +2.00 million units of harm a year; better"
        in harm.text
    )
    assert harm.judgement == "higher (worse)"


def test_every_cell_is_in_one_group(view):
    for policy in Findings.of(view).policies:
        grouped = [
            c
            for g in ("gain", "loss", "likely", "undecided", "mostly", "unchanged")
            for c in policy.of(g)
        ]
        assert sorted(c.factor for c in grouped) == sorted(c.factor for c in policy.cells)


def test_counts_add_up(view):
    found = cells.headlines(view)
    line = cells.count_line(found)
    counts = {
        word: int(n)
        for n, word in re.findall(
            r"(\d+) (clear|better|worse|likely no|likely|cannot tell|no material)", line
        )
    }
    assert counts.pop("better") + counts.pop("worse") == counts["clear"]
    assert sum(counts.values()) == len(found)
    assert line.startswith(f"Of {len(found)} cells (6 policy scenarios by 8 factors): ")


def test_the_eu_is_spoken_of_where_a_scenario_changes_its_duties_and_nowhere_else(make):
    def change(scenario):
        if scenario.name != "p1-blanket":
            return scenario
        duties = scenario.policy["eu-gpai"].model_copy(update={"withdrawal": 1.0})
        return scenario.model_copy(update={"policy": {**scenario.policy, "eu-gpai": duties}})

    said = {p.scenario: p.eu for p in Findings.of(View(make((0, 1, 2), change=change))).policies}
    assert said["p2-risk-assessment"] == ()
    assert [cell.outcome.name for cell in said["p1-blanket"]] == list(cells.SAID_OF_EU)
    assert {"cost_eu_us", "use_withdrawn_eu", "eu_labs_outside_eu"} <= set(cells.SAID_OF_EU)
    drawn, left_out = (
        {picture.slug for picture in pictures.drawable(View(study))}
        for study in (make((0, 1), change=change), make((0, 1)))
    )
    assert drawn - left_out == {pictures.EU_SLUG}


def test_cells_that_change_without_assumed_responses(view):
    found = Findings.of(view)
    after = {(c.scenario, c.factor): c for c in found.without_assumed}
    expected = [
        (c.scenario, c.factor)
        for c in found.headlines
        if c.sign[0] != after[c.scenario, c.factor].sign[0]
    ]
    changed = findings.changed(found.headlines, found.without_assumed)
    assert expected
    assert [(item.before.scenario, item.before.factor) for item in changed] == expected
    assert findings.changed(found.headlines, found.headlines) == []


def test_the_paper_is_reported_by_agreement():
    own = [
        replace(cell("-", factor="global_power"), paper="-", agreement="agrees"),
        replace(cell("0", factor="backdoors"), paper="+", agreement="disagrees"),
        replace(cell("?", factor="chinese_misuse"), paper="+", agreement="undecided"),
        replace(cell("+"), agreement="paper silent"),
    ]
    sentences = " ".join(findings._paper(own))
    reading = "the paper's (reading of its prose) on"
    assert f" agrees with {reading} Global power (US) (paper −, here −)." in sentences
    assert f"disagrees with {reading} Backdoors (paper +, here 0)." in sentences
    assert "gives a sign (reading of its prose) on Chinese misuse" in sentences
    assert "Transparency" not in sentences, "where the paper is silent nothing is said"
    assert findings._paper(own[-1:]) == ["The paper gives no sign for this scenario."]


def test_failed_replications_leave_the_count(make):
    study = make((0, 1))
    for outcome in study.outcomes():
        study.values("p1-blanket", outcome)[3] = np.nan
    found = cells.headlines(View(study))
    assert {c.pairs for c in found} == {15}
    assert " of 15 replications" in found[0].text


HEADLINES = {o.factor: o for o in OUTCOMES.values() if o.headline and o.factor}
UP = ("more ", "faster ", "power spread more ")
DOWN = ("less ", "slower ", "power less ")


@pytest.mark.parametrize("factor", list(cells.FACTOR_NAMES))
@pytest.mark.parametrize("median", [10.0, -10.0])
def test_a_quoted_line_names_the_direction_of_the_outcome_and_what_it_means_for_the_goal(
    factor, median
):
    """So "less Chinese misuse (better)" and never "strong gain for Chinese misuse"."""
    outcome = HEADLINES[factor]
    sign = "+" if median * outcome.direction > 0 else "-"
    made = replace(cell(sign, median, factor=factor), outcome=outcome)
    assert made.move.startswith(UP if median > 0 else DOWN)
    assert made.move.endswith("(better)" if sign == "+" else "(worse)")
    assert made.head[1:] == made.move[1:]
    likely = replace(made, word="likely")
    assert likely.move == f"likely {made.move}"
    for text in (made.move, likely.move, made.judgement):
        assert "gain" not in text
        assert "loss" not in text


def test_what_cannot_be_told_is_said_with_its_ends():
    made = cell("?", 1.0, 0.6)
    assert made.move == "Transparency: cannot tell, between −4.0 and +6.0 points"
    assert made.verdict == "cannot tell: between −4.0 and +6.0 points"
    assert "5–95 %" not in made.text
    mostly = cell("0", 0.1, 0.8)
    assert mostly.move == "Transparency: likely no material change, between −4.9 and +5.1 points"


def test_no_change_is_said_with_its_bound():
    assert cell("0").move == "Transparency: no material change (90 % within ±0.5 points)"


def test_no_material_change_is_said_only_of_nine_pairs_in_ten_within_the_floor(make):
    study = make((0, 1, 5))
    name = HEADLINES["progress_frontier"].name
    same = study.values("status-quo", name)
    few = np.where(np.arange(len(same)) % 4 == 0, 1.2, 1.0)[:, None]  # four of sixteen are higher
    study.values("p1-blanket", name)[:] = same * few
    study.values("targeted-bundle", name)[:] = same * 1.01
    zero = {c.scenario: c for c in cells.headlines(View(study)) if c.outcome.name == name}
    mostly, immaterial = zero["p1-blanket"], zero["targeted-bundle"]
    assert (mostly.sign, immaterial.sign) == ("0", "0")
    assert (mostly.word, mostly.group) == (wording.LIKELY_UNCHANGED, "mostly")
    assert mostly.move.startswith("Progress at the frontier: likely no material change, between ")
    assert (immaterial.word, immaterial.group) == (wording.UNCHANGED, "unchanged")
