"""The study pairs by replication, over the right months, and reads what was stored."""

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from sim.parameters import PARAMETERS
from sim.scenario import Scenario
from sim.sweep import sweep
from sim.sweep.design import Design, without_assumed
from sim.sweep.study import Study
from tests.sweep import fake


def study(replications=8, simulate=fake.world, scenarios=None, twins=False, **content):
    known = scenarios or [fake.scenario("status-quo"), fake.scenario("audits", 1), fake.scenario("more-audits", 2)]
    plan = Design.of(known, replications, 3, also_without_assumed=twins)
    return Study(sweep(plan, workers=1, simulate=simulate), plan, described=fake.DESCRIBED)


@pytest.fixture(scope="module")
def three():
    return study()


@pytest.fixture(scope="module")
def lossy():
    return study(simulate=fake.fails_sometimes)


def test_a_constant_shift_gives_exactly_that_difference(three):
    assert three.window("audits") == (48, 95)
    for name, policies in (("audits", 1), ("more-audits", 2)):
        np.testing.assert_array_equal(three.differences(name, "alpha"), np.full(8, policies * fake.SHIFT))
        np.testing.assert_array_equal(three.differences(name, "gamma"), np.zeros(8))


def test_the_table_holds_the_paired_statistics(three):
    table = three.table().set_index(["scenario", "outcome"])
    assert len(table) == 6
    row = table.loc["more-audits", "alpha"]
    assert (row.difference, row.low, row.high, row.share_same_sign, row.sign) == (0.5, 0.5, 0.5, 1.0, "++")
    assert (row.first_month, row.last_month, row.unit, row.pairs) == ("2027-01", "2030-12", "points", 8)
    reference = three.values("status-quo", "alpha")[:, 48:96].astype(float).mean(axis=1)
    assert row.reference == pytest.approx(reference.mean())
    assert row.relative == pytest.approx(0.5 / reference.mean())
    assert row.d == pytest.approx(0.5 / reference.std(ddof=1))
    assert table.loc["more-audits", "gamma"].sign == "0"


def test_only_asked_outcomes_are_in_the_table(three):
    assert list(three.table(["gamma"]).outcome) == ["gamma", "gamma"]
    with pytest.raises(KeyError, match="delta"):
        three.table(["delta"])
    with pytest.raises(KeyError, match="status-quo"):
        three.values("no-such", "alpha")


@pytest.mark.parametrize(
    ("start", "end", "window"),
    [
        ("2024-01", "2030-12", (24, 71)),
        ("2026-01", "2030-12", (48, 95)),
        ("2027-07", "2030-12", (66, 95)),
        ("2029-12", "2030-12", (95, 95)),
        ("2030-01", "2030-12", (84, 95)),
        ("2031-01", "2030-12", (0, 95)),
        ("2026-01", "2028-06", (48, 65)),
    ],
)
def test_months_compared(start, end, window):
    horizon = {"horizon": {"end": end}}
    late = {"name": "late", **horizon, "policy": {"audits": {"lever": "L7", "start": start}}}
    known = [fake.scenario("status-quo", **horizon), Scenario.model_validate(late)]
    found = study(2, scenarios=known)
    assert found.window("late") == window
    assert found.window("status-quo") == (0, known[0].months - 1)
    assert np.isfinite(found.differences("late", "alpha")).all()


def test_failed_runs_are_left_out_of_pairs(lossy):
    assert [f.replication for f in lossy.failures] == [5, 5]
    assert np.isnan(lossy.differences("audits", "alpha")[5])
    row = lossy.table(["alpha"]).iloc[0]
    assert (row.pairs, row.difference, row.share_same_sign) == (7, fake.SHIFT, 1.0)
    kept = np.delete(lossy.values("status-quo", "alpha"), 5, axis=0)[:, 48:96].astype(float).mean(axis=1)
    assert row.d == pytest.approx(fake.SHIFT / kept.std(ddof=1))
    frame = lossy.frame(["alpha"])
    assert sorted(frame[frame.scenario == "audits"].replication.unique()) == [0, 1, 2, 3, 4, 6, 7]


def test_a_scenario_whose_every_run_failed_is_undecided():
    found = study(simulate=always_fails_policies)
    row = found.table(["alpha"]).iloc[0]
    assert (row.sign, row.pairs) == ("?", 0)
    assert np.isnan(row.difference)
    assert (found.map_shares("audits").effective == 0).all()
    assert found.frame(["alpha"]).scenario.unique().tolist() == ["status-quo"]
    assert found.summary(["alpha"])["mean"].isna().sum() == 2 * 96


def always_fails_policies(scenario, replication, seed):
    if scenario.policy:
        raise RuntimeError("no")
    return fake.world(scenario, replication, seed)


