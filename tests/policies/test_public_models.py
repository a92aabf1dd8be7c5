"""Public compute for open models (L9): which way each cause works."""

import pytest

from sim.model.agents.malicious import Scene
from sim.model.law import law_of_month
from sim.policies import LEVERS
from sim.vocabulary import GATED, HOLD, OPEN_SOURCE, ROUTES, US

STRIP_US = ROUTES.index("strip_us")


def public(world):
    """Rows of releases trained on public chips."""
    return [i for i, name in enumerate(world.catalogue.names) if " public " in name]


def test_more_money_trains_more_capable_open_models(world_at, policy):
    quiet = {"capability_noise": 0.0}
    best = []
    for budget in (20e6, 200e6, 2e9):
        world = world_at(48, quiet, money=policy("L9", budget=budget, start="2025-09"))
        rows = public(world)
        assert rows
        c = world.catalogue
        assert {int(c.column("mode")[i]) for i in rows} == {OPEN_SOURCE}
        assert {int(c.column("origin")[i]) for i in rows} == {US}
        best.append(max(c.column("capability")[i] for i in rows))
    assert best[0] < best[1] < best[2]


def test_compute_is_what_budget_and_chips_allow_and_the_target_is_enough(world_at, policy):
    jurisdictions = world_at(0).jurisdictions

    def chips(**fields):
        (found,) = law_of_month(jurisdictions, [("x", policy("L9", **fields))], 36).programmes
        return found.compute

    assert chips(budget=1e9, gpu_count=1000.0) == 1000.0
    assert chips(budget=1e6, gpu_cost=20_000.0) == pytest.approx(50.0)
    assert chips(budget=1e6, gpu_cost=20_000.0, strength=0.5) == pytest.approx(25.0)
    both = policy("L9", gpu_count=1000.0, labs=("us_fringe", "meta"))
    shared = law_of_month(jurisdictions, [("x", both)], 36).programmes
    assert [programme.compute for programme in shared] == [500.0, 500.0], (
        "labs of one programme share its chips"
    )
    quiet = {"capability_noise": 0.0}
    near, far = (
        world_at(42, quiet, money=policy("L9", budget=1e11, gpu_count=1e7, lag_target=lag))
        for lag in (0, 12)
    )
    rows = [public(world)[-1] for world in (near, far)]
    assert (
        near.catalogue.column("capability")[rows[0]] > far.catalogue.column("capability")[rows[1]]
    )
    lab = near.labs[near.slugs["us_fringe"]]
    most = near.points(near.chips.run_frontier + lab.efficiency + lab.distilled) + lab.quality
    assert near.catalogue.column("capability")[rows[0]] <= most + 1e-9


def test_the_class_decides_what_comes_with_the_weights(world_at, policy):
    parts = {}
    for cls in ("I", "II", "III"):
        world = world_at(42, money=policy("L9", openness_class=cls))
        c, row = world.catalogue, public(world)[-1]
        parts[cls] = [c.column(x)[row] for x in ("weights", "data", "code", "licence")]
        assert c.column("documented")[row]
    assert parts["I"] == [1.0, 1.0, 1.0, 1.0]
    for wider, narrower in (("I", "II"), ("II", "III")):
        assert all(a >= b for a, b in zip(parts[wider], parts[narrower], strict=True))
        assert sum(parts[wider]) > sum(parts[narrower])


def test_programmes_of_one_lab_pool_their_chips_and_the_widest_class_counts(world_at, policy):
    quiet = {"capability_noise": 0.0}
    one = policy("L9", openness_class="III", gpu_count=5000.0, budget=1e10)
    two = policy("L9", openness_class="I", gpu_count=5000.0, budget=1e10)
    both = policy("L9", openness_class="I", gpu_count=10_000.0, budget=1e10)
    found = []
    for programmes in ({"one": one, "two": two}, {"both": both}):
        world = world_at(42, quiet, **programmes)
        c = world.catalogue
        found.append(
            [
                (c.column("capability")[i], c.column("data")[i], c.column("month")[i])
                for i in public(world)
            ]
        )
    assert found[0] == found[1]
    assert len(found[0]) > 1


