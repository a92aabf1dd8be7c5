"""Why, on the page: sentences whose numbers stand in the tables, pictures, and what is left out."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim import report
from sim.analysis import actors, wording
from sim.analysis.why import Why, parts
from sim.model.parameters import PARAMETERS
from sim.report import assumptions, page, pictures, style, who, why
from tests.report.conftest import HOSTILE

P1, US = "p1-blanket", "us_share_abroad"
CHECK_PATH = "policy.open-weight-control.kyc_friction"
CHECK = (
    "short-run loss of share of controlled open weights from the check "
    "(open-weight-control.kyc_friction)"
)
WORDS = ("denial to target countries", "the know-your-customer check", "cost and liability of labs")


def row(measure, part, mean, outcome=US, scale="points", scenario=P1, total=-8.0):
    return {
        "scenario": scenario,
        "title": "Blanket control on open weights",
        "outcome": outcome,
        "label": "US share",
        "part": part,
        "measure": measure,
        "scale": scale,
        "mean": mean,
        "median": mean,
        "low": mean - 1.0,
        "high": mean + 0.5,
        "chance_low": np.nan,
        "chance_high": np.nan,
        "sign": "lower" if mean < 0 else "higher",
        "fraction": mean / total,
        "pairs": 16,
    }


def divided(**where):
    rows = [row("total", "", -8.0, **where), row("rest", parts.REST, -0.8, **where)]
    for measure, values in (
        ("first", (-1.0, -4.0, -3.5)),
        ("last", (-0.6, -3.4, -2.6)),
        ("share", (-0.8, -3.7, -2.7)),
    ):
        rows += [row(measure, part, x, **where) for part, x in zip(WORDS, values, strict=True)]
    return pd.DataFrame([*rows, row("interaction", "", 1.3, **where)])


def flip(found="crossing", **changed):
    return {
        "scenario": P1,
        "title": "Blanket control on open weights",
        "outcome": US,
        "label": "US share",
        "against": "status-quo",
        "against_title": "Status quo",
        "number": CHECK_PATH,
        "description": "short-run loss",
        "unit": "0-1",
        "range_low": 0.0,
        "range_high": 0.3,
        "default": 0.15,
        "scale": "points",
        "found": found,
        "at_low": -3.0,
        "at_high": 2.0,
        "values": 8,
        "value": 0.1712,
        "left": 0.1688,
        "right": 0.1781,
        "left_change": -0.3,
        "right_change": 0.4,
        "low": 0.151,
        "high": 0.199,
        **changed,
    }


NOTHING = dict.fromkeys(
    ("value", "left", "right", "left_change", "right_change", "low", "high"), np.nan
)


def said(view, **found):
    return why.said(view, Why(**found))


def test_a_sentence_says_which_parts_make_up_most_of_a_change(view):
    frame = divided()
    section = said(view, parts=frame, leading=parts.leading(frame))
    (policy,) = section.policies
    assert policy.scenario == P1
    label = view.study.outcome(US).label
    assert policy.sentences == (
        (
            f"{label}: −8.0 points (5–95 %: −9.0 to −7.5). Of the mean change 80 % comes from "
            "the know-your-customer check and cost and liability of labs together; 10 % from the "
            "rest of the policy."
        ),
    )


def test_every_number_of_the_sentences_on_parts_stands_in_the_table(view):
    frame = divided()
    top = parts.leading(frame).iloc[0]
    outcome = view.study.outcome(US)
    printed = {
        *re.findall(r"\d+(?:\.\d+)?", wording.change(top["total"], outcome)),
        *re.findall(r"\d+(?:\.\d+)?", wording.change_interval(top["low"], top["high"], outcome)),
        *(f"{100 * top[name]:.0f}" for name in ("fraction", "rest")),
        "5", "95",
    }  # fmt: skip
    (policy,) = said(view, parts=frame, leading=parts.leading(frame)).policies
    label = outcome.label
    spoken = set(re.findall(r"\d+(?:\.\d+)?", policy.sentences[0].removeprefix(label)))
    assert spoken == printed


def test_where_nothing_changes_nothing_is_divided(view):
    small = divided().assign(sign="0")
    (policy,) = said(view, parts=small, leading=parts.leading(small)).policies
    assert policy.source == ""
    assert policy.sentences == (
        (f"Of no headline can be told that it changes under {view.title(P1)}: nothing to divide."),
    )


def test_a_flip_is_told_with_both_sides_that_were_run(view):
    section = said(view, break_evens=pd.DataFrame([flip()]))
    label = view.study.outcome(US).label
    assert section.flips == (
        (
            f"{label} under Blanket control on open weights turns where {CHECK} is 0.1712 (5–95 %: "
            "0.151 to 0.199): −0.3 points at 0.1688, +0.4 points at 0.1781, both run."
        ),
    )


def test_more_than_all_of_a_change_is_said_to_be_that(view):
    """The check makes -9 of -8: what is left works against it."""
    frame = divided()
    frame.loc[frame["part"] == "the know-your-customer check", "fraction"] = 9 / 8
    (policy,) = said(view, parts=frame, leading=parts.leading(frame)).policies
    assert (
        "more than all (112 %) comes from the know-your-customer check; what is left works"
        in policy.sentences[0]
    )


def test_a_change_that_vanishes_is_not_said_to_turn_on_both_sides(view):
    section = said(view, break_evens=pd.DataFrame([flip(at_high=0.3)]))
    assert "0.199), too small to matter on one side: −0.3 points" in section.flips[0]
    section = said(view, break_evens=pd.DataFrame([flip(low=np.nan, high=np.nan)]))
    assert "is 0.1712 (no 5–95 % within the range): −0.3 points" in section.flips[0]


@pytest.mark.parametrize("end", [np.inf, np.nan])  # as it is found, and as a table has it
def test_a_duel_several_flips_and_samples_without_one_are_told(view, end):
    rows = [flip("several", against="targeted-bundle", against_title="Bundle", high=end)] * 2
    section = said(view, break_evens=pd.DataFrame(rows))
    assert len(section.flips) == 2
    assert "under Blanket control on open weights against Bundle turns" in section.flips[0]
    assert "(5–95 %: 0.151 to beyond 0.3), one of several such values" in section.flips[0]


def test_flips_within_the_floor_are_counted_and_not_told(view):
    rows = [
        flip(at_low=-0.1, at_high=0.2),
        flip("no crossing", outcome="openness_class", **NOTHING),
        flip("cannot tell", outcome="frontier_growth", **NOTHING),
    ]
    section = said(view, break_evens=pd.DataFrame(rows))
    assert section.flips == ()
    assert section.steady == (
        (
            f"{CHECK}, from 0 to 0.3: of 3 verdicts, 1 keep their side, 1 change sides within the "
            "floor, which is no material change and 1 cannot be told."
        ),
    )


def test_a_number_is_told_in_words_with_its_name_in_files_and_its_unit(view):
    assert assumptions.number(view, "policy.open-weight-control.kyc_friction") == CHECK
    assert assumptions.unit(view, "policy.open-weight-control.kyc_friction") == ""
    assert assumptions.unit(view, "policy.open-weight-control.compliance_cost") == " USD a year"
    penalty = assumptions.number(view, "policy.open-weight-control.penalty")
    assert penalty == "cost of a breach that is found (open-weight-control.penalty)"
    assert (
        assumptions.number(view, "leak_hazard") == f"leak_hazard ({PARAMETERS['leak_hazard'].unit})"
    )
    assert assumptions.unit(view, "leak_hazard") == ""
    assert assumptions.number(view, "policy.of-nobody.number") == "policy.of-nobody.number"


def test_who_cannot_be_told_is_said_so_of_misuse_as_well():
    row = SimpleNamespace(group=actors.MISUSED, verdict=wording.CANNOT_TELL, word="likely")
    assert who.verdict(row) == wording.CANNOT_TELL


def test_policies_without_two_parts_are_named(view):
    one = divided()
    section = said(view, parts=one, leading=parts.leading(one))
    assert section.whole == tuple(view.title(name) for name in view.policies if name != P1)
    none = one.iloc[:0]
    assert said(view, parts=none, leading=parts.leading(none)).policies == ()
    assert said(view, variance=None).whole == ()


def test_the_table_of_the_variance_names_the_largest_numbers_luck_and_the_floor(view):
    head = {"scenario": P1, "title": "", "outcome": US, "label": "", "draws": 512}
    kinds = [("number", CHECK_PATH, 0.31), ("number", "c", 0.2), ("number", "d", 0.1)]
    kinds += [("number", "e", 0.06), ("luck", "", 0.25), ("remainder", "", 0.08)]
    kinds += [("dummy", "", 0.03)]
    rows = [head | {"kind": k, "number": n, "share": x} for k, n, x in kinds]
    (found,) = said(view, variance=pd.DataFrame(rows)).varied.rows
    assert found[:2] == (view.title(P1), view.study.outcome(US).label)
    assert found[2:] == (f"{CHECK} 31 %, c 20 % and d 10 %", "25 %", "8 %", "3 %")
    below = pd.DataFrame([row | {"share": -0.08 * (row["kind"] == "remainder")} for row in rows])
    assert said(view, variance=below).varied.rows[0][4] == "0 %"


def test_pictures_are_the_same_bytes_and_among_the_files_of_a_report(view, study):
    frame = divided()
    first, second = (said(view, parts=frame, leading=parts.leading(frame)) for _ in range(2))
    assert first.files == second.files
    assert set(first.files) == {"figures/why-1.svg", "figures/why-1.png"}
    assert set(first.files) <= set(page.report_files(study.scenarios))


def test_a_picture_has_a_bar_for_the_whole_each_part_the_rest_and_the_interaction(view):
    frame = divided()
    figure = why.draw_parts(view, "P1", frame, [US])
    (axes,) = figure.axes
    widths = sorted(round(patch.get_width(), 6) for patch in axes.patches)
    assert widths == sorted([-8.0, -0.8, -3.7, -2.7, -0.8, 1.3])
    texts = {text.get_text() for text in figure.texts}
    assert {"all together", *WORDS, "the rest", "interaction, within the shares"} <= texts


@pytest.mark.parametrize("number", [1, 7])
def test_only_the_largest_changes_are_drawn(view, number):
    names = list(view.study.outcomes())[:number]
    frames = [divided(outcome=name) for name in names]
    figure = why.draw_parts(view, "P1", pd.concat(frames), names)
    assert len(figure.axes) == min(number, why.MOST_PANELS)
    assert style.png(figure)


def written(make, folder, monkeypatch, found):
    """Return the text of a report without its other pictures."""
    monkeypatch.setattr(Why, "of", lambda _: found)
    monkeypatch.setattr(pictures, "drawable", lambda _: [])
    report.write(make((0, 1, 6), twin=False), folder)
    return (folder / "report.html").read_text(encoding="utf-8")


def test_a_report_says_how_to_ask_where_nothing_was_asked(make, tmp_path, monkeypatch):
    text = written(make, tmp_path, monkeypatch, None)
    assert "Not asked yet: <code>openstakes why DIR</code>" in text


def test_what_was_found_stands_on_the_page_and_hostile_names_are_inert(make, tmp_path, monkeypatch):
    frame = pd.concat([divided(), divided(scenario=HOSTILE)])
    flips = pd.DataFrame([flip(against_title=HOSTILE)])
    found = Why(frame, parts.leading(frame), None, flips)
    text = written(make, tmp_path, monkeypatch, found)
    assert (
        "80 % comes from the know-your-customer check and cost and liability of labs together"
        in text
    )
    assert f"turns where {CHECK} is 0.1712" in text
    assert HOSTILE not in text
    assert (tmp_path / "figures" / "why-2.png").exists()
