"""What each lever sets going, by direction of cause: who is bound, what they then do, and nobody else."""

import numpy as np
import pytest

from sim.model.duties import PUBLIC_DRAWS, Assessment, is_monetised
from sim.model.kernels.misuse import ROUTES_OF_KIND
from sim.model.law import law_of_month
from sim.model.randomness import Streams
from sim.months import month_index
from sim.scenario.scenario import load
from sim.vocabulary import (
    API,
    CHANNELS,
    CN,
    GATED,
    GATED_ROUTE,
    HOLD,
    JAILBREAK,
    OPEN,
    OPEN_SOURCE,
    OPEN_WEIGHTS,
    OTHER,
    US,
)

DEVELOPER, GOVERNMENT = CHANNELS.index("developer"), CHANNELS.index("government")
DRAWS = range(2, 400, 2)
DRAW = 2


def named(world, slug):
    return world.labs[world.slugs[slug]]


def opened(lab):
    return {draw for draw in DRAWS if lab.decide_mode(150.0, draw, lab.owes(draw, False, lab.model.law)) in OPEN}


def under(world, *policies):
    """The world with the law of these policies in its present month."""
    named_policies = [(f"p{i}", one) for i, one in enumerate(policies)]
    world.law = law_of_month(world.jurisdictions, named_policies, 36)
    world.tables.read(world.law)
    return world


@pytest.fixture
def world(world_at):
    return world_at(32)


# L2


def test_a_cut_off_costs_trust_where_services_are_used_and_comes_back_slowly(world_at, policy):
    gates = policy(
        "L2",
        start="2025-03",
        end="2025-04",
        shock_prob=1.0,
        refusal=0.0,
        shock_months=1.0,
        exempt=("DEU",),
        delay_months=0.0,
    )
    before, after, later = (world_at(months, gates=gates) for months in (26, 27, 39))
    codes = [c.code for c in before.countries]
    users = [i for i, c in enumerate(before.countries) if c.bloc == "us_aligned" and c.code != "DEU"]
    assert (before.trust.supply == 1.0).all()
    assert (after.trust.supply[users, US] < 1.0).all()
    assert (after.trust.supply[users, US] < later.trust.supply[users, US]).all()
    assert (later.trust.supply[users, US] < 1.0).all()
    for code in ("USA", "DEU"):
        assert after.trust.supply[codes.index(code), US] == 1.0
    assert (after.trust.supply[:, CN] == 1.0).all()
    assert (after.adopters.who.fear >= before.adopters.who.fear).all()
    assert (later.adopters.who.fear[users, US] > 0.0).all()


def test_cut_offs_are_drawn_by_month_and_last_as_long_as_they_should(policy):
    rare, frequent = (policy("L2", start="2023-01", shock_prob=x, shock_months=2.5) for x in (0.3, 0.8))
    streams = Streams(1, 0)
    few, many = ([one.cut_off(m, streams) for m in range(96)] for one in (rare, frequent))
    assert all(a <= b for a, b in zip(few, many, strict=True))
    assert sum(few) < sum(many)
    assert set(few) <= {0.0, 0.5, 1.0}
    begun = [policy("L2", start="2023-01", shock_prob=0.3, shock_months=1.0).cut_off(m, streams) for m in range(96)]
    padded = [0.0, 0.0, *begun]
    expected = [max(padded[m + 2], padded[m + 1], 0.5 * padded[m]) for m in range(96)]
    assert few == expected
    assert 0.5 in few
    assert rare.cut_off(few.index(1.0), None) == 0.0
    assert policy("L2", start="2023-01", shock_prob=0.0).cut_off(few.index(1.0), streams) == 0.0


def test_gates_bar_those_in_scope(world, policy):
    some = under(world, policy("L2", scope="countries", countries=("KEN", "BRA"), refusal=0.3, delay_months=3.0))
    codes = [c.code for c in world.countries]
    touched = sorted(codes[i] for i in np.flatnonzero((some.law.access != some.jurisdictions.access).any(axis=(1, 2))))
    assert touched == ["BRA", "KEN"]
    assert some.law.friction[codes.index("KEN"), US, 0, API] > 0.0
    assert some.law.friction[:, :, :, 1:].max() == 0.0
    everybody = under(world, policy("L2", scope="all"))
    assert (everybody.law.access[:, US] < 1.0).all()
    assert (everybody.law.access[:, [CN, OTHER]] == 1.0).all()