def test_every_model_is_trained_anew(world_at, policy):
    """Equal chips give equal runs: later models gain by efficiency alone."""
    world = world_at(
        48, {"capability_noise": 0.0}, money=policy("L9", gpu_count=10_000.0, lag_target=0)
    )
    c, p = world.catalogue, world.p
    rows = public(world)
    lab = world.labs[world.slugs["us_fringe"]]
    runs = [
        c.column("underlying")[i] - p.capability_slope * (c.column("efficiency")[i] + lab.distilled)
        for i in rows
    ]
    assert len(runs) > 2
    assert runs == pytest.approx([runs[0]] * len(runs))


def test_a_more_open_programme_teaches_more(world_at, policy):
    pools = []
    for cls in ("III", "I"):
        world = world_at(
            42,
            {"secrecy_months": 60.0, "idea_embargo": 0.0},
            money=policy("L9", openness_class=cls),
        )
        lab = world.labs[world.slugs["us_fringe"]]
        lab.efficiency = 5.0  # far ahead, so that what it reveals shows
        lab.train_public(list(world.law.programmes), world.month + 99)
        lab.public_months = 99
        lab.train_public(list(world.law.programmes), world.month)
        lab.publish(world.month)
        pools.append(world.ideas.pool(US)[0])
    assert pools[0] < pools[1]


def test_misuse_reaches_what_public_money_opens(world_at, policy):
    """Exposure follows by the route alone: the best weights to strip are more capable.

    Firms open nothing more, or their releases would hide what public money opens.
    """
    closed = {"control": policy("L1", start="2025-07", opening_cost=10.0)}
    quiet, rich = {"capability_noise": 0.0}, {"budget": 1e11, "gpu_count": 1e7}
    without = world_at(45, quiet, **closed)
    money = world_at(
        45, quiet, **closed, money=policy("L9", **rich, lag_target=0, cadence_months=1)
    )
    best = [
        w.catalogue.column("capability")[w.scene.releases[0][STRIP_US]] for w in (without, money)
    ]
    assert best[1] > best[0]
    assert money.scene.releases[0][STRIP_US] in public(money)
    assert money.observed["frontier_open_us"] >= best[1] - 1e-3
    row = money.scene.releases[0][STRIP_US]
    chance = Scene(money).chance[:, :, STRIP_US]
    money.catalogue.columns.capability[row] -= 30.0
    assert (Scene(money).chance[:, :, STRIP_US] <= chance).all()


def test_a_programme_moves_no_number_of_the_labs_own(world_at, policy):
    without, money = world_at(44), world_at(44, money=policy("L9"))
    tables = []
    for world in (without, money):
        c = world.catalogue
        own = [
            i
            for i, name in enumerate(c.names)
            if name.startswith("us_fringe") and " public " not in name
        ]
        tables.append(
            [(c.names[i], int(c.column("month")[i]), int(c.column("draw")[i])) for i in own]
        )
    assert tables[0] == tables[1]


def funded(world, policy, *policies, lab="meta", **fields):
    """The draft of a funded lab's model under the law of some policies, and the lab."""
    money = policy("L9", labs=(lab,), cadence_months=1, **fields)
    world.law = law_of_month(
        world.jurisdictions, [(f"p{i}", one) for i, one in enumerate((money, *policies))], 36
    )
    world.tables.read(world.law)
    lab = world.labs[world.slugs[lab]]
    lab.drafts, lab.expense = [], 0.0
    lab.train_public(list(world.law.programmes), 36)
    (draft,) = lab.drafts
    return draft, lab


BARRED = {
    "capability_floor": 0.0,
    "hazard_reference": "absolute",
    "hazard_margin": -100.0,
    "assessor_accuracy": 1.0,
}
ASSESSED = {**BARRED, "delay_months": 3, "cost_per_release": 7.0}
LICENSED = {"threshold_flop": 1e20, "refusal": 1.0, "licence_months": 2, "duties_cost": 9.0}
EU_DUTIES = {"threshold_flop": 1e20, "duties_cost": 4.0, "open_exemption": False}


