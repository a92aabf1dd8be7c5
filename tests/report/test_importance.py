"""What is said first, on made-up studies whose right choice is known."""

from __future__ import annotations

import pytest

from sim.analysis import wording
from sim.report import aloud, importance
from sim.report.findings import Findings
from sim.report.importance import RULE, important
from sim.report.view import View
from tests.report.told import BUNDLE, HEADLINES, P1, P2, P3, P4, Told, split, unsure

US, CHINA = "us_share_abroad", "cn_share_abroad"
OPEN, AUDITED, FRONTIER = "openness_class", "audited_share", "frontier_growth"
HARM, STATE, BACKDOORS = "other_harm", "cn_state_harm", "backdoor_exposure"


def chosen(study):
    """Return what is said first: for each the scenarios and outcomes it is of."""
    return [
        [(cell.scenario, cell.outcome.name) for cell in news.cells]
        for news in important(Findings.of(View(study)))
    ]


def texts(study):
    view = View(study)
    found = Findings.of(view)
    said = [aloud.sentence(view, found, news) for news in important(found)]
    return ["".join(piece.text for piece in one) for one in said]


def test_what_is_sure_and_small_comes_before_what_is_huge_and_unsure():
    study = Told({(P1, US): -1.0, (P1, BACKDOORS): unsure(60), (P1, STATE): unsure(-5)}, [P1])
    assert chosen(study)[:2] == [[(P1, US)], [(P1, BACKDOORS)]]


def test_size_is_relative_to_what_is_large_for_a_share_and_for_a_level():
    study = Told({(P4, US): -4.0, (P2, HARM): -15.0}, [P2, P4])
    assert chosen(study)[:2] == [[(P4, US)], [(P2, HARM)]], "4 of 5 points, 15 of 20 %"
    study = Told({(P4, US): -4.0, (P2, HARM): -17.0}, [P2, P4])
    assert chosen(study)[:2] == [[(P2, HARM)], [(P4, US)]], "17 of 20 %, 4 of 5 points"


def test_the_biggest_in_units_that_nobody_can_say_is_left_to_the_tables():
    study = Told({(P1, OPEN): -40.0, (P1, "power_labs"): -40.0, (P1, US): -1.0}, [P1])
    named = {outcome for news in chosen(study) for _, outcome in news}
    assert US in named
    assert not {OPEN, "power_labs"} & named


def test_what_stands_beside_speaks_for_a_factor_after_the_rubrics_own_measures():
    effects = {(P4, OPEN): 9.0, (P4, AUDITED): 45.0, (P2, HARM): unsure(-3.0)}
    assert chosen(Told(effects, [P2, P4]))[:2] == [[(P2, HARM)], [(P4, AUDITED)]]


def test_the_two_sides_of_one_share_are_one_finding():
    study = Told({(P1, US): -6.0, (P1, CHINA): 6.0, (P1, HARM): -3.0}, [P1])
    assert chosen(study)[:2] == [[(P1, US)], [(P1, HARM)]]
    assert (P1, CHINA) not in [cell for news in chosen(study) for cell in news]
    assert "falls by 6.0 points" in texts(study)[0]
    assert "China's share of AI use abroad changes by +6.0 points" in texts(study)[0]


def test_chinas_share_speaks_where_the_us_share_stays():
    assert [(P2, CHINA)] in chosen(Told({(P2, CHINA): 4.0, (P2, HARM): -9.0}, [P2]))


NOTHING = (
    "No policy moves any factor materially: over these factors 5–95 % of the runs stay within 0 to"
)


def test_if_nothing_moves_that_is_all_that_is_said():
    study = Told({(P1, US): 0.2}, [P1, P2, BUNDLE])
    (news,) = important(Findings.of(View(study)))
    assert news.still
    assert len(news.cells) == 3 * 8
    (text,) = texts(study)
    assert text.startswith(NOTHING)
    assert "+0.2 points" in text


def test_a_policy_that_moves_nothing_is_news_where_others_move():
    effects = {(P1, US): -6.0, (P1, HARM): -9.0, (P2, STATE): -5.0, (P2, FRONTIER): -4.0}
    *_, last = chosen(Told(effects, [P1, P2, P3]))
    assert {scenario for scenario, _ in last} == {P3}
    assert len(last) == 8
    assert texts(Told(effects, [P1, P2, P3]))[-1].count("does not move any factor materially") == 1


