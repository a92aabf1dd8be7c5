"""The brief says who gains, who pays and why, with the numbers of the tables."""

from __future__ import annotations

import html
import math
import re
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from sim.analysis import actors, wording
from sim.analysis.why import Why
from sim.analysis.why.break_evens import FLIPS, NO_CROSSING, SEVERAL
from sim.analysis.why.shares import DUMMY, LUCK, REMAINDER
from sim.analysis.why.shares import NUMBER as OF_A_NUMBER
from sim.report import aloud, brief, chain, reasons, who
from sim.report.brief import context
from sim.report.findings import Findings
from sim.report.page import POLICY
from sim.report.templating import template
from sim.report.view import View
from tests.report.conftest import MadeUpStudy
from tests.report.test_brief import rendered, seen
from tests.report.told import BUNDLE, P1


@pytest.fixture(scope="module")
def whole() -> MadeUpStudy:
    """Status quo, blanket control and targeted bundle, with every outcome."""
    return MadeUpStudy((0, 1, 5), twin=False)


def test_who_gains_and_by_way_of_what_has_the_numbers_of_the_tables(whole):
    study, text = whole, rendered(whole)
    view = View(study)

    def label(outcome: str) -> str:
        return aloud.named(outcome, study.outcome(outcome).label)

    tables = {
        who.FILES[0]: {(r.scenario, r.outcome, r.actor): r.median for r in view.actors},
        chain.CSV: {
            (
                r.scenario,
                r.outcome,
                aloud.named(r.outcome, study.outcome(r.outcome).label),
            ): r.median
            for r in view.chain
        },
    }
    costs = {}
    for row in view.actors:
        if row.group == actors.COSTS:
            costs.setdefault(row.outcome, {})[row.scenario] = row.difference
    spans = re.findall(
        r'class="w" data-file="([^"]*)" data-policy="([^"]*)" data-row="([^"]*)" '
        r'data-name="([^"]*)">([^<]*)<',
        text,
    )
    assert {file for file, *_ in spans} == set(tables)
    for file, *key, said in spans:
        median = tables[file][tuple(html.unescape(part) for part in key)]
        known = study.outcome("us_share_abroad" if key[1] == actors.OTHERS else key[1])
        if key[1] in costs:
            assert said == f"+{aloud.short(costs[key[1]][key[0]])} USD a year"
        else:
            assert said == reasons.changed(median, known)
    assert re.search(r"Costs, at the prices that the scenario sets: [a-z]+ \+", seen(text))


US = "us_share_abroad"
FLIP = {
    "against": "status-quo", "number": "policy.open-weight-control.kyc_friction",
    "found": FLIPS, "value": 0.1534, "low": 0.0512, "high": 0.2, "at_low": -1.0, "at_high": 2.0,
    "left_change": -0.34, "right_change": 0.41, "default": 0.1,
    "range_low": 0.0, "range_high": 0.3,
}  # fmt: skip
IMMATERIAL = FLIP | {"at_low": -0.1, "at_high": 0.1, "value": 0.77}


def frame(study, *rows):
    """What was found on the blanket control's US share."""
    head = {"scenario": P1, "title": study.titles[P1], "outcome": US}
    head["label"] = study.outcome(US).label
    return pd.DataFrame([head | row for row in rows])


def parts_of(view, because, told=US):
    (own,) = (x for x in reasons.reasons(view, {P1: [told]}, because) if x.scenario == P1)
    return own.parts


def test_the_parts_of_a_change_are_told_with_their_shares(whole):
    view = View(whole)
    leading = {"parts": "check; liability", "number": 2, "fraction": 0.71, "total": -3.5}
    because = Why(leading=frame(whole, leading))
    head = "Of the mean change in the US share of AI use abroad "
    assert parts_of(view, because) == f"{head}71 % comes from check and liability together."
    assert parts_of(view, because, "openness_class") == ""  # of findings told alone
    split = frame(
        whole,
        {"measure": "total", "part": "", "fraction": 1.0},
        {"measure": "first", "part": "check", "fraction": 0.9},
        {"measure": "share", "part": "check", "fraction": 0.472},
        {"measure": "share", "part": "nothing", "fraction": 0.001},
        {"measure": "rest", "part": "the rest", "fraction": 0.2},
        {"measure": "share", "part": "liability", "fraction": 0.327},
    )
    assert parts_of(view, replace(because, parts=split)) == (
        f"{head}47 % comes from check, 33 % comes from liability and 20 % comes from the rest."
    )


