"""Scenarios and policies in words: what is set, what it was, and nothing that does not act."""

from __future__ import annotations

import html
import re
import tomllib

from sim.policies import LEVERS
from sim.report import policy_words, prose, reproduction
from sim.report.prose import introductions
from sim.scenario import library
from sim.scenario.overlay import LABELS
from sim.scenario.scenario import Scenario, load, load_with_origins


def test_scenarios_are_described_from_their_levers(study):
    found = {item.scenario.name: item for item in introductions(study)}
    assert (
        "Export control on open weights (lever L1, the paper's P1), from January 2026."
        in found["p1-blanket"].changes[0]
    )
    bundle = found["targeted-bundle"].changes
    alone = ("p2-risk-assessment", "p3-government-audits", "p4-audit-repository")
    assert len(bundle) == len(alone)
    for name in alone:  # told once, where it stands alone
        assert sum(f"as under {load(name).title}." in line for line in bundle) == 1
        assert not any("as under" in line for line in found[name].changes)
    assert max(map(len, bundle)) < 150
    held = found["status-quo"].changes
    steps = "10 dated steps from October 2022. The last, from January 2026: stringency: 0.6"
    assert sum(steps in line for line in held) == 1
    bans = [line for line in held if "(lever L8)" in line]
    named = [p for name, p in load("status-quo").policy.items() if p.lever == "L8"]
    assert len(bans) == len(named) > 1, "bans of other places act together: none is a step of one"
    assert not any("dated steps" in line for line in bans)


def test_what_a_scenario_models_and_leaves_out_stands_folded_beside_it(page):
    scenario, part = load("p1-blanket"), page.text.partition('id="compared"')[2]
    for heading, texts in (
        ("What is modelled", scenario.modelled),
        ("What is not modelled", scenario.not_modelled),
        ("Sources", scenario.sources),
    ):
        folded = re.findall(
            rf"<details><summary>{heading}</summary>(.*?)</details>", part, re.DOTALL
        )
        assert any(all(html.escape(text) in one for text in texts) for one in folded)


def test_a_changed_scenario_says_that_it_is_not_the_shipped_one(make):
    study = make((0, 1))
    note = "Not the shipped scenario of this name"
    assert not any(note in line for item in introductions(study) for line in item.changes)
    study.scenarios[1] = load("p1-blanket", overrides="high-allied-coverage")
    assert (
        {item.scenario.name: item for item in introductions(study)}["p1-blanket"]
        .changes[0]
        .startswith(note)
    )


def test_target_countries_in_another_order_are_not_set_here():
    policy = load("p1-blanket").policy["open-weight-control"]
    turned = policy.model_copy(update={"targets": tuple(reversed(policy.targets))})
    assert len(policy.targets) > 1
    assert policy_words.in_words(turned) == policy_words.in_words(policy)
    set_here = policy_words.in_words(policy.model_copy(update={"kyc_friction": 0.07}))
    assert ": 0.07" in set_here


def test_every_value_that_a_shipped_scenario_sets_is_shown_near_the_top():
    """Whatever a scenario file sets of a policy stands in the scenario's description.

    At its start value or not.
    """
    base, seen = load("status-quo"), 0
    for name in library.scenarios():
        scenario, origins = load_with_origins(name)
        for policy_name, policy in prose.added(scenario, base):
            text = policy_words.in_words(policy, base.policy.get(policy_name))
            for field in type(policy).model_fields:
                source = origins.get(f"policy.{policy_name}.{field}", "default")
                if source == "default" or field in (
                    "start",
                    "end",
                    "ramp_months",
                    "strength",
                    "enforcement",
                    *policy.idle,
                ):
                    continue
                if policy_name in base.policy and getattr(
                    base.policy[policy_name], field
                ) == getattr(policy, field):
                    continue
                assert f"{field}: " in text, (name, policy_name, field)
                seen += 1
    assert seen > 30


def test_every_lever_names_the_fields_that_define_it():
    for lever in LEVERS.values():
        assert 1 <= len(lever.main) <= 4, lever.lever
        assert set(lever.main) <= set(lever.model_fields), lever.lever