def test_checks_of_accounts_stop_jailbreaks_and_nothing_else(world_at, policy):
    plain = world_at(32)
    checked = world_at(32, gates=policy("L2", start="2025-08", scope="all", account_check=0.5))
    us = ROUTES_OF_KIND[JAILBREAK] + US
    ratio = (
        checked.scene.chance[:, :, us][plain.scene.chance[:, :, us] > 0.0]
        / plain.scene.chance[:, :, us][plain.scene.chance[:, :, us] > 0.0]
    )
    np.testing.assert_allclose(ratio, 0.5)
    others = [r for r in range(11) if r != us]
    np.testing.assert_array_equal(checked.scene.chance[:, :, others], plain.scene.chance[:, :, others])


# L5


def near(lab, policy, above=0.05, **fields):
    """A licence whose threshold lies just below the lab's run."""
    return policy("L5", threshold_flop=10.0 ** (lab.training_run(False) - above), **{"refusal": 0.0, **fields})


def test_labs_near_a_threshold_train_below_it_the_sooner_the_more_it_costs(world, policy):
    lab = named(world, "meta")
    held = []
    for cost in (0.0, 1e6, 1e7, 1e8):
        under(world, near(lab, policy, duties_cost=cost))
        held.append(lab._stays_below(150.0, DRAW))
    assert held[0] == 0.0
    assert held == sorted(held)
    assert held[-1] == pytest.approx(0.05, abs=1e-4)
    under(world, near(lab, policy, above=2.0, duties_cost=1e7))
    assert lab._stays_below(150.0, DRAW) == 0.0  # too far to go


def test_who_trains_below_has_less_capability_and_owes_nothing(world_at, policy):
    one, other = world_at(32), world_at(32)
    lab, twin = named(one, "meta"), named(other, "meta")
    under(one, near(lab, policy, duties_cost=1e8))
    for each in (lab, twin):
        each.next_flagship = 32
        each.plan(32)
    loss = twin.drafts[0].underlying - lab.drafts[0].underlying
    assert loss == pytest.approx(one.p.capability_slope * 0.05, abs=1e-3)
    assert lab.expense == 0.0


def test_liability_and_delay_close_those_who_are_bound(world_at, policy):
    free, bound, held_up = world_at(30), world_at(30), world_at(30)
    under(bound, policy("L5", threshold_flop=1e23, liability=1.5, licence_months=0))
    under(held_up, policy("L5", threshold_flop=1e23, liability=0.0, licence_months=12))
    us = [lab.info.slug for lab in free.labs if lab.origin == US and not lab.fringe]
    assert {opened(named(bound, slug)) < opened(named(free, slug)) for slug in us} == {True}
    assert any(opened(named(held_up, slug)) < opened(named(free, slug)) for slug in us)
    assert opened(named(bound, "alibaba")) == opened(named(free, "alibaba"))


def test_a_duty_binds_releases_above_its_threshold_only(world, policy):
    lab = named(world, "meta")
    run = lab.training_run(False)
    for threshold, owed in ((run - 0.01, True), (run + 0.01, False)):
        law = under(world, policy("L5", threshold_flop=10.0**threshold)).law
        assert bool(lab.owes(DRAW, False, law)[OPEN_WEIGHTS]) == owed
        assert bool(lab.owes(DRAW, False, law)[API]) == owed
    assert lab.training_run(True) < run


def test_generated_releases_are_trained_as_near_to_the_largest_run_as_recorded_ones(world_at):
    """Else thresholds of compute would bind labs that have never come near them."""
    from sim import data

    world = world_at(31)
    for lab in world.labs:
        assert lab.shortfall is not None
        assert lab.training_run(False) == pytest.approx(lab.run_size() - lab.shortfall)
    assert named(world, "deepseek").shortfall > 0.5
    recorded = [
        row.log_flop
        for row in data.releases()
        if row.lab == "deepseek" and row.usable and row.size == "flagship" and row.log_flop and row.month >= 0
    ]
    assert abs(named(world, "deepseek").training_run(False) - max(recorded)) < 0.5
    known = sorted(lab.shortfall for lab in world.labs)
    unknown = named(world, "moonshot")
    assert known[0] < unknown.shortfall < known[-1]


