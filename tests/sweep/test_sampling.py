"""Laws meet what they state, samples are even and can grow, ensembles are read with care."""

import csv
import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.stats import qmc

from sim.messages import ScenarioError
from sim.model.parameters import PARAMETERS
from sim.sweep import sampling
from sim.sweep.design import Draws
from sim.sweep.sampling import (
    Choice,
    LogUniform,
    Range,
    Uniform,
    parameter_range,
    read_ensemble,
    sample,
)

PROBABILITIES = st.floats(2.0**-53, 1.0 - 2.0**-53)
INF = math.inf


def three_points(least, most):
    return st.tuples(*[st.floats(least, most)] * 3).map(sorted)


@given(st.sampled_from(sorted(PARAMETERS)))
def test_every_parameter_meets_its_three_points(name):
    parameter = PARAMETERS[name]
    law = parameter_range(name)
    points = [law(p) for p in (0.05, 0.5, 0.95)]
    assert points == pytest.approx(
        [parameter.low, parameter.median, parameter.high], rel=1e-12, abs=1e-12
    )


# The scale is linear, logarithmic or logistic, by the bounds and by whether the points touch them.
SCALES = st.one_of(
    three_points(-1e6, 1e6).map(lambda x: Range(*x, (-INF, INF))),
    three_points(0.0, 1e6).map(lambda x: Range(*x, (0.0, INF))),
    three_points(1e-6, 1e6).map(lambda x: Range(*x, (0.0, INF))),
    three_points(1e-6, 1 - 1e-6).map(lambda x: Range(*x, (0.0, 1.0))),
    three_points(0.0, 1.0).map(lambda x: Range(*x, (0.0, 1.0))),
    three_points(2.0, 19.0).map(lambda x: Range(*x, (1.0, 20.0))),
)


@given(SCALES)
def test_a_range_meets_its_three_points(law):
    size = max(abs(law.low), abs(law.high))
    found = [law(0.05), law(0.5), law(0.95)]
    assert found == pytest.approx([law.low, law.median, law.high], rel=1e-9, abs=1e-12 * size)


@example(Range(1e-194, 1e-194, 1.0, (0.0, INF)), 0.5, 0.99999)
@given(SCALES, PROBABILITIES, PROBABILITIES)
def test_a_range_rises_with_probability_and_stays_within_its_bounds(law, p, q):
    assume(p <= q)
    assert law(p) <= law(q) or law(p) == pytest.approx(law(q), rel=1e-12)
    assert law.bounds[0] <= law(p) <= law.bounds[1]
    assert math.isfinite(law(p))


def test_a_share_that_may_not_be_0_is_drawn_as_any_other_share():
    apart, share = (Range(0.82, 0.88, 0.92, bounds) for bounds in ((0.01, 1.0), (0.0, 1.0)))
    for probability in (1e-9, 0.2, 0.5, 0.97):
        assert apart(probability) == share(probability)


def test_scales_of_a_range():
    assert Range(0.5, 1.0, 2.0, (0.0, INF))(0.25) == pytest.approx(
        1 / Range(0.5, 1.0, 2.0, (0.0, INF))(0.75)
    )
    share = Range(0.1, 0.5, 0.9, (0.0, 1.0))
    assert 0 < share(1e-9) < 0.001
    assert share(0.2) == pytest.approx(1 - share(0.8))
    linear = Range(-1.0, 0.0, 1.0, (-INF, INF))
    assert linear(0.2) == pytest.approx(-linear(0.8))
    touching = Range(0.0, 0.5, 1.0, (0.0, 1.0))  # no logit of 0: cut at the bounds instead
    assert (touching(0.001), touching(0.999)) == (0.0, 1.0)


def test_a_range_of_one_value_is_that_value():
    law = Range(1.0, 1.0, 3.0, (0.0, INF))
    assert law(0.01) == law(0.5) == 1.0
    assert law(0.99) > 3.0


@given(
    st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=2, unique=True).map(sorted),
    PROBABILITIES,
)
def test_uniform_is_linear_in_probability(ends, p):
    law = Uniform(*ends)
    assert ends[0] <= law(p) <= ends[1]
    assert law(0.5) == pytest.approx(
        ends[0] / 2 + ends[1] / 2, rel=1e-9, abs=max(1e-300, abs(ends[0]) * 1e-9)
    )


@given(
    st.lists(st.floats(1e-300, 1e300), min_size=2, max_size=2, unique=True).map(sorted),
    PROBABILITIES,
)
def test_log_uniform_is_linear_in_the_logarithm(ends, p):
    law = LogUniform(*ends)
    assert ends[0] <= law(p) <= ends[1]
    assert math.log(law(0.5)) == pytest.approx(
        (math.log(ends[0]) + math.log(ends[1])) / 2, rel=1e-9, abs=1e-9
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9, unique=True))
def test_choice_takes_every_value_equally_often(values):
    law = Choice(tuple(values))
    n = len(values)
    assert [law((i + 0.5) / n) for i in range(n)] == values
    assert (law(2.0**-53), law(1 - 2.0**-53)) == (values[0], values[-1])


UNIT = {name: Uniform(0.0, 1.0) for name in "abc"}


@given(st.integers(1, 50), st.integers(0, 2**63 - 1))
def test_a_latin_hypercube_has_one_draw_in_each_stratum(draws, seed):
    found = sample(UNIT, draws, "latin-hypercube", seed)
    assert found.names == ("a", "b", "c")
    for column in found.values.T:
        assert sorted(math.floor(u * draws) for u in column) == list(range(draws))