def test_the_frame_is_tidy(three):
    frame = three.frame()
    assert list(frame.columns) == ["scenario", "replication", "month", "outcome", "value"]
    assert len(frame) == 3 * 8 * 96 * 3
    picked = frame[(frame.scenario == "audits") & (frame.replication == 6) & (frame.outcome == "beta")]
    assert list(picked.month.astype(str))[:2] == ["2023-01", "2023-02"]
    np.testing.assert_array_equal(picked.value, three.values("audits", "beta")[6])
    assert len(three.frame(["gamma"])) == 3 * 8 * 96


def test_the_summary_holds_mean_and_quantiles(three):
    rows = three.summary(["beta"]).set_index(["scenario", "month"])
    values = three.values("audits", "beta")[:, 50].astype(float)
    row = rows.loc["audits", "2027-03"]
    assert row["mean"] == pytest.approx(values.mean())
    assert [row.p5, row.p25, row.p50, row.p75, row.p95] == pytest.approx(
        np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    )


def test_the_rubric_is_ordered_and_reads_signs_towards_the_goal(three):
    rubric = three.rubric()
    assert list(rubric.factor) == ["transparency", "chinese_misuse"] * 2
    assert [sign[0] for sign in rubric.sign] == ["+", "-"] * 2  # both outcomes rise; of the second less is better
    assert set(rubric.agreement) == {"paper silent"}
    assert set(rubric.sign_without_assumed) == {""}
    assert three.without_assumed is None


def test_the_papers_signs_are_beside_ours():
    known = [fake.scenario("status-quo"), fake.scenario("p4-audit-repository", 8)]
    row = study(scenarios=known).rubric().set_index("factor").loc["transparency"]
    assert (row.sign, row.paper, row.agreement) == ("++", "+", "agrees")


def half_assumed(scenario, replication, seed):
    """Policies lift alpha only while the assumed responses stand at their start values."""
    found = fake.world(scenario, replication, seed)
    if scenario.parameters:
        found.values[fake.START :, 0] -= fake.SHIFT * len(scenario.policy)
    return found


def test_twins_without_assumed_responses_are_compared_with_each_other():
    known = [fake.scenario("status-quo"), fake.scenario("audits", 8)]
    found = study(scenarios=known, twins=True, simulate=half_assumed)
    assert [s.name for s in found.scenarios] == ["status-quo", "audits"]
    assert (found.differences("audits", "alpha") == 8 * fake.SHIFT).all()
    twin = found.without_assumed
    assert (twin.differences("audits", "alpha") == 0).all()
    assert twin.without_assumed is None
    row = found.rubric().set_index("factor").loc["transparency"]
    assert (row.sign, row.sign_without_assumed) == ("++", "0")


def test_the_twin_has_every_assumed_response_at_0():
    own = fake.scenario("a", parameters={"distillation": 0.3})
    twin = without_assumed(own)
    assumed = {name for name, parameter in PARAMETERS.items() if parameter.assumed}
    assert assumed
    assert twin.parameters == {"distillation": 0.3, **{n: 0.0 for n in assumed if PARAMETERS[n].value != 0}}
    assert twin.id != own.id
    assert without_assumed(twin).id == twin.id


def test_country_shares_are_pooled(three):
    store, point = three.store, three.scenarios[1].id
    (part,) = store.of(point)
    shares, _ = store.countries(part)
    found = three.map_shares("audits", "developer")
    np.testing.assert_allclose(found.shares, shares[:, :, 3].mean(axis=0, dtype=float))
    assert (found.effective == 4 * 8).all()
    mix = three.map_shares("audits")
    np.testing.assert_allclose(mix.shares.sum(axis=1), 1, rtol=1e-6)
    assert (mix.effective > 4 * 8).all()
    assert (mix.effective <= 5 * 4 * 8).all()


def test_exports_hold_what_the_study_says(three, tmp_path):
    paths = three.to_csv(tmp_path / "tables")
    assert [p.name for p in paths] == ["table.csv", "rubric.csv", "series.csv"]
    with paths[0].open() as file:
        rows = list(csv.DictReader(file))
    assert [r["difference"] for r in rows if r["outcome"] == "alpha"] == ["0.25", "0.5"]
    wide = pq.read_table(three.to_parquet(tmp_path / "all" / "series.parquet")).to_pandas()
    assert wide.shape == (3 * 8 * 96, 6)
    picked = wide[(wide.scenario == "more-audits") & (wide.replication == 7)]
    np.testing.assert_array_equal(picked.gamma, three.values("more-audits", "gamma")[7])
    assert sorted(p.name for p in (tmp_path / "all").iterdir()) == ["series.parquet"]
