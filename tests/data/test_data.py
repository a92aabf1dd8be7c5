"""The tables of labs, releases, chips, targets and signs: complete and consistent."""

from __future__ import annotations

import pytest

from sim import data
from sim.months import month_index

EARLIEST = -12  # 2022-01
LAST = 29  # 2025-06


def open_share(group: str, first: int, last: int) -> tuple[int, float]:
    """Number and open-weight share of the notable rows of a country group within months."""
    rows = [
        r for r in data.releases() if r.notable and r.group == group and first <= r.month <= last
    ]
    return len(rows), sum(r.weights for r in rows) / len(rows)


# labs and releases


def test_labs_are_firms_and_two_fringes() -> None:
    labs = data.labs()
    assert 25 <= sum(lab.kind == "firm" for lab in labs) <= 28
    assert {lab.slug: lab.origin for lab in labs if lab.kind == "fringe"} == {
        "us_fringe": "US",
        "cn_fringe": "CN",
    }
    for lab in labs:
        assert lab.origin == {"USA": "US", "CHN": "CN"}.get(lab.home, "other")
        assert lab.frontier == (lab.run_offset >= -0.5)
    assert max(lab.run_offset for lab in labs) == 0


def test_releases_lie_in_the_window_and_are_sorted() -> None:
    releases = data.releases()
    keys = [(r.month, r.lab, r.name) for r in releases]
    assert keys == sorted(keys)
    assert min(r.month for r in releases) == EARLIEST
    assert max(r.month for r in releases) == LAST
    assert {r.lab for r in releases} <= {lab.slug for lab in data.labs()}


def test_release_components_follow_from_the_mode() -> None:
    for release in data.releases():
        is_open = release.mode in ("open_weights", "open_source")
        assert release.weights == float(is_open), release.name
        assert (release.licence > 0) == (release.code > 0) == (release.data > 0) == is_open, (
            release.name
        )
        assert (release.licence == 1) == (release.mode == "open_source"), release.name
        assert release.usable or release.capability is None, release.name
        assert release.notable or release.capability is not None, release.name


def test_well_known_releases() -> None:
    by_name = {(r.lab, r.name): r for r in data.releases()}
    llama = by_name["meta", "Llama 3.1-405B"]
    assert (llama.month, llama.mode, llama.size, llama.licence) == (
        18,
        "open_weights",
        "flagship",
        0.5,
    )
    assert by_name["meta", "Llama 3.1-8B"].size == "small"
    r1 = by_name["deepseek", "DeepSeek-R1"]
    assert (r1.month, r1.mode, r1.capability, r1.log_flop) == (24, "open_source", 139.7, 24.54)
    assert by_name["openai", "GPT-4 (Mar 2023)"].mode == "api"
    assert by_name["openai", "o3"].month == 27


def test_openness_targets_follow_from_the_table() -> None:
    target = {t.id: t.value for t in data.targets()}
    count, share = open_share("US", 0, 11)
    assert count == 83
    assert share == pytest.approx(target["C10"], abs=0.001)
    count, share = open_share("US", 12, 23)
    assert count == 53  # two of 55 are dated by their scored version of 2025
    assert share == pytest.approx(target["C11"], abs=0.02)
    count, share = open_share("CN", 0, 23)
    assert count == 51
    assert share == pytest.approx(target["C12"], abs=0.001)


def test_a_flagship_stands_for_the_notable_models_of_its_lab_in_the_record() -> None:
    rows = [r for r in data.releases() if r.lab == "google" and r.notable and r.month >= 0]
    google = next(lab for lab in data.labs() if lab.slug == "google")
    months = 30 - google.first_month
    flagships = months / google.cadence_months
    assert data.notable_per_flagship()["google"] * flagships == pytest.approx(len(rows))
    assert data.notable_per_flagship()["minimax"] == 0.0


def test_fringe_size_in_the_record() -> None:
    rows = [r for r in data.releases() if r.lab == "us_fringe" and r.notable and 0 <= r.month <= 11]
    assert len(rows) == 28


# chips, targets, signs


def test_steps_of_policy_say_what_is_held_and_what_is_not() -> None:
    steps = data.policy_timeline()
    assert steps[0].date == "2022-10-07"
    assert steps[0].settings == (("stringency", "0.5"),)
    assert {step.checked for step in steps} == {"official text", "secondary copy", "reported"}
    left_out = [step for step in steps if not step.policy]
    assert left_out
    assert all(step.lever == "" and step.settings == () for step in left_out)
    assert all(step.modelled.startswith(("not held", "held through")) for step in left_out)


def test_chip_stocks_give_the_targets() -> None:
    target = {t.id: t.value for t in data.targets()}
    stock = {(s.owner, s.date): s.h100e for s in data.chip_stocks()}
    for name, date in (("C13", "2023-09-30"), ("C14", "2024-12-31")):
        china, rest = stock["CN", date], stock["rest_of_world", date]
        assert china / (china + rest) == pytest.approx(target[name], abs=0.001)
    for owner in data.CHIP_OWNERS:
        series = [s.h100e for s in data.chip_stocks() if s.owner == owner]
        assert len(series) == 14
        assert series == sorted(series)


def test_targets_have_their_range() -> None:
    targets = data.targets()
    assert sum(t.role == "target" for t in targets) == 24
    assert all(t.low <= t.value <= t.high and t.low < t.high for t in targets)


def test_paper_signs() -> None:
    signs = data.paper_signs()
    assert signs["p1-blanket", "progress_specific"] == "--"
    assert signs["p1-blanket", "global_power"] == "-"
    assert ("p1-blanket", "backdoors") not in signs
    assert {policy for policy, _ in signs} == {
        "p1-blanket",
        "p2-risk-assessment",
        "p3-government-audits",
        "p4-audit-repository",
    }
    signs.clear()
    assert len(data.paper_signs()) == 12


@pytest.mark.parametrize(
    ("target", "quantity", "first", "last"),
    [
        ("C05", "users-world", "2025-01", "2025-06"),
        ("C15", "clusters-cn", "2025-05", "2025-05"),
        ("C16", "downloads-cn-of-both", "2024-09", "2025-08"),
        ("C18", "router-cn", "2025-01", "2025-01"),
        ("C19", "router-cn", "2025-06", "2025-06"),
        ("C21", "incidents", "2023-01", "2023-12"),
        ("C22", "incidents", "2024-01", "2024-12"),
        ("C23", "derivative-ratio", "2024-06", "2024-06"),
        ("C24", "derivative-ratio", "2024-12", "2024-12"),
        ("C26", "enterprise-open", "2024-01", "2024-12"),
        ("enterprise-2023", "enterprise-open", "2023-01", "2023-12"),
        ("qwen-2024-01", "derivatives-alibaba", "2024-01", "2024-01"),
    ],
)
def test_the_record_says_what_the_targets_say(
    target: str, quantity: str, first: str, last: str
) -> None:
    inside = (month_index(first), month_index(last))
    points = [
        point.value
        for point in data.record()
        if point.quantity == quantity and inside[0] <= point.first and point.last <= inside[1]
    ]
    found = next(t for t in data.targets() if t.id == target)
    scale = 100.0 if found.unit == "percent" else 1.0
    assert scale * sum(points) == pytest.approx(found.value, rel=0.01)


def test_no_window_of_the_record_ends_after_june_2025_but_the_one_of_c16() -> None:
    late = {point.quantity for point in data.record() if point.last > LAST}
    assert late == {"downloads-cn-of-both"}