@given(st.integers(0, 6), st.integers(0, 2**63 - 1))
def test_more_sobol_draws_keep_those_before(power, seed):
    few, many = (sample(UNIT, 2**n, "sobol", seed) for n in (power, power + 1))
    np.testing.assert_array_equal(many.values[: len(few)], few.values)
    assert (many.values[len(few) :] != few.values).any()


def test_sobol_points_are_evener_than_chance():
    sobol = sample(UNIT, 256, "sobol", 1).values
    chance = np.random.default_rng(1).random((256, 3))
    assert qmc.discrepancy(sobol) < qmc.discrepancy(chance) / 10


@pytest.mark.parametrize("method", sampling.METHODS)
def test_a_sample_depends_on_the_seed_alone(method):
    first, again, other = (sample(UNIT, 8, method, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert ((first.values > 0) & (first.values < 1)).all()


def test_each_number_takes_its_own_law():
    laws = {"a": Uniform(10.0, 20.0), "b": Choice((1.0, 2.0)), "c": LogUniform(100.0, 1000.0)}
    values = sample(laws, 64, "latin-hypercube", 0).values
    assert (values[:, 0].min() >= 10) & (values[:, 0].max() <= 20)
    assert sorted(values[:, 1].tolist()) == [1.0] * 32 + [2.0] * 32
    assert np.quantile(values[:, 2], 0.5) == pytest.approx(316, rel=0.1)


# Ensembles


def write(tmp_path, content):
    path = tmp_path / "draws.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


NAMES = ("leak_hazard", "distillation", "policy.audit-0.detect_prob")


@given(
    st.lists(
        st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), min_size=1, max_size=20
    )
)
def test_draws_written_as_csv_are_read_back_to_the_last_bit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("ensemble") / "draws.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([NAMES, *rows])
    assert read_ensemble(path, "draws.csv", NAMES) == Draws(NAMES, np.array(rows))


def test_spreadsheets_may_add_a_mark_blanks_and_empty_lines(tmp_path):
    path = write(tmp_path, "\ufeffleak_hazard, distillation\r\n\r\n0.5, 1e-3\r\n\r\n")
    assert list(read_ensemble(path, "draws.csv", NAMES)) == [
        {"leak_hazard": 0.5, "distillation": 0.001}
    ]


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        ("leak_hazrd\n1\n",
         ["draws.csv: column 'leak_hazrd': unknown; did you mean 'leak_hazard'?"]),
        ("leak_hazard,leak_hazard\n1,1\n", ["draws.csv: column 'leak_hazard' occurs twice"]),
        ("", ["draws.csv: needs a first line of names and at least one draw"]),
        ("leak_hazard\n", ["draws.csv: needs a first line of names and at least one draw"]),
        ("leak_hazard\n1,2\n", ["draws.csv: line 2: 2 values for 1 columns"]),
        ("leak_hazard,distillation\n1\n", ["draws.csv: line 2: 1 values for 2 columns"]),
        ("leak_hazard\nnan\n1\nmany\ninf\n\n",
         ["draws.csv: line 2, 'leak_hazard' = 'nan': must be a finite number",
          "draws.csv: line 4, 'leak_hazard' = 'many': must be a finite number",
          "draws.csv: line 5, 'leak_hazard' = 'inf': must be a finite number"]),
        ("wrong,leak_hazard\n1,x\n",
         ["draws.csv: column 'wrong': unknown",
          "draws.csv: line 2, 'leak_hazard' = 'x': must be a finite number"]),
        (b"leak_hazard\n\xff\xfe\n", ["draws.csv: not UTF-8 text (line 2); save it as UTF-8"]),
        (f"leak_hazard\n{'1' * 200_000}\n",
         ["draws.csv: line 2: field larger than field limit (131072)"]),
        (f"leak_hazard\n1e{'9' * 80}\n", ["draws.csv: line 2, 'leak_hazard'"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_ensemble_is_said_line_by_line(tmp_path, content, problems):
    with pytest.raises(ScenarioError) as caught:
        read_ensemble(write(tmp_path, content), "draws.csv", NAMES)
    assert len(caught.value.problems) == len(problems)
    for found, expected in zip(caught.value.problems, problems, strict=True):
        assert found.startswith(expected)


def test_files_that_cannot_be_read_are_refused(tmp_path, monkeypatch):
    for path, words in ((tmp_path / "none.csv", "No such file"), (tmp_path, "not a file")):
        with pytest.raises(ScenarioError, match=words):
            read_ensemble(path, "draws.csv", NAMES)
    path = write(tmp_path, "leak_hazard\n" + "1\n" * 9)
    monkeypatch.setattr(sampling, "MOST_DRAWS", 8)
    with pytest.raises(ScenarioError, match="at most 8 draws"):
        read_ensemble(path, "draws.csv", NAMES)
    monkeypatch.setattr(sampling, "LARGEST_ENSEMBLE", 10)
    with pytest.raises(ScenarioError, match=r"draws\.csv: more than"):
        read_ensemble(path, "draws.csv", NAMES)


def test_the_problems_of_a_bad_file_are_cut(tmp_path):
    path = write(tmp_path, "leak_hazard\n" + "x\n" * 5000)
    with pytest.raises(ScenarioError) as caught:
        read_ensemble(path, "draws.csv", NAMES)
    assert len(caught.value.problems) == sampling.MOST_PROBLEMS
