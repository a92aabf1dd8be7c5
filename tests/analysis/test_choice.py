"""Fronts, regret, acceptable cases and weights, on made-up gains whose answer is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.analysis import choice
from sim.analysis.comparison import PairIndex
from sim.messages import ScenarioError
from sim.model.outcomes import OUTCOMES

HEADLINES = {o.factor: name for name, o in OUTCOMES.items() if o.headline}
LEVELS = 100.0


class Made:
    """A study of given gains: {case: {factor: gain of each pair}}; all others are 0."""

    lever_paths = ("policy.x.strength",)

    def __init__(self, gains, factors=tuple(HEADLINES)):
        self.pairs = len(next(iter(next(iter(gains.values())).values())))
        self.pair_index = PairIndex(self.pairs, 1)
        self.gains, self.factors = gains, factors
        names = ["reference", *gains]
        self.cases = [
            SimpleNamespace(
                name=name,
                against="reference",
                levers={"policy.x.strength": 1.0},
                scenario=SimpleNamespace(name=name),
            )
            for name in names
        ]
        self.titles = {name: name.title() for name in names}
        self.design = SimpleNamespace(name="")

    def case(self, name):
        return next(case for case in self.cases if case.name == name)

    def outcomes(self):
        return [HEADLINES[factor] for factor in self.factors]

    def outcome(self, name):
        return OUTCOMES[name]

    def window(self, name):
        return 0, 0

    def means(self, name, outcomes, window):
        columns = []
        for outcome in map(OUTCOMES.get, outcomes):
            gain = self.gains.get(name, {}).get(outcome.factor, np.zeros(self.pairs))
            level = 0.5 if outcome.kind == "share" else LEVELS
            columns.append(
                level + outcome.direction * np.asarray(gain, float) / 100 * 2 * level
                if outcome.kind == "share"
                else level + outcome.direction * np.asarray(gain, float)
            )
        found = np.array(columns).T
        found[np.isnan(found).any(axis=1)] = np.nan  # a run fails as a whole
        return found


def around(middle, spread, pairs=40):
    return middle + spread * np.linspace(-1, 1, pairs)


def test_gains_are_read_towards_the_goal_in_points_and_percent():
    study = Made({"a": {"transparency": around(3, 1), "chinese_misuse": around(-4, 1)}})
    found = choice.gains(study)
    assert found.names == ("a",)
    middle = dict(zip(found.factors, np.median(found.values[:, 0], axis=1), strict=True))
    assert middle["transparency"] == pytest.approx(3)
    assert middle["chinese_misuse"] == pytest.approx(-4)
    assert middle["backdoors"] == 0


def test_a_pair_that_failed_is_in_no_gain():
    gain = around(3, 1)
    gain[5] = np.nan
    found = choice.gains(Made({"a": {"transparency": gain}}))
    assert np.isnan(found.values[:, 0, 5]).all()
    assert np.isfinite(found.values[:, 0, 6]).all()


def front_of(gains):
    found = choice.front(Made(gains), ["chinese_misuse"], ["transparency"])
    return dict(zip(found["scenario"], found["dominated_by"], strict=True))


def test_the_front_of_four_known_points():
    """Two on the front, one beaten by one of them, one beaten by both."""
    gains = {
        "safe": {"chinese_misuse": around(20, 1), "transparency": around(-10, 0.2)},
        "open": {"chinese_misuse": around(5, 1), "transparency": around(5, 0.2)},
        "dull": {"chinese_misuse": around(-5, 1), "transparency": around(0, 0.2)},
        "worst": {"chinese_misuse": around(-5, 1), "transparency": around(-15, 0.2)},
    }
    assert front_of(gains) == {
        "safe": "", "open": "", "dull": "Open", "worst": "Safe; Open; Dull",
    }  # fmt: skip


def test_a_case_is_dominated_only_where_intervals_separate():
    better = {"chinese_misuse": around(10, 1), "transparency": around(1, 0.1)}
    wide = {"chinese_misuse": around(0, 40)[::-1], "transparency": around(0, 0.1)}
    assert front_of({"better": better, "wide": wide})["wide"] == ""
    narrow = wide | {"chinese_misuse": around(0, 1)[::-1]}
    assert front_of({"better": better, "narrow": narrow})["narrow"] == "Better"


def test_intervals_that_overlap_separate_where_every_pair_says_the_same():
    """Pairs share their luck: what counts is the interval of the difference."""
    base = around(0, 40)
    gains = {
        "a": {"chinese_misuse": base + 5, "transparency": around(0, 0)},
        "b": {"chinese_misuse": base, "transparency": around(0, 0)},
    }
    assert front_of(gains) == {"a": "", "b": "A"}


def test_a_difference_within_the_floor_dominates_nothing():
    one = {"chinese_misuse": around(1.9, 0), "transparency": around(0, 0)}
    assert front_of({"a": one, "b": {"chinese_misuse": around(0, 0)}}) == {"a": "", "b": ""}


def test_three_pairs_dominate_nothing():
    floors = np.array([0.5, 2.0])
    assert not choice.dominates(np.full((2, 3), 50.0), np.zeros((2, 3)), floors)
    assert choice.dominates(np.full((2, 4), 50.0), np.zeros((2, 4)), floors)


def test_regret_by_hand():
    """Against the best of the two and the reference, whose gain is 0."""
    gains = {
        "a": {"chinese_misuse": np.array([10.0, 0.0, -6.0, 4.0])},
        "b": {"chinese_misuse": np.array([4.0, 8.0, -2.0, 3.0])},
    }
    found = choice.regret(Made(gains, ("chinese_misuse",))).set_index("scenario")
    means = {"a": (0 + 8 + 6 + 0) / 4, "b": (6 + 0 + 2 + 1) / 4, "reference": (10 + 8 + 4) / 4}
    assert found["mean"].to_dict() == means
    assert found["largest"].to_dict() == {"a": 8, "b": 6, "reference": 10}
    assert found["best"].to_dict() == {"a": 0.5, "b": 0.5, "reference": 0.25}  # 1 is within it
    assert set(found["scale"]) == {"percent"}
    assert found["policy.x.strength"].tolist() == [1.0] * 3


def test_regret_leaves_out_a_pair_in_which_a_case_failed():
    gains = {
        "a": {"chinese_misuse": np.array([10.0, 0.0, 0.0, 0.0])},
        "b": {"chinese_misuse": np.array([np.nan, 0.0, 0.0, 0.0])},
    }
    assert choice.regret(Made(gains, ("chinese_misuse",)))["largest"].tolist() == [0, 0, 0]


def test_acceptable_is_worse_on_nothing_and_better_on_something():
    gains = {
        "a": {
            "chinese_misuse": np.array([3.0, 3.0, 0.0, 3.0]),
            "transparency": np.array([0.0, -0.6, 0.0, 0.4]),
        }
    }
    row = choice.satisficing(Made(gains)).iloc[0]
    assert (row["not_worse"], row["better"], row["acceptable"]) == (0.75, 0.75, 0.5)
    assert (row["factors_better"], row["factors_worse"], row["draws"]) == (0.75, 0.25, 4)


def test_acceptable_is_judged_by_the_mean_of_a_draw():
    """A single unlucky run does not make a draw worse."""
    study = Made(
        {
            "a": {
                "chinese_misuse": np.array([3.0, 3.0, 3.0, 3.0]),
                "transparency": np.array([-0.6, 0.4, -0.6, -0.6]),
            }
        }
    )
    study.pair_index = PairIndex(2, 2)
    row = choice.satisficing(study).iloc[0]
    assert (row["not_worse"], row["acceptable"], row["draws"]) == (0.5, 0.5, 2)


def rubric_of(signs):
    factors = [part for parts in choice.WEIGHED.values() for part in parts]
    rows = [
        {"scenario": name, "title": name.title(), "factor": f, "sign": own.get(f, "0")}
        for name, own in signs.items()
        for f in (*factors, "other_misuse")
    ]
    return pd.DataFrame(rows)


def test_who_is_first_by_weights():
    """Each of two is first where its factor weighs more: by half."""
    rubric = rubric_of({"a": {"transparency": "+"}, "b": {"backdoors": "+"}})
    found = choice.firsts(rubric).set_index("scenario")
    assert found["first"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.01)
    assert found.loc["a", "transparency"] > 1 / 6 > found.loc["a", "backdoors"]


def test_one_that_is_best_on_all_is_always_first_and_equals_share():
    rubric = rubric_of({"a": {"transparency": "++"}, "b": {"transparency": "++"}, "c": {}})
    found = choice.firsts(rubric).set_index("scenario")
    assert found["first"].to_dict() == {"a": 0.5, "b": 0.5, "c": 0}
    assert found["last"].to_dict() == {"a": 0, "b": 0, "c": 1}
    assert np.isnan(found.loc["c", "transparency"])
    assert found["first"].sum() == pytest.approx(1)


def test_the_two_kinds_of_progress_are_one_factor_and_other_misuse_is_none():
    half = rubric_of({"a": {"progress_specific": "++"}, "b": {"progress_frontier": "++"}})
    assert choice.firsts(half)["first"].tolist() == [0.5, 0.5]
    misuse = rubric_of({"a": {"other_misuse": "++"}, "b": {}})
    assert choice.firsts(misuse)["first"].tolist() == [0.5, 0.5]


def test_a_readers_own_weights_change_the_order():
    rubric = rubric_of(
        {"a": {"transparency": "+"}, "b": {"backdoors": "++"}, "c": {"backdoors": "++"}, "d": {}}
    )
    by = choice.order(rubric, {"backdoors": 1, "transparency": 1})
    assert list(zip(by["place"], by["scenario"], strict=True)) == [
        (1, "b"), (1, "c"), (3, "a"), (4, "d"),
    ]  # fmt: skip
    assert choice.order(rubric, {"transparency": 3, "backdoors": 1})["scenario"].iloc[0] == "a"


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"transparancy": 1}, "did you mean 'transparency'"),
        ({"transparency": -1}, "0 or more"),
        ({"transparency": float("nan")}, "finite"),
        ({"transparency": "much"}, "finite"),
        ({"transparency": 0}, "at least one"),
        ({}, "at least one"),
    ],
)
def test_weights_that_cannot_be_used(weights, said):
    with pytest.raises(ScenarioError, match=said):
        choice.order(rubric_of({"a": {}}), weights)