@pytest.mark.parametrize(
    ("key", "fields", "mode", "delay", "cost"),
    [
        ("L4", ASSESSED, GATED, 3, 7.0),
        ("L4", {**ASSESSED, "fallback": ("api",)}, HOLD, 3, 7.0),
        ("L4", {**ASSESSED, "hazard_margin": 200.0}, OPEN_SOURCE, 3, 7.0),
        ("STRUCTURED_ACCESS", {**BARRED, "cost_per_release": 5.0}, GATED, 0, 5.0),
        ("L5", LICENSED, GATED, 2, 9.0),
        ("L5", {**LICENSED, "refusal": 0.0}, OPEN_SOURCE, 2, 9.0),
        ("L5", {**LICENSED, "threshold_flop": 1e30}, OPEN_SOURCE, 0, 0.0),
        ("EU_GPAI", {**EU_DUTIES, "systemic_flop": 1e30}, OPEN_SOURCE, 0, 4.0),
    ],
)
def test_a_public_release_owes_what_the_labs_own_would(
    world_at, policy, key, fields, mode, delay, cost
):
    """What may not be open is gated where that is left, else held: it is never a closed service."""
    draft, lab = funded(world_at(33), policy, policy(key, **fields))
    assert (draft.mode, draft.month, lab.expense) == (mode, 36 + delay, cost)
    assert draft.documented


def test_public_releases_of_the_fringe_owe_nothing(world_at, policy):
    strict = policy("L4", **BARRED, fallback=()), policy("L5", threshold_flop=1e20, refusal=1.0)
    draft, lab = funded(world_at(33), policy, *strict, lab="us_fringe")
    assert (draft.mode, draft.month, lab.expense) == (OPEN_SOURCE, 36, 0.0)


def test_a_duty_binds_a_public_release_by_its_own_run(world_at, policy):
    """Not by the larger run of the lab that is paid to train it."""
    duty = policy("L5", threshold_flop=10.0**24.5, refusal=0.0)
    few, many = (
        funded(world_at(33), policy, duty, gpu_count=n, budget=1e10, lag_target=0)
        for n in (100.0, 1e5)
    )
    assert few[0].run < 24.5 < many[0].run
    assert few[1].training_run(False) > 24.5
    assert few[1].expense == 0.0 < many[1].expense
    assert few[0].month == 36 < many[0].month


def test_a_public_release_comes_out_as_and_when_the_law_leaves_it(world_at, policy):
    world = world_at(33)
    draft, lab = funded(world, policy, policy("L4", **BARRED, delay_months=2), openness_class="I")
    before = len(world.catalogue)
    for month in (36, 37, 38):
        lab.publish(month)
        assert len(world.catalogue) == before + (month == 38)
    c = world.catalogue.columns
    assert (c.mode[before], c.run[before]) == (GATED, draft.run)
    assert c.openness[before] < 0.5
    funded(world, policy, policy("L4", **BARRED, delay_months=0, fallback=()))
    lab.publish(99)
    assert len(world.catalogue) == before + 1


def test_a_delayed_public_release_comes_out_in_the_replay_too(world_at, policy):
    fields = {"start": "2024-01", "labs": ("meta",), "cadence_months": 2}
    harmless = policy(
        "L4", **{**BARRED, "hazard_margin": 200.0, "start": "2024-01", "delay_months": 3}
    )
    worlds = (
        world_at(29, a=policy("L9", **fields)),
        world_at(29, a=policy("L9", **fields, end="2024-03"), b=harmless),
    )
    months = [[int(w.catalogue.column("month")[i]) for i in public(w)] for w in worlds]
    assert months[0][0] == 13
    assert months[1] == [16]


def test_public_money_goes_to_us_labs_alone():
    with pytest.raises(ValueError, match=r"alibaba is no US lab; US labs: .*us_fringe"):
        LEVERS["L9"](labs=("alibaba",))