def test_the_exemption_of_open_source_moves_something_after_the_handover():
    """It did not while every flagship counted as its lab's largest run, above the systemic threshold."""
    from sim.model.world import World

    found = []
    for name in ("eu-exemption", "eu-no-exemption"):
        world = World(load(name, settings=["horizon.end=2026-12"]), rng=1)
        found.append(world.run().values)
    assert (found[0] != found[1]).any(axis=0).sum() > 10


def test_open_releases_may_be_exempt(world, policy):
    lab = named(world, "meta")
    law = under(world, policy("L5", threshold_flop=1e23, open_exemption=True)).law
    assert lab.owes(DRAW, False, law)[OPEN_WEIGHTS] == lab.owes(DRAW, False, law)[OPEN_SOURCE] == []
    assert lab.owes(DRAW, False, law)[API]


def test_a_licence_spares_open_releases_whether_they_earn_money_or_not(world, policy):
    lab = named(world, "meta")
    law = under(world, policy("L5", threshold_flop=1e23, open_exemption=True)).law
    earning = [draw for draw in DRAWS if is_monetised(lab, draw)]
    assert earning
    assert not any(lab.owes(draw, False, law)[mode] for draw in earning for mode in OPEN)


def test_what_is_held_back_owes_nothing(world, policy):
    owed = named(world, "meta").owes(DRAW, False, under(world, policy("L5", threshold_flop=1e20)).law)
    assert owed[API]
    assert not owed[HOLD]


def test_a_refused_licence_leaves_no_open_release(world, policy):
    under(world, policy("L5", threshold_flop=1e20, refusal=1.0, liability=0.0))
    for lab in world.labs:
        if lab.origin == US and not lab.fringe:
            for draw in DRAWS:
                lab._draft(32, draw, False, 150.0, 150.0)
            assert {draft.mode for draft in lab.drafts} <= {API, GATED}


def kept(world, code="USA"):
    """Share of what developers of a country would build that the duties of modifiers leave, by alternative."""
    return world.adopters._kept()[[c.code for c in world.countries].index(code), world.adopters.market.slot]


def test_the_more_modifications_count_the_more_are_given_up(world, policy):
    left = [kept(under(world, policy("L5", threshold_flop=1e23, modifier_fraction=f))).min() for f in (1.0, 0.33, 0.01)]
    assert left[0] == 1.0
    assert left[0] > left[1] > left[2] == pytest.approx(1.0 - 0.3 / 3.0)


def test_modifiers_owe_by_the_training_run_of_their_base_and_by_where_they_are(world, policy):
    """Bases of any origin from the threshold on, in the countries that are bound; what is unknown is below."""
    rows = world.adopters.market.release[DEVELOPER]
    run, origin = (world.catalogue.columns[world.catalogue.columns._fields.index(x)][rows] for x in ("run", "origin"))
    assert (run == 0.0).any()
    under(world, policy("L5", threshold_flop=1e24, modifier_fraction=0.1, allied_coverage=0.5))
    bound = world.jurisdictions.bound_countries(0.5)
    left = world.adopters._kept()[:, world.adopters.market.slot]
    np.testing.assert_array_equal(left[list(bound)] < 1.0, [run >= 24.0] * len(bound))
    assert (np.delete(left, bound, axis=0) == 1.0).all()
    assert {US, CN} <= set(origin[kept(world) < 1.0].tolist())
    under(world, policy("L5", threshold_flop=1e24, open_exemption=True))
    assert (kept(world)[np.isin(world.adopters.market.mode, OPEN)] == 1.0).all()


