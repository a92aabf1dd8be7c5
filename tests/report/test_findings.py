"""Sentences about results are true of the numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim import rubric
from sim.outcomes import OUTCOMES
from sim.report import findings
from sim.report.findings import Cell


def cell(sign: str, difference: float = 0.1, share: float = 1.0, factor: str = "transparency", d: float = 1.0) -> Cell:
    return Cell(
        unit="replications",
        scenario="a",
        factor=factor,
        outcome=OUTCOMES["us_share_abroad"],
        reference=0.4,
        difference=difference,
        low=difference - 0.05,
        high=difference + 0.05,
        share=share,
        d=d,
        sign=sign,
        pairs=16,
    )


@pytest.mark.parametrize(
    ("made", "group"),
    [
        (cell("++"), "gain"),
        (cell("-", -0.1), "loss"),
        (cell("?", share=0.8), "likely"),
        (cell("?", share=0.6), "undecided"),
        (cell("0"), "unchanged"),
    ],
)
def test_groups(made, group):
    assert made.group == group


def test_a_finding_names_unit_interval_and_count():
    text = cell("++", 0.123, 15 / 16).text
    assert "+12.3 percentage points" in text
    assert "5–95 %: 7.3 to 17.3" in text
    assert "higher in 15 of 16 replications" in text


def test_every_cell_is_in_one_group(study):
    for policy in findings.by_policy(study):
        grouped = [c for g in ("gain", "loss", "likely", "undecided", "unchanged") for c in policy.of(g)]
        assert sorted(c.factor for c in grouped) == sorted(c.factor for c in policy.cells)


def test_counts_add_up(study):
    found = findings.cells(study)
    counts = [
        int(word) for word in findings.count_line(found).split(": ")[1].replace(",", "").split() if word.isdigit()
    ]
    assert sum(counts) == len(found)


def test_leading_findings_are_clear_and_name_a_gain_and_a_loss(study):
    found = findings.cells(study)
    leading = findings.leading(found)
    assert len(leading) == 3
    assert {c.rung for c in leading} == {"clear"}
    assert {c.group for c in leading} == {"gain", "loss"}
    assert findings.leading([cell("0"), cell("?", share=0.8)]) == []


def test_the_duel_is_paired(study):
    duel = findings.duel(study)
    assert (duel.targeted, duel.blanket) == ("targeted-bundle", "p1-blanket")
    first, last = study.window("p1-blanket")
    for made, verdict in zip(duel.cells, duel.verdicts, strict=True):
        ours, theirs, reference = (
            study.values(name, made.outcome.name)[:, first : last + 1].mean(axis=1, dtype=float)
            for name in ("targeted-bundle", "p1-blanket", "status-quo")
        )
        assert made.difference == pytest.approx(np.mean(ours - theirs))
        assert made.sign == rubric.sign(ours - theirs, reference, made.outcome.kind, made.outcome.direction)
        better = made.difference * made.outcome.direction > 0
        assert verdict != "better" or better
        assert verdict != "worse" or not better


@pytest.mark.parametrize(
    ("signs", "said"),
    [
        ("+0?", "the targeted measures do better"),
        ("-0?", "the blanket control does better"),
        ("+-0", "It depends on the goal"),
        ("00?", "cannot be told apart"),
    ],
)
def test_the_verdict_follows_the_counts(signs, said):
    found = [cell(s, -0.1 if s == "-" else 0.1, 0.6 if s == "?" else 1.0) for s in signs]
    counts, verdict = findings._duel_sentences("bundle", "blanket", found)
    assert said in verdict
    for key, sign in (("better", "+"), ("worse", "-"), ("no material difference", "0"), ("undecided", "?")):
        assert f"{key}: {signs.count(sign)}" in counts


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
    assert findings._both_lose(found, ("a", "b"), "r") == ["Against r both lose clearly on Transparency."]
    assert findings._both_lose(found[1:], ("a", "b"), "r") == []


def test_no_duel_without_both_contestants(make):
    assert findings.duel(make((0, 1))) is None
    assert findings.duel(make((0, 2, 3))) is None


def test_the_bundle_stands_for_targeted_measures(make):
    assert findings.contestants(make((0, 4, 2, 5, 1))) == ("targeted-bundle", "p1-blanket")


def test_cells_that_change_without_assumed_responses(study):
    twin = study.without_assumed
    after = {(c.scenario, c.factor): c for c in findings.cells(twin)}
    expected = [
        (c.scenario, c.factor) for c in findings.cells(study) if c.sign[0] != after[c.scenario, c.factor].sign[0]
    ]
    changed = findings.changed(study, twin)
    assert expected
    assert [(item.before.scenario, item.before.factor) for item in changed] == expected
    assert findings.changed(twin, twin) == []


def test_the_paper_is_reported_by_agreement():
    own = [
        replace(cell("-", factor="global_power"), paper="-", agreement="agrees"),
        replace(cell("0", factor="backdoors"), paper="+", agreement="disagrees"),
        replace(cell("?", factor="chinese_misuse"), paper="+", agreement="undecided"),
        cell("+"),
    ]
    sentences = " ".join(findings._paper(own))
    assert "agrees with the paper's on Global power (US) (paper −, here −)." in sentences
    assert "disagrees on Backdoors (paper +, here 0)." in sentences
    assert "undecided here on Chinese misuse" in sentences
    assert "silent on Transparency." in sentences
    assert findings._paper([cell("+")]) == ["The paper gives no sign for this scenario."]


def test_failed_replications_leave_the_count(make):
    study = make((0, 1))
    for outcome in study.outcomes():
        study.values("p1-blanket", outcome)[3] = np.nan
    assert {c.pairs for c in findings.cells(study)} == {15}
    assert " of 15 replications" in findings.cells(study)[0].text
