"""Targeted measures against the blanket control: who stands for a side, and who does better."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim import report
from sim.analysis import rubric, wording
from sim.report import aloud, brief, duels, page
from sim.report.findings import Findings
from sim.report.view import View
from sim.scenario.scenario import load
from sim.sweep.design import Case
from tests.report.made_cells import cell


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
