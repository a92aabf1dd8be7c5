"""The section on data: what is in range and what is not, and why the status quo moves."""

from __future__ import annotations

import html
import re

import pytest

from sim.analysis.wording import MINUS
from sim.calibration import baseline, record
from sim.calibration.met import CRITERION, OF_ONE_DRAW
from sim.report import against_data
from sim.report.against_data import standing
from sim.sweep.design import Case, Design
from sim.sweep.uncertainties import calibrated

NONE = "0 have the median in range, 0 the record's value inside the 90 %"
RANGE = {"low": 0.2, "high": 0.4, "value": 0.3, "unit": "share", "window": "2024"}


def target(name, role, mode, central, q50):
    quantiles = {"q05": q50 - 0.1, "q25": q50, "q50": q50, "q75": q50, "q95": q50 + 0.1}
    found = {"in_range": RANGE["low"] <= q50 <= RANGE["high"], **quantiles}
    found["inside"] = quantiles["q05"] <= RANGE["value"] <= quantiles["q95"]
    one = {"id": name, "quantity": f"quantity {name}", "role": role, "mode": mode, **RANGE, **found}
    return one, [central - 0.01, central + 0.01]


TARGETS = (
    target("A", "target", "replay", 0.3, 0.5),
    target("B", "target", "input", 0.3, 0.3),
    target("C", "path", "free", 0.5, 0.3),
)


def reason(mechanism, part, agree=1.0):
    ends = {"q05": part - 0.01, "q25": part, "q50": part, "q75": part, "q95": part + 0.01}
    return {"mechanism": mechanism, "off": {}, "agree": agree, **ends}


@pytest.fixture
def made(monkeypatch):
    """A calibration of three targets, and a movement with five reasons."""
    calibration = {
        "ensemble": "draws",
        "sizes": {"draws": 200, "central": 2},
        "targets": [one for one, _ in TARGETS],
        "central": {"measures": {one["id"]: values for one, values in TARGETS}},
    }
    spans = {
        name: {f"q{q:02}": middle + (q - 50) / 1000 for q in (5, 25, 50, 75, 95)}
        for name, middle in (("start", 0.3), ("end", 0.42), ("change", 0.15))
    }
    reasons = [
        reason("first", 0.05),
        reason("largest", -0.2),
        reason("unsure", 0.4, agree=0.6),
        reason("nearly", 0.39, agree=0.74),
        reason("third", 0.04),
        reason("fourth", 0.03),
        reason("just", 0.035, agree=0.75),
    ]
    movements = {
        "ensemble": "draws",
        "draws": 16,
        "start": ["2025-01", "2025-06"],
        "end": ["2030-07", "2030-12"],
        "movements": [
            {
                "outcome": "open_share_world_consumer",
                "inputs": "who serves whom",
                **spans,
                "reasons": reasons,
            }
        ],
    }
    monkeypatch.setattr(against_data, "shipped", lambda: calibration)
    monkeypatch.setattr(baseline, "shipped", lambda: movements)
    return calibration, movements


def in_range(found) -> dict[str, str]:
    return {row[0].partition(",")[0]: row[-2] for row in found.targets.rows}


def test_a_study_without_draws_shows_the_central_draw(made, make):
    found = standing(make((0, 1), twin=False))
    assert "central draw" in found.given
    assert in_range(found) == {"quantity A": "yes", "quantity B": "yes", "quantity C": "no"}
    assert found.targets.rows[2][4] == "0.5"
    assert [row[-1] for row in found.targets.rows] == ["yes", "yes", "no"]
    assert found.counts == [
        OF_ONE_DRAW,
        "Of 1 fitted targets 1 have the median in range, 1 the record's value inside the 90 %.",
        "Of 1 imposed targets 1 have the median in range, 1 the record's value inside the 90 %.",
        f"Of 1 paths that were never fitted {NONE}; out of range: quantity C.",
    ]


def test_a_study_of_the_ensemble_shows_the_ensemble(made, make):
    study = make((0, 1), twin=False)
    case = Case("status-quo", study.scenarios[0], "status-quo")
    study.design = Design((case,), 1, 0, calibrated(2, (case,)))
    found = standing(study)
    assert "ensemble of 200 draws" in found.given
    assert in_range(found) == {"quantity A": "no", "quantity B": "yes", "quantity C": "yes"}
    assert found.targets.rows[0][4:] == ("0.5", "0.4 to 0.6", "no", "no")
    assert found.counts[0] == CRITERION
    assert [line.partition(" are met")[0] for line in found.counts[1:]] == [
        "0 of 1 fitted targets",
        "1 of 1 imposed targets",
        "1 of 1 paths that were never fitted",
    ]
    assert found.counts[1].endswith("missed: quantity A.")


def test_fitted_imposed_and_paths_are_told_apart(made, make):
    found = standing(make((0, 1), twin=False))
    assert [row[1] for row in found.targets.rows] == ["fitted", "imposed †", "path"]


def test_a_movement_is_told_with_its_largest_reasons_on_which_draws_agree(made, make):
    found = standing(make((0, 1), twin=False))
    assert [row[1] for row in found.reasons.rows] == ["largest", "first", "third"]
    sure = {"reasons": [reason("just", 0.1, agree=0.75), reason("nearly", 0.2, agree=0.74)]}
    assert [one["mechanism"] for one in against_data._told(sure)] == ["just"]
    part, ends, agree = found.reasons.rows[0][2:]
    assert part == f"{MINUS}20.0 percentage points"
    assert ends == f"{MINUS}21.0 to {MINUS}19.0"
    assert agree == "100 %"
    (line,) = found.moves
    assert "‡: 30.0 % of use in January 2025 to June 2025, 42.0 % of use in July 2030 to" in line
    assert "; change +15.0 percentage points (10.5 to 19.5)" in line
    assert f"largest parts: largest ({MINUS}20.0 percentage points); first (" in line


def test_a_movement_without_a_clear_reason_says_so(made, make):
    _, movements = made
    movements["movements"][0]["reasons"] = [reason("unsure", 0.4, agree=0.6)]
    found = standing(make((0, 1), twin=False))
    assert found.moves[0].endswith(f"{against_data.NO_REASON}.")


def test_another_reference_is_said(made, make):
    study = make((0, 1), twin=False)
    assert standing(study).notes == []
    other = make((0, 1), twin=False, change=lambda s: s.model_copy(update={"history": "free"}))
    (line,) = standing(other).notes
    assert "Status quo, is not the status quo as shipped" in line


def test_the_section_stands_on_the_page(page):
    text = html.unescape(page.text.partition('<section id="data">')[2].partition("</section>")[0])
    for one in record.shipped()["targets"]:
        assert one["quantity"] in text
    for one in baseline.shipped()["movements"]:
        assert one["outcome"] in against_data.OUTCOMES
    assert "the central draw of the calibration" in text
    assert len(re.findall("<tr>", text)) < 50, "two screens at most"