def test_a_changed_step_says_what_it_was():
    base, other = load("status-quo"), load("decouple")
    text = policy_words.in_words(other.policy["chips-2026-01"], base.policy["chips-2026-01"])
    assert "as in the reference but for: stringency: 1, not 0.6" in text
    cut_off = load("history-2023-2026").policy["cut-off-2026-06"]
    assert "(lever L2), in June 2026." in policy_words.in_words(cut_off)
    weak = other.policy["use-ban"].model_copy(update={"strength": 0.5, "enforcement": 0.25})
    assert "from January 2026, at strength 0.5, enforced to 0.25." in policy_words.in_words(weak)


def test_settings_that_all_steps_share_stand_once(study):
    rows = prose.policy_grid(study).rows
    chips = [row for row in rows if "(L3)" in row[1]]
    assert {row[0] for row in chips} == {"Status quo"}
    assert [row[1] for row in chips if row[2] == "smuggling"] == ["all 10 (L3)"]
    named = [
        name
        for row in chips
        if row[2] == "stringency"
        for name in row[1].removesuffix(" (L3)").split(", ")
    ]
    assert sorted(named) == sorted(
        name for name, policy in load("status-quo").policy.items() if policy.lever == "L3"
    )
    assert all(row[0] == load("p1-blanket").title for row in rows if "(L1)" in row[1])


def test_a_scenario_is_printed_without_what_the_reference_has():
    base = load("status-quo")
    text = reproduction.scenario_text(load("no-chip-controls"), base)
    assert "stringency" not in text
    assert "# Not here, but in status-quo: policy.chips-2026-01" in text
    for name in ("p1-blanket", "decouple", "safe-open"):
        scenario = load(name)
        own = tomllib.loads(reproduction.scenario_text(scenario, base))
        whole = base.as_table()
        tables = {
            key: {**whole.get(key, {}), **own.get(key, {})}
            for key in ("policy", "parameters", "crisis")
        }
        shared = {key: value for key, value in whole.items() if key not in LABELS}
        assert Scenario.model_validate(tuples({**shared, **own, **tables})) == scenario
    assert reproduction.scenario_text(base, base) == base.as_toml()


def tuples(table):
    """Lists as the loader gives them."""
    if isinstance(table, dict):
        return {key: tuples(value) for key, value in table.items() if value != {}}
    return tuple(table) if isinstance(table, list) else table


def test_a_policy_is_told_by_the_fields_that_act_in_this_use():
    private = policy_words.in_words(load("us-ban-private").policy["private-ban"])
    assert "compliance_private: 0.2 (" in private
    assert "compliance: " not in private
    by_name = policy_words.in_words(load("status-quo").policy["deepseek-aus-2025-02"])
    assert "labs: deepseek (" in by_name
    assert "origins: " not in by_name
    assert "compliance_private: " not in by_name
    rented = policy_words.in_words(load("rent-barred").policy["remote-access"])
    assert "stringency: " not in rented
    assert "remote_access: 1 (" in rented


def test_another_order_of_a_list_is_no_difference():
    """The blanket control names its targets in an order of its own."""
    base = load("p1-blanket")
    targets = tuple(reversed(base.policy["open-weight-control"].targets))
    turned = base.policy["open-weight-control"].model_copy(update={"targets": targets})
    other = base.model_copy(update={"policy": {**base.policy, "open-weight-control": turned}})
    assert prose.added(other, base) == []
    lighter = turned.model_copy(update={"kyc_friction": 0.05})
    text = policy_words.in_words(lighter, base.policy["open-weight-control"])
    assert "but for: kyc_friction: 0.05, not 0.15" in text


def test_values_have_units_that_are_units_and_allies_are_others():
    g7 = ("USA", "CAN", "DEU", "FRA", "GBR", "ITA", "JPN")
    gate = LEVERS["L2"](start="2026-01", allies=g7, countries=("KEN",))
    told = policy_words.in_words(gate)
    assert "allies: Canada, France, Germany, Italy, Japan and " in told
    assert "United States" not in told
    ban = LEVERS["L8"](start="2026-01", countries=("KEN",), allies=("USA",))
    assert "allies: United States (" in policy_words.in_words(ban)  # no measure of the US
    push = LEVERS["E1"](start="2026-01", openness_push=0.5)
    assert "openness_push: 0.5 (" in policy_words.in_words(push)
    duties = LEVERS["EU_GPAI"](start="2026-01")
    other = duties.model_copy(update={"open_exemption": False, "end": "2026-08"})
    text = policy_words.in_words(other, duties)
    assert "open_exemption: no (" in text
    assert "end: 2026-08, not none (" in text