def test_findings_that_turn_over_are_told_if_both_sides_matter(whole):
    view = View(whole)
    (flip,) = reasons.flips(view, Why(break_evens=frame(whole, FLIP, IMMATERIAL)))
    turns = (
        "turns where short-run loss of share of controlled open weights from the check "
        "is 0.15 (5–95 %: 0.051 to 0.2)"
    )
    change = "the change in the US share of AI use abroad"
    sides = "−0.3 points just below it, +0.4 points just above; it is set to 0.15."
    assert flip == f"Under {view.title(P1)}, {change} {turns}: {sides}"
    for stays in (IMMATERIAL, FLIP | {"at_high": 0.1}):
        assert reasons.flips(view, Why(break_evens=frame(whole, stays))) == [reasons.STAYS]
    several = FLIP | {"found": SEVERAL, "at_high": -2.0}
    (one,) = reasons.flips(view, Why(break_evens=frame(whole, several)))
    assert "one of several such values" in one


def test_the_largest_cause_of_a_spread_is_told_if_it_exceeds_what_has_no_effect(whole):
    view = View(whole)
    luck, number = {"kind": LUCK, "number": ""}, {"kind": OF_A_NUMBER, "number": "leak_hazard"}
    others = (
        {"kind": REMAINDER, "number": "", "share": 0.9},
        {"kind": DUMMY, "number": "", "share": 0.03},
    )
    found = frame(whole, luck | {"share": 0.2}, number | {"share": 0.418}, *others)
    assert reasons.leads(view, Why(variance=found), P1, US).endswith(
        ": leak_hazard (a month for gated or controlled weights), 42 % of the variance."
    )
    assert reasons.leads(view, Why(variance=found), BUNDLE, US) == ""
    noise = frame(whole, luck | {"share": 0.02}, *others)
    assert reasons.leads(view, Why(variance=noise), P1, US) == ""


def test_what_can_be_asked_is_named_until_it_was(whole):
    view, asked = View(whole), "openstakes why DIR"
    because = Why(break_evens=frame(whole, FLIP))
    filled = context(view, Findings.of(view), "t", "q", because)
    assert asked not in template(brief.TEMPLATE).render(filled, content_policy=POLICY)
    assert asked in rendered(whole)


def test_a_step_from_nothing_is_told_by_what_came_of_it(whole):
    row = SimpleNamespace(
        outcome="audit_detections", median=math.inf, difference=0.08661, word=wording.CLEAR
    )
    assert reasons._step(View(whole), row).change == "+0.087 findings a month, from 0"


def test_what_keeps_its_side_is_told_of_the_largest_finding_of_each_outcome(whole):
    study, view, us = whole, View(whole), "us_share_abroad"

    def row(scenario, low, high, number="kyc_friction", found=NO_CROSSING):
        label = study.outcome(us).label
        return {
            "scenario": scenario, "title": view.title(scenario), "outcome": us, "label": label,
            "against": study.against, "number": f"policy.open-weight-control.{number}",
            "found": found, "at_low": low, "at_high": high, "range_low": 0.0, "range_high": 0.3,
        }  # fmt: skip

    def told(*rows):
        because = Why(break_evens=pd.DataFrame(rows))
        return reasons.steady(view, {BUNDLE: [us], P1: [us]}, because)

    (said,) = told(row(BUNDLE, -1.0, -1.2), row(P1, -1.9, -3.7), row(P1, -2.9, -3.0, "leakage"))
    change = "the median change in the US share of AI use abroad "
    assert said.startswith(f"Under {view.title(P1)}, {change}")
    check = "the short-run loss of share of controlled open weights from the check"
    assert f"has the same sign at all values that were run of {check}: −1.9 points at 0, " in said
    assert said.endswith(
        "0.3; it is set to 0.15 (of 2 assumptions that were varied, it moves most with this)."
    )
    assert told(row(P1, 0.0, -3.7)) == []  # nothing has no side
    (other,) = told(row(BUNDLE, -1.0, -1.2), row(P1, -1.0, 2.0, found=FLIPS))
    assert other.startswith(f"Under {view.title(BUNDLE)}")  # what turns is no finding that is kept
    assert reasons.steady(view, {P1: [us]}, None) == []
