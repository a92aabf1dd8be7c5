"""Sentences about results are true of the numbers."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from sim import report
from sim.analysis import rubric, wording
from sim.model.outcomes import OUTCOMES
from sim.report import aloud, brief, cells, duels, findings, page, pictures
from sim.report.cells import Cell
from sim.report.findings import Findings
from sim.report.view import View
from sim.scenario.scenario import load
from sim.sweep.design import Case
from tests.report.conftest import HOSTILE


def cell(
    sign: str,
    median: float = 10.0,
    most: float = 1.0,
    factor: str = "transparency",
) -> Cell:
    """A finding on a share; `most` of its pairs are where the sign says, none on the other side."""
    sides = {"+": (most, 0.0, 1 - most), "-": (0.0, most, 1 - most), "0": (0.0, 1 - most, most)}
    if sign == "?":
        sides["?"] = (most, 1 - most, 0.0)
    chances = rubric.Chances(*sides[sign[0]])
    return Cell(
        unit="replications",
        scenario="a",
        factor=factor,
        outcome=OUTCOMES["us_share_abroad"],
        reference=0.4,
        difference=median / 100,
        median=median,
        low=median - 5,
        high=median + 5,
        scale="points",
        p_higher=chances.higher,
        p_lower=chances.lower,
        p_floor=chances.floor,
        sign=sign,
        word=wording.word(sign, chances),
        pairs=16,
        first_month="2027-01",
        last_month="2030-12",
    )


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


def test_the_duel_is_paired(study, view):
    (duel,) = Findings.of(view).duels
    assert (duel.targeted, duel.blanket) == ("targeted-bundle", "p1-blanket")
    first, last = study.window("p1-blanket")
    for made, verdict in zip(duel.cells, duel.verdicts, strict=True):
        ours, theirs = (
            study.values(name, made.outcome.name)[:, first : last + 1].mean(axis=1, dtype=float)
            for name in ("targeted-bundle", "p1-blanket")
        )
        changes = rubric.changes(ours, theirs, np.zeros(16, int), made.outcome.kind)
        assert made.difference == pytest.approx(np.mean(ours - theirs))
        assert made.median == pytest.approx(np.median(changes))
        assert made.sign == rubric.sign(changes, made.outcome.kind, made.outcome.direction)
        better = made.median * made.outcome.direction > 0
        assert verdict != "better" or better
        assert verdict != "worse" or not better


@pytest.mark.parametrize(
    ("signs", "said"),
    [
        ("++0?",
         ("On the 2 of 4 factors where the two can be told apart clearly, "
          "bundle does better than blanket.")),
        ("-0?",
         ("On the one of 3 factors where the two can be told apart clearly, "
          "blanket does better than bundle.")),
        ("+-0", "depends on the factor"),
        ("00?", "cannot be told apart clearly on any factor"),
    ],
)  # fmt: skip
def test_the_verdict_follows_the_counts(signs, said):
    found = [cell(s, -10.0 if s == "-" else 10.0, 0.6 if s == "?" else 1.0) for s in signs]
    counts, verdict = duels._duel_sentences("bundle", "blanket", found)
    assert said in verdict
    for key, sign in (
        ("better", "+"),
        ("worse", "-"),
        ("no material difference", "0"),
        ("cannot tell", "?"),
    ):
        assert (f" {key} on {signs.count(sign)} (" in counts) == (sign in signs)


def test_factors_on_which_both_lose_are_named():
    found = [
        replace(cell(s, factor=f), scenario=n)
        for n, f, s in (
            ("a", "transparency", "-"),
            ("b", "transparency", "--"),
            ("a", "backdoors", "-"),
            ("b", "backdoors", "?"),
        )
    ]
    assert duels._both_lose(found, ("a", "b"), "r") == [
        "Against r both are clearly worse on Transparency."
    ]
    assert duels._both_lose(found[1:], ("a", "b"), "r") == []


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


def test_the_other_targeted_measures_are_set_against_the_blanket_control_too(make, tmp_path):
    study = make((0, 1, 5, 2, 4))
    view = View(study)
    found = Findings.of(view)
    assert [(duel.targeted, duel.blanket) for duel in found.others] == [
        (name, "p1-blanket") for name in found.sides.targeted[1:]
    ]
    for duel in found.others:
        for made in duel.cells:
            ours, theirs = (
                study.means(name, [made.outcome.name], study.window("p1-blanket"))[:, 0]
                for name in (duel.targeted, duel.blanket)
            )
            changes = rubric.changes(ours, theirs, np.zeros(16, int), made.outcome.kind)
            assert made.median == pytest.approx(np.median(changes))
    for duel in found.others:
        said = aloud.plain(aloud.duel(view, found.headlines, duel, aloud.OTHERS))
        assert said.startswith(view.title(duel.targeted))
        own = [one.word for one in found.headlines if one.scenario == duel.targeted]
        still = set(own) <= {wording.UNCHANGED, wording.LIKELY_UNCHANGED}
        assert ("moves no factor materially" in said) == still
        told = (*duels.VERDICTS[:4], wording.CANNOT_TELL)
        for made, verdict in zip(duel.cells, duel.verdicts, strict=True):
            assert (made.name in said) == (verdict in told)
    everything = [*found.duels, *found.others]
    worse = {
        cell.name
        for duel in everything
        for cell, verdict in zip(duel.cells, duel.verdicts, strict=True)
        if verdict in ("worse", "likely worse")
    }
    said = aloud.outdone(everything)
    assert all(name in said for name in worse)
    assert said.startswith("None is worse on any factor") == (not worse)
    table = page._findings_frame(view, found)
    listed = table[table["part"] == "other targeted against blanket"]
    assert len(listed) == sum(len(duel.cells) for duel in found.others)
    assert set(listed["against"]) == {"p1-blanket"}
    text = report.write(study, tmp_path).read_text(encoding="utf-8")
    shown = text.partition("<caption>Other targeted measures against ")[2].partition("</table>")[0]
    for duel in found.others:
        for made, verdict in zip(duel.cells, duel.verdicts, strict=True):
            square = f'data-scenario="{duel.targeted}" data-outcome="{made.outcome.name}">'
            _, _, after = shown.partition(square)
            assert after.startswith(f"{made.change} ({made.interval})<")
            assert after.partition("</td>")[0].endswith(f">{verdict}</span>")


def test_a_measure_that_differs_from_the_blanket_control_in_nothing_is_said_to_be_such(view):
    found = (cell("0", 0.0), cell("0", 0.1))
    duel = duels.Duel(
        "p3-government-audits", "b", "", found, ("no material difference",) * 2, (), ("Mind.",)
    )

    def said(*headlines):
        own = [replace(one, scenario=duel.targeted) for one in headlines]
        return aloud.plain(aloud.duel(view, own, duel, aloud.DUEL))

    title, none = view.title(duel.targeted), "no difference on any factor matters, or likely none"
    assert said(cell("+")) == f"{title}: {none} does. Mind."
    assert said() == said(cell("+")) == said(cell("+"), cell("0"))
    idle = f"{title} (against {view.title(view.against)} it likely moves no factor materially): "
    assert said(cell("0", most=0.7)).startswith(idle)


def test_no_duel_without_both_contestants(make):
    assert Findings.of(View(make((0, 1)))).duels == ()
    assert Findings.of(View(make((0, 2, 3)))).duels == ()


def test_the_bundle_stands_for_targeted_measures(make):
    study = make((0, 4, 2, 5, 1, 6))
    found = duels.sides(study)
    assert found.blanket == ("p1-blanket",)
    assert found.targeted[0] == "targeted-bundle"
    assert set(found.targeted[1:]) == {
        "p4-audit-repository",
        "p2-risk-assessment",
        study.scenarios[-1].name,
    }
    assert f"{load('targeted-bundle').title} has the most measures" in " ".join(found.sentences)


def begun(starts):
    """Return what moves the new policies of some scenarios to another start."""
    old = load("status-quo").policy

    def change(scenario):
        moved = {
            name: policy.model_copy(update={"start": starts[scenario.name]})
            for name, policy in scenario.policy.items()
            if scenario.name in starts and old.get(name) != policy
        }
        return scenario.model_copy(update={"policy": {**scenario.policy, **moved}})

    return change


def test_a_duel_is_between_policies_with_one_start_or_says_that_they_differ(make):
    later = {"p1-blanket": "2027-03"}
    (alone,) = Findings.of(View(make((0, 1, 5, 2), change=begun(later)))).duels
    said = (
        f"They start in different months: {load('targeted-bundle').title} in January 2026, "
        f"{load('p1-blanket').title} in March 2027."
    )
    assert (alone.targeted, alone.sentences[0]) == ("targeted-bundle", said)
    later["p2-risk-assessment"] = "2027-03"
    (same,) = Findings.of(View(make((0, 1, 5, 2), change=begun(later)))).duels
    assert same.targeted == "p2-risk-assessment"
    (shipped,) = Findings.of(View(make((0, 1, 5, 2)))).duels
    assert shipped.targeted == "targeted-bundle"
    for duel in (same, shipped):
        assert "different months" not in " ".join(duel.sentences)


class Held:
    """Scenarios, the first of which is the reference."""

    def __init__(self, *scenarios):
        self.scenarios, self.against = scenarios, scenarios[0].name
        self.titles = {scenario.name: scenario.label for scenario in scenarios}

    def scenario(self, name):
        return next(s for s in self.scenarios if s.name == name)


@pytest.mark.parametrize(
    ("name", "side", "why"),
    [
        ("p1-blanket", "blanket", ""),
        ("targeted-bundle", "targeted", ""),
        ("p3-p4-audits", "targeted", ""),
        ("decouple", "neither",
         "changes P1, Chip export control (L3) and Use ban on foreign releases (L8)"),
        ("gated-frontier", "neither", "changes Gating of closed services (L2)"),
        ("monitor-and-trigger", "neither", "changes P1 and Monitor and trigger (L14)"),
        ("safe-open", "neither", "changes P2, P4 and Safeguards of open releases (L11)"),
        ("no-chip-controls", "neither", "changes Chip export control (L3)"),
    ],
)  # fmt: skip
def test_a_side_is_what_a_scenario_changes_and_nothing_else(name, side, why):
    found = duels.sides(Held(load("status-quo"), load(name)))
    assert getattr(found, side) == (((name, why),) if side == "neither" else (name,))
    assert load(name).title in " ".join(found.sentences)


def test_a_control_with_other_parameters_is_not_the_blanket_control_alone():
    found = duels.sides(
        Held(load("status-quo"), load("p1-blanket", settings="parameters.backfire=0.1"))
    )
    assert found.neither == (("p1-blanket", "changes P1 and parameters"),)


def test_both_measures_together_are_neither():
    both = load("targeted-bundle", settings='policy.open-weight-control.lever="L1"')
    assert duels.sides(Held(load("status-quo"), both)).neither == (
        ("targeted-bundle", "changes P1, P2, P3 and P4"),
    )


def test_every_blanket_control_is_compared(make):
    study = make((0, 1, 5))
    lighter = study.scenarios[1].model_copy(update={"name": "lighter"})
    study.scenarios.append(lighter)
    study.positions = (0, 1, 5, 1)
    study._by_name["lighter"] = 3
    study.cases.append(Case("lighter", lighter, "status-quo"))
    view = View(study)
    found = Findings.of(view)
    assert [(duel.targeted, duel.blanket) for duel in found.duels] == [
        ("targeted-bundle", "p1-blanket"),
        ("targeted-bundle", "lighter"),
    ]
    told = brief.context(view, found, "t", "q")["duels"]
    assert [blanket for blanket, *_ in told] == [view.title(x) for x in ("p1-blanket", "lighter")]
    assert [len(lines) for _, lines, _ in told] == [1, 1]


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


def test_of_a_scenario_of_ones_own_it_is_said_that_the_paper_is_not_compared(view):
    of = {policy.scenario: policy for policy in Findings.of(view).policies}
    own = of[HOSTILE]
    assert len(own.paper) == 1
    assert own.paper[0].startswith("Not compared with the paper")
    assert {(c.paper_text, c.dot) for c in own.cells} == {("", "")}
    for cell in of["p1-blanket"].cells:  # silent cells are silent, every other says what it is
        silent = cell.agreement == "paper silent"
        assert (cell.paper_text == "") == (cell.dot == "") == silent
        assert silent or "(reading of its prose): " in cell.paper_text


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