def test_modifiers_give_up_and_do_not_choose_otherwise(world_at, policy):
    fields = {"start": "2025-09", "threshold_flop": 1e24, "liability": 0.0, "refusal": 0.0, "modifier_fraction": 1e-6}
    free, bound = (world_at(33, duty=policy("L5", modifier_loss=x, **fields)) for x in (0.0, 0.5))
    np.testing.assert_array_equal(free.adopters.choice, bound.adopters.choice)
    value, less = (np.array(world.derivatives.value) for world in (free, bound))
    assert (less[:, 0] <= value[:, 0]).all()
    assert less[:, 0].sum() < value[:, 0].sum()
    np.testing.assert_array_equal(less[:, 1:], value[:, 1:])  # blocs without the US
    assert (bound.derivatives.flow <= free.derivatives.flow).all()
    assert bound.reach_lost(US) == free.reach_lost(US) == 0.0


def test_the_catalogue_knows_the_training_runs(world_at):
    from sim import data

    world = world_at(34)
    recorded = {row.name: row.log_flop or 0.0 for row in data.releases()}
    found = dict(zip(world.catalogue.names, world.catalogue.column("run").tolist(), strict=True))
    assert all(found[name] == run for name, run in recorded.items() if name in found)
    made = [name for name in found if name not in recorded]
    assert made
    assert all(20.0 < found[name] < world.chips.run_frontier + 1.0 for name in made)


def test_a_burden_in_any_mode_counts_where_open_releases_are_exempt(world_at, policy):
    """It stands on both sides of the choice and cancels, unless an exemption takes one side away."""
    fields = {"threshold_flop": 1e23, "liability": 0.0, "licence_months": 0}
    for exemption, compare in ((False, set.__eq__), (True, set.__lt__)):
        light, heavy = (
            under(world_at(30), policy("L5", burden=x, open_exemption=exemption, **fields)) for x in (0.0, 2.0)
        )
        assert compare(opened(named(light, "meta")), opened(named(heavy, "meta")))


def test_strength_is_the_probability_that_a_release_is_bound(world, policy):
    lab = named(world, "meta")
    bound = []
    for strength in (0.2, 0.6, 1.0):
        law = under(world, policy("L5", threshold_flop=1e23, strength=strength)).law
        bound.append({draw for draw in DRAWS if lab.owes(draw, False, law)[API]})
    assert bound[0] < bound[1] < bound[2] == set(DRAWS)
    assert len(bound[0]) / len(DRAWS) == pytest.approx(0.2, abs=0.09)


# L8


def banned_use(world, country, channel, origin=CN):
    i = next(i for i, c in enumerate(world.countries) if c.code == country)
    return [
        a.index
        for a in world.adopters.of(i)
        if a.channel == channel and a.family and named(world, a.family).origin == origin
    ]


def test_who_is_banned_leaves_at_once_and_only_they(world_at, policy):
    plain = world_at(33)
    ban = {
        "countries": ("USA", "DEU"), "sectors": ("developer",), "compliance_private": 1.0, "waiver_rate": 0.0,
        "start": "2025-09",
    }  # fmt: skip
    bound = world_at(33, ban=policy("L8", **ban))
    for country in ("USA", "DEU"):
        assert banned_use(plain, country, "developer")
        assert banned_use(bound, country, "developer") == []
    changed = {
        plain.adopters[i].country for i in np.flatnonzero(plain.adopters.choice != bound.adopters.choice).tolist()
    }
    assert changed == {"USA", "DEU"}
    channels = {
        plain.adopters[i].channel for i in np.flatnonzero(plain.adopters.choice != bound.adopters.choice).tolist()
    }
    assert channels == {"developer"}


def test_compliance_and_waivers_decide_how_many_obey(world_at, policy):
    fields = {"countries": ("USA",), "sectors": ("developer",), "start": "2025-09"}
    users = [
        set(
            banned_use(
                world_at(33, ban=policy("L8", compliance_private=c, waiver_rate=w, **fields)), "USA", "developer"
            )
        )
        for c, w in ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (1.0, 0.0))
    ]
    assert users[3] == set()
    assert users[1] <= users[2] <= users[0]
    assert users[1] != users[0]