def test_a_factor_that_surely_no_policy_moves_is_news_where_every_policy_moves_something():
    effects = {(P1, US): -6.0, (P2, HARM): -9.0, (P2, FRONTIER): unsure(1.9)}
    for name in ("application_value", BACKDOORS):
        effects |= {(P1, name): split(9.0), (P2, name): split(9.0)}
    study = Told(effects | {(P1, STATE): [1.0] * 12 + [3.0] * 4}, [P1, P2])
    assert chosen(study)[-1] == [(P1, FRONTIER), (P2, FRONTIER)], "misuse may not be still"
    assert "No policy moves Progress at the frontier materially" in texts(study)[-1]


def test_one_policy_alone_is_told_factor_by_factor():
    effects = {(P1, US): -6.0, (P1, HARM): -9.0, (P1, STATE): -5.0, (P1, BACKDOORS): -4.0}
    still = {(P1, name): split(9.0) for name in ("application_value", FRONTIER)}
    assert chosen(Told(effects | still, [P1])) == [[(P1, US)], [(P1, HARM)], [(P1, STATE)]]


def test_no_factor_is_told_twice_while_others_have_news():
    shares = {(name, US): -8.0 - i for i, name in enumerate((P2, P3, P4))}
    study = Told(shares | {(P3, HARM): -3.0, (P4, STATE): unsure(-3.0)}, [P2, P3, P4])
    said = chosen(study)
    assert said[:2] == [[(P4, US)], [(P3, HARM)]]
    only = {
        (name, outcome): split(9.0)
        for name in (P2, P3, P4)
        for outcome in (HARM, STATE, BACKDOORS, FRONTIER, "application_value")
    }
    assert chosen(Told(shares | only, [P2, P3, P4])) == [[(P4, US)], [(P3, US)], [(P2, US)]]


def test_targeted_measures_that_do_the_same_are_told_beside_the_blanket_control():
    study = Told({(P1, US): -6.0, (BUNDLE, US): -6.0, (P1, HARM): -9.0}, [P1, BUNDLE])
    assert chosen(study)[:2] == [[(P1, US), (BUNDLE, US)], [(P1, HARM), (BUNDLE, HARM)]]
    less = f"{study.titles[BUNDLE]} minus {study.titles[P1]}"
    assert f"The two do not differ materially: {less} is 0 points (0 to 0)" in texts(study)[0]
    assert (
        f"Of the two, {study.titles[BUNDLE]} does worse: +9.9 % (+9.9 to +9.9)" in texts(study)[1]
    )


def test_a_clear_difference_is_told_where_only_one_side_moves():
    study = Told({(P1, US): -6.0, (P2, US): -5.0}, [P1, P2, BUNDLE])
    assert chosen(study)[0] == [(P1, US), (BUNDLE, US)]
    text = texts(study)[0]
    assert "does not change materially" in text
    assert f"{study.titles[BUNDLE]} does better: +6.0 points (+6.0 to +6.0)" in text


def test_what_cannot_be_told_is_never_said_first():
    study = Told({(P1, name): split(30.0) for name in HEADLINES}, [P1])
    assert chosen(study) == []


def test_a_change_that_has_no_percentage_is_not_said():
    class FromNothing(Told):
        def _made(self, scenario, outcome):
            made = super()._made(scenario, outcome)
            return made - 100 if outcome == BACKDOORS else made

    study = FromNothing({(P1, BACKDOORS): 50.0, (P1, US): -6.0}, [P1])
    assert chosen(study)[0] == [(P1, US)]
    assert (P1, BACKDOORS) not in [cell for news in chosen(study) for cell in news]


@pytest.mark.parametrize(
    ("zero", "said"),
    [
        (None, ""),
        (
            {(P1, US): -5.0},
            "Holds without assumed responses: with all of them at 0 no sign here",
        ),
        ({(P1, US): 0.0}, "Hangs on assumed responses. With all of them at 0: "),
    ],
)
def test_what_a_finding_hangs_on_is_what_the_study_knows(zero, said):
    view = View(Told({(P1, US): -6.0, (P1, CHINA): 6.0}, [P1], zero=zero))
    found = Findings.of(view)
    text = "".join(p.text for p in aloud.hangs_on(view, found, important(found)[0]))
    assert text.startswith(said)
    assert bool(text) == bool(said)
    if zero == {(P1, US): 0.0}:
        assert "lower (worse) becomes no material change, 0 points (0 to 0)." in text


def test_the_rule_is_one_paragraph_and_names_its_thresholds():
    large = importance.RULE.partition("(5 points")[2]
    assert large.startswith(" of a share count as much as 20 % of a level)")
    assert RULE.count(".") == 1
    assert wording.LIKELY in RULE