def test_a_release_is_banned_from_the_list_after_it(policy, world_at, release_by_hand):
    """A list is renewed every three months: a strong release that comes out after it is used until the next one."""
    ban = policy(
        "L8", start="2025-09", countries=("USA",), sectors=("developer",), compliance_private=1.0, waiver_rate=0.0,
        list_update_days=91,
    )  # fmt: skip
    assert [ban.listed(m) for m in range(32, 40)] == [32, 32, 32, 35, 35, 35, 38, 38]
    world = world_at(33, ban=ban)
    world.month += 1
    world.renew_law()
    lab = named(world, "alibaba")
    release_by_hand(world, capability=400.0, lab=lab)
    world.month -= 1
    used = []
    for _ in range(3):
        world.step()
        used.append(len(banned_use(world, "USA", "developer")))
    assert used[0] > 0
    assert used[2] == 0


def test_who_obeys_a_ban_is_held_by_contracts_like_everybody(world_at, decree):
    """Users of US releases choose under a ban as they would if nobody could reach what it forbids, lock-in included."""
    lock = {"lock": decree("lock_in", 1.5, "2025-06", origins=(US,))}
    ban = {"ban": decree("use_ban", 1.0, "2025-09", origins=(CN,)), "list": decree("listed_until", 99.0, "2025-09")}
    before = world_at(32, **lock).adopters
    banned = world_at(33, **lock, **ban).adopters
    barred = world_at(33, **lock, bar=decree("access", 1e-30, "2025-09", origins=(CN,))).adopters
    free = world_at(33, **lock).adopters
    slots = len(banned.world.labs) * 4
    us_slots = [slot for slot in range(slots) if banned.world.labs[slot // 4].origin == US]
    others = np.repeat(np.arange(banned.start.size - 1) % len(CHANNELS) != DEVELOPER, np.diff(banned.start))
    held = np.isin(before.choice, us_slots) & others
    assert (banned.choice[held] != free.choice[held]).sum() > 5
    np.testing.assert_array_equal(banned.choice[held], barred.choice[held])


def test_allies_that_ban_too(world, policy):
    law = under(world, policy("L8", allied_coverage=0.5, sectors=("government",))).law
    banning = {world.countries[i].bloc for i in np.flatnonzero(law.use_ban[:, CN, GOVERNMENT])}
    assert banning == {"US", "us_aligned"}
    assert law.use_ban[:, US].max() == law.use_ban[:, OTHER].max() == 0.0


# L13


def test_a_sanction_lasts_its_months(policy):
    barrier = policy("L13", start="2026-01", end="2026-02", sanction_prob=1.0, sanction_months=3)
    assert [m for m in range(30, 48) if barrier.sanctioned(0, m, Streams(1, 0))] == [36, 37, 38]


def test_barriers_to_services_slow_those_who_distil(world_at, policy):
    plain = world_at(27)
    barred = world_at(27, barrier=policy("L13", start="2025-03", detect_prob=0.8, sanction_prob=0.0))
    pairs = [(one.gains["distilled"], two.gains["distilled"]) for one, two in zip(plain.labs, barred.labs, strict=True)]
    assert all(two <= one for one, two in pairs)
    assert any(two < one for one, two in pairs)
    own = [
        [lab.gains[kind] for lab in world.labs for kind in ("own", "public", "scarcity")] for world in (plain, barred)
    ]
    assert own[0] == own[1]


def test_a_barred_student_asks_the_teacher_it_learns_most_from(world_at, decree):
    """A wall round US services leaves those of others: what a lab learns falls, and it comes from elsewhere."""
    world = world_at(36, bar=decree("distillation_barrier", 0.0, "2025-12", origins=(US,)))
    student = next(lab for lab in world.labs if lab.origin == CN and lab.distilled > 0.0)
    known = world.releases.teachers[0][0][0] - 60.0
    open_score, open_origin, _ = world_at(36).releases.teacher(world_at(36).labs[student.index], known)
    score, origin, share = world.releases.teacher(student, known)
    assert origin != US
    assert share == 1.0
    assert score <= open_score
    assert open_origin == US or score == open_score


def test_sanctions_last_and_are_drawn_by_lab(policy):
    one = policy("L13", start="2024-01", sanction_prob=0.5, sanction_months=6)
    streams = Streams(3, 0)
    paths = [[one.sanctioned(lab, m, streams) for m in range(12, 84)] for lab in range(12)]
    assert len({tuple(path) for path in paths}) > 6
    for path in paths:
        runs = "".join("x" if hit else " " for hit in path).strip().split()
        assert all(len(run) >= 6 for run in runs[:-1])
    assert not any(one.sanctioned(0, m, None) for m in range(12, 84))


# costs


def test_more_join_at_the_price_of_their_size(world, policy):
    """Others that audit or ban pay in proportion to GDP, and audit as many more."""
    gdp = {bloc: sum(c.gdp_usd_bn for c in world.countries if c.bloc == bloc) for bloc in ("US", "us_aligned")}
    size = 1.0 + gdp["us_aligned"] / gdp["US"]
    alone, together = (under(world, policy("L6", allied_coverage=x)).law.audits for x in (0.0, 1.0))
    assert together[0].audits_a_month == pytest.approx(size * alone[0].audits_a_month)
    costs = [under(world, policy("L8", allied_coverage=x)).law.ledger("adopters") for x in (0.0, 1.0)]
    assert costs[0] > 0.0
    assert costs[1] == pytest.approx(size * costs[0])
    germany = under(world, policy("L8", countries=("DEU",))).law.ledger("adopters")
    assert 0.0 < germany < costs[0] / 2.0


def test_audits_are_paid_when_they_are_done(world_at, policy):
    """Suppliers plan more audits than there are releases in use by governments."""
    few, many = (world_at(60, audits=policy("L6", audits_a_year=x, cost_per_audit=1e5)) for x in (2.0, 2000.0))
    for world in (few, many):
        paid = [usd for _, payer, usd in world.ledger.one_off if payer == "adopters"]
        assert world.observed["cost_policy_adopters"] == sum(paid)
        assert set(paid) == {1e5}
    assert few.observed["cost_policy_adopters"] == 2e5
    assert many.observed["cost_policy_adopters"] < 100 * 1e5


def test_allies_join_a_ban_of_the_us_and_no_other(world, policy):
    def banning(**fields):
        return {
            world.jurisdictions.countries[i]
            for i in np.flatnonzero(under(world, policy("L8", **fields)).law.use_ban.any((1, 2)))
        }

    assert banning(countries=("CHN",), origins=("US",), allied_coverage=0.8) == {"CHN"}
    assert len(banning(countries=("USA",), allied_coverage=0.8)) > 10


def test_assessors_know_no_more_of_thresholds_than_their_start_values(world_at, policy):
    found = []
    for threshold in (120.0, 142.0, 170.0):
        world = world_at(30, {"threshold_military": threshold})
        rule = under(world, policy("L4", hazard_reference="absolute")).law.assessments[0]
        lab = named(world, "meta")
        found.append([world.assessor.is_hazardous(rule, lab, x, DRAW) for x in range(140, 190, 5)])
    assert found[0] == found[1] == found[2]
    assert any(found[0])
    assert not all(found[0])


def test_of_two_duties_of_modifiers_the_one_that_costs_more_counts(world_at, policy):
    def left(**losses):
        rules = {
            name: policy("L5", threshold_flop=1e23, modifier_loss=loss, start="2023-01")
            for name, loss in losses.items()
        }
        return kept(world_at(30, **rules))

    np.testing.assert_array_equal(left(a=0.5, b=0.2), left(a=0.5))
    assert left(a=0.5).min() < left(b=0.2).min() < 1.0


def test_a_systemic_release_is_a_general_purpose_one(policy):
    with pytest.raises(ValueError, match="systemic_flop 1e\\+24 is below threshold_flop 1e\\+26"):
        policy("EU_GPAI", threshold_flop=1e26, systemic_flop=1e24)


def test_releases_of_public_programmes_are_never_monetised(world):
    lab = named(world, "meta")
    assert not any(is_monetised(lab, PUBLIC_DRAWS + month) for month in range(96))
    assert any(is_monetised(lab, draw) for draw in DRAWS)


def test_what_chip_makers_lose_is_theirs(world_at, policy):
    world = world_at(37, step=policy("L3", compliance_cost=2e9))
    assert world.observed["cost_policy_chip_makers"] == 2e9
    plain = world_at(37, step=policy("L3", compliance_cost=0.0))
    assert world.observed["cost_policy_labs"] == plain.observed["cost_policy_labs"]
    assert [lab.offset for lab in world.labs] == [lab.offset for lab in plain.labs]


# E1


def test_a_push_moves_chinese_firms_only(world_at, policy):
    plain, closing, opening = world_at(30), world_at(30), world_at(30)
    under(closing, policy("E1", openness_push=-1.0, commercial_close_pressure=0.0))
    under(opening, policy("E1", openness_push=1.0, commercial_close_pressure=0.0))
    slug = "alibaba"
    assert opened(named(closing, slug)) < opened(named(plain, slug)) < opened(named(opening, slug))
    for other in ("meta", "mistral"):
        assert opened(named(closing, other)) == opened(named(plain, other))


def test_secrecy_withholds_data_and_code_and_not_weights(world_at, policy):
    world = under(world_at(32), policy("E1", openness_push=0.0, commercial_close_pressure=1.0, secrecy=0.5))
    lab, draw = named(world, "alibaba"), 2 * 500
    lab.drafts = []
    lab._draft(32, draw, False, 150.0, 150.0)
    lab.drafts = [lab.drafts[0]._replace(mode=OPEN_WEIGHTS)]
    n = len(world.catalogue)
    lab.publish(32)
    c = world.catalogue.columns
    assert (c.weights[n], c.licence[n]) == (1.0, 0.5)
    assert (c.data[n], c.code[n]) == (0.05, 0.15)


def test_state_support_makes_chips(world_at, policy):
    stocks = [
        world_at(
            36, e=policy("E1", start="2025-01", state_support=x, openness_push=0.0, commercial_close_pressure=0.0)
        ).chips.domestic
        for x in (0.0, 0.5, 1.0)
    ]
    assert stocks[0] < stocks[1] < stocks[2]


def test_retaliation_withholds_chinese_releases_from_those_it_names(world, policy):
    law = under(world, policy("E1", retaliation=0.5, openness_push=0.0, commercial_close_pressure=0.0)).law
    blocs = np.array(world.jurisdictions.blocs)
    hit = np.isin(blocs, ("US", "us_aligned"))
    assert (law.access[hit, CN] < world.jurisdictions.access[hit, CN]).all()
    assert (law.denial[hit, CN][:, :, list(OPEN)] > 0.0).all()
    assert (law.access[~hit] == world.jurisdictions.access[~hit]).all()
    assert law.denial[~hit].max() == law.denial[:, US].max() == 0.0


# EU_GPAI


def duties(world, policy, mode, run, monetised, **fields):
    """Whether the base duty and the systemic one bind a release of Meta's of this mode, run and business."""
    lab = named(world, "meta")
    law = under(world, policy("EU_GPAI", burden=0.1, **{"open_exemption": True, **fields})).law
    draw = next(draw for draw in DRAWS if is_monetised(lab, draw) == monetised)
    lab.offset += run - lab.training_run(False)
    floors = [duty.floor for duty in lab.owes(draw, False, law)[mode]]
    return 23.0 in floors, 25.0 in floors


@pytest.mark.parametrize(
    ("mode", "run", "monetised", "fields", "expected"),
    [
        (API, 24.0, True, {}, (True, False)),
        (API, 25.5, True, {}, (True, True)),
        (API, 22.5, True, {}, (False, False)),
        (OPEN_SOURCE, 24.0, False, {}, (False, False)),
        (OPEN_SOURCE, 24.0, True, {}, (True, False)),
        (OPEN_SOURCE, 24.0, True, {"monetised_exempt": True}, (False, False)),
        (OPEN_SOURCE, 25.5, False, {}, (True, True)),
        (OPEN_WEIGHTS, 24.0, False, {}, (True, False)),
        (OPEN_SOURCE, 24.0, False, {"open_exemption": False}, (True, False)),
    ],
)
def test_the_exemption_and_its_loss(world_at, policy, mode, run, monetised, fields, expected):
    assert duties(world_at(32), policy, mode, run, monetised, **fields) == expected


def test_the_exemption_makes_licences_free(world_at, policy):
    free = []
    for exemption in (True, False):
        world = under(world_at(32), policy("EU_GPAI", burden=2.0, open_exemption=exemption, monetised_exempt=True))
        lab = named(world, "meta")
        lab.offset += 24.5 - lab.training_run(False)
        free.append({draw for draw in DRAWS if lab._licence(draw, lab.owes(draw, False, world.law)) == OPEN_SOURCE})
    assert free[1] < free[0]


def test_duties_bind_firms_of_every_origin_and_document_their_releases(world, policy):
    under(world, policy("EU_GPAI", open_exemption=False, burden=0.0))
    for slug in ("meta", "alibaba", "mistral"):
        lab = named(world, slug)
        lab.drafts = []
        lab.offset += 25.5 - lab.training_run(False)
        lab._draft(32, DRAW, False, 150.0, 150.0)
        assert lab.drafts[0].documented
        assert not lab.drafts[0].rationale
        assert lab.expense == pytest.approx(6e6)
    assert all(not lab.owes(DRAW, False, world.law)[OPEN_SOURCE] for lab in world.labs if lab.fringe)


def test_the_eus_duties_grow_to_full_force_when_enforcement_begins():
    """The months that the scenarios' texts name: applied from August 2025, enforced from August 2026."""
    duties = load("status-quo").policy["eu-gpai"]
    force = [duties.intensity(month_index(m)) for m in ("2025-07", "2025-08", "2026-07", "2026-08", "2030-12")]
    assert force[0] == 0.0 < force[1] < force[2] < force[3] == force[4] == 1.0
    wide = load("eu-exemption").policy
    assert (wide["eu-gpai"].end, wide["eu-gpai-2026-08"].start) == ("2026-08", "2026-08")
    assert wide["eu-gpai-2026-08"].intensity(month_index("2026-08")) == 1.0


def test_modifiers_in_the_eu_owe_what_open_modifications_are_not_spared(world, policy):
    run = world.catalogue.columns.run[world.adopters.market.release[DEVELOPER]]
    for exemption, floor in ((True, 25.0), (False, 23.0)):
        under(world, policy("EU_GPAI", modifier_loss=0.3, open_exemption=exemption))
        np.testing.assert_array_equal(kept(world, "FRA") < 1.0, run >= floor)
        assert (kept(world, "USA") == 1.0).all()
    assert under(world, policy("EU_GPAI", modifier_loss=0.0)).law.modifier_duties == ()


# STRUCTURED_ACCESS


def test_hazardous_weights_are_gated_and_others_are_not(world, policy):
    fields = {"hazard_reference": "absolute", "assessor_accuracy": 1.0, "capability_floor": 0.0, "domains": ("fraud",)}
    for margin, expected in ((-10.0, {GATED, API}), (180.0, {*OPEN, API})):
        under(world, policy("STRUCTURED_ACCESS", hazard_margin=margin, **fields))
        lab = named(world, "meta")
        lab.drafts = []
        for draw in DRAWS:
            lab._draft(32, draw, False, 150.0, 150.0)
        modes = {draft.mode for draft in lab.drafts}
        assert modes <= expected
        assert modes & (expected - {API})


def test_better_gates_stop_malicious_users_and_leaks(world_at, policy, release_by_hand):
    worlds = world_at(32), world_at(32)
    under(worlds[1], policy("STRUCTURED_ACCESS", vetting=0.5, containment=0.5))
    leaks = []
    for world in worlds:
        for _ in range(40):
            release_by_hand(world, mode=GATED)
        leaks.append({row: month for month, rows in world.releases.leaks.items() for row in rows})
    later = [leaks[1][row] >= month for row, month in leaks[0].items() if row in leaks[1]]
    assert all(later)
    assert sum(leaks[1][row] > month for row, month in leaks[0].items() if row in leaks[1]) > 5
    for world in worlds:
        world.phases[8](world)
    us = ROUTES_OF_KIND[GATED_ROUTE] + US
    one, two = (world.scene.chance[:, :, us] for world in worlds)
    np.testing.assert_allclose(two[one > 0.0] / one[one > 0.0], 0.5)


def test_labs_expect_to_be_barred_if_their_release_is_hazardous(world):
    from sim.model.duties import bars

    lab = named(world, "meta")
    duty = Assessment((lab.index,), 0.0, "absolute", 6.0, 4.0, ("fraud",), 0.8, 0, 0.0, (GATED,), 1.0)
    assert bars(duty, lab, 200.0, DRAW)
    assert not bars(duty, lab, 80.0, DRAW)
