"""Every number of the model about the world: value, range, unit, bounds and source.

``low`` and ``high`` are meant as a 5-95 % range. A source that starts with "judgement" marks a number that no
published figure fixes. Parameters with ``assumed=True`` are assumed responses (scarcity spurs efficiency, backfire,
state push, hedging): findings are always computed with all of them at 0 as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sim.vocabulary import CHANNELS

LAST_YEAR = 2030
"""Growth that changes from year to year is stated up to here, and keeps its last value after it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the model.

    Attributes
    ----------
    name, unit, source, group : str
    value, low, high : float
        Start value and its 5-95 % range.
    bounds : tuple of float
        Values a scenario may set: finite, far beyond the range, and such that every run inside them is finite.
    assumed : bool
        True for assumed responses, which ``no-assumed-responses`` sets to 0.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    group: str
    bounds: tuple[float, float]
    assumed: bool = False


J = "judgement"
FIT = "prototype fitted to the targets"
SHARE = (0.0, 1.0)
POINTS = (-100.0, 400.0)
HARM = (0.0, 1e6)
FACTOR = (0.0, 20.0)


def _group(group: str, *rows: tuple[Any, ...]) -> list[Parameter]:
    """Rows (name, value, low, high, unit, source, bounds[, assumed]) of one group."""
    return [Parameter(*row[:6], group, *row[6:]) for row in rows]  # type: ignore[call-arg]


def _by_channel(
    group: str,
    name: str,
    values: tuple[float, ...],
    spread: float,
    unit: str,
    source: str,
    bounds: tuple[float, float],
) -> list[Parameter]:
    """One parameter per channel, its range the value times (1 -+ spread), cut at the bounds.

    Where the value is near 0 the range is that of a third of the largest channel's value.
    """
    least, most = bounds
    small = max(abs(v) for v in values) / 3.0
    rows = []
    for channel, v in zip(CHANNELS, values, strict=True):
        half = spread * max(abs(v), small)
        low, high = max(least, v - half), min(most, v + half)
        rows.append(Parameter(f"{name}_{channel}", v, low, high, unit, source, group, bounds))
    return rows


_ALL = [
    *_group(
        "compute",
        (
            "run_flop_2023",
            25.25,
            25.1,
            25.4,
            "log10 FLOP, largest run in 2023-01",
            "Epoch AI notable models",
            (20.0, 30.0),
        ),
        ("run_growth", 4.6, 3.8, 5.6, "factor a year to 2025", "Epoch AI notable models, 2020-2025", (1.0, 20.0)),
        ("run_growth_2030", 2.5, 1.5, 4.0, "factor a year by 2030", J, (1.0, 20.0)),
        ("compute_elasticity", 1.0, 0.4, 1.0, "OOM of run per OOM of Chinese stock relative to the US", J, (0.0, 2.0)),
        (
            "stock_row_2022",
            253_000,
            200_000,
            310_000,
            "H100-equivalents outside China, end of 2022",
            "Epoch AI chip counts (MIT)",
            (20_000, 3_000_000),
        ),
        (
            "stock_cn_2022",
            32_000,
            20_000,
            50_000,
            "H100-equivalents in China, end of 2022",
            "Epoch AI chip counts (MIT)",
            (2_000, 500_000),
        ),
        ("stock_growth_2023", 4.8, 4.0, 5.6, "factor in 2023", "Epoch AI chip counts", (1.0, 20.0)),
        ("stock_growth_2024", 3.4, 3.0, 3.8, "factor in 2024", "Epoch AI chip counts", (1.0, 20.0)),
        (
            "stock_growth_2025",
            3.1,
            2.5,
            3.7,
            "factor in 2025",
            "Epoch AI chip counts; later figures in sight",
            (1.0, 20.0),
        ),
        ("stock_growth_2030", 1.6, 1.3, 2.2, "factor a year by 2030", J, (1.0, 20.0)),
        ("buying_ahead", 1.35, 1.0, 1.8, "factor a year on Chinese purchases before November 2023", FIT, (1.0, 5.0)),
        ("domestic_2022", 15_000, 5_000, 30_000, "H100-equivalents of Chinese make, end of 2022", J, (0.0, 300_000)),
        ("domestic_growth_2023", 2.2, 1.5, 3.0, "factor a year in 2023 and 2024", J, (1.0, 10.0)),
        ("domestic_growth", 1.75, 1.3, 2.4, "factor a year from 2025", J, (1.0, 10.0)),
        (
            "domestic_substitution",
            0.0,
            0.0,
            0.4,
            "faster growth of Chinese-made chips at full control, OOM a year, beyond what growth under the law so far holds",
            "foreign encryption products 1999 (0.1-0.4 a year); judgement",
            (0.0, 2.0),
        ),
        (
            "smuggled_share",
            0.10,
            0.01,
            0.40,
            "share of the effective Chinese stock",
            "Grunewald and Fist, CNAS 2025",
            (0.0, 0.9),
        ),
        (
            "us_stock_share",
            0.88,
            0.82,
            0.92,
            "US share of the stock outside China",
            "Epoch AI GPU clusters, May 2025",
            (0.01, 1.0),
        ),
        ("reinvestment", 0.5, 0.0, 1.0, "OOM of run per log unit of revenue share", J, (0.0, 2.0)),
        ("reinvestment_cap", 0.3, 0.15, 0.5, "OOM a year", J, (0.0, 2.0)),
        ("spend_2025_usd", 30e9, 10e9, 60e9, "USD a year in market and enterprise channels, mid 2025", J, (1e6, 1e13)),
    ),
    *_group(
        "research",
        (
            "algorithmic_growth",
            0.447,
            0.255,
            0.724,
            "OOM a year at frontier labs",
            "Ho et al. 2024, arXiv 2403.05812",
            (0.0, 2.0),
        ),
        ("follower_growth", 0.75, 0.5, 1.0, "share of the frontier labs' growth elsewhere", FIT, SHARE),
        (
            "capability_2023",
            126.0,
            124.0,
            128.0,
            "index points of the frontier run in 2023-01",
            "Epoch Capabilities Index",
            POINTS,
        ),
        ("capability_slope", 12.6, 10.5, 14.5, "index points per OOM", FIT, (1.0, 40.0)),
        ("capability_noise", 2.5, 1.5, 3.5, "index points, sd", FIT, (0.0, 20.0)),
        ("public_knowledge", 0.5, 0.0, 1.0, "share of the gap to public ideas closed a year", J, (0.0, 5.0)),
        ("idea_embargo", 0.1, 0.0, 0.3, "OOM that a release holds back", J, (0.0, 2.0)),
        ("idea_opacity", 0.5, 0.2, 1.0, "OOM hidden by a release without papers, code and data", J, (0.0, 3.0)),
        ("secrecy_months", 12.0, 6.0, 18.0, "months until ideas spread by people and papers", J, (0.0, 60.0)),
        (
            "scarcity_efficiency",
            0.1,
            0.0,
            0.25,
            "OOM a year at full chip control",
            "DeepSeek-V3 against Llama 3.1; judgement",
            (0.0, 1.0),
            True,
        ),
        ("distillation", 0.5, 0.2, 0.9, "share of the gap closed a year", FIT, (0.0, 5.0)),
        ("distillation_margin", 4.0, 0.0, 8.0, "index points that distillation never closes", J, (0.0, 40.0)),
        ("distilled_fade", 0.2, 0.1, 0.4, "share of distilled gain lost a year", J, (0.0, 1.0)),
        ("distillation_elsewhere", 0.0, 0.0, 0.5, "strength at labs outside China relative to Chinese labs", J, SHARE),
    ),
    *_group(
        "release",
        ("lead_slope", 0.6, 0.0, 1.5, "utils for closing per 10 points of lead", J, (0.0, 5.0)),
        ("catchup_slope", 0.25, 0.0, 1.0, "utils for opening per 10 points behind", J, (0.0, 5.0)),
        ("market_slope", 0.35, 0.0, 1.0, "utils for closing per log10 of users", J, (0.0, 5.0)),
        ("state_push", 0.3, 0.0, 0.6, "utils for opening at Chinese labs", J, (0.0, 3.0), True),
        (
            "backfire",
            0.4,
            0.0,
            0.5,
            "utils for opening at Chinese labs per control step (0.25 of chip stringency, or control of US open weights)",
            "Jin et al. 2026, arXiv 2606.15999",
            (0.0, 3.0),
            True,
        ),
        ("backfire_months", 18.0, 12.0, 24.0, "months, e-fold", "Jin et al. 2026; judgement", (1.0, 120.0)),
        (
            "fringe_openness",
            0.73,
            0.6,
            0.85,
            "open share of releases of academic and small labs",
            "Epoch AI notable models",
            SHARE,
        ),
        ("fringe_us_2023", 28.0, 20.0, 36.0, "notable releases in 2023", "Epoch AI notable models", (0.0, 200.0)),
        ("fringe_us", 9.0, 6.0, 14.0, "notable releases a year from 2024", "Epoch AI notable models", (0.0, 200.0)),
        ("fringe_cn", 5.5, 3.0, 8.0, "notable releases a year", "Epoch AI notable models", (0.0, 200.0)),
        ("delay_cost", 0.1, 0.0, 0.3, "utils lost to a lab per month that an open release is held up", J, (0.0, 5.0)),
        ("haste_months", 3.0, 0.0, 6.0, "months by which a lab can bring an open release forward", J, (0.0, 24.0)),
        (
            "threshold_avoidance",
            2.0,
            0.0,
            6.0,
            "index points given up to be spared duties of 10 million USD a release",
            J,
            (0.0, 100.0),
        ),
        ("monetised_share", 0.5, 0.2, 0.8, "share of open releases of firms that earn money for them", J, SHARE),
        (
            "public_run_flop",
            20.7,
            20.4,
            21.0,
            "log10 FLOP that a public H100-equivalent puts into a run a month: 989 TFLOP/s at 40 % use, half the time",
            "Nvidia data sheet; judgement",
            (18.0, 23.0),
        ),
        (
            "small_variants",
            0.46,
            0.2,
            0.6,
            "share of flagships that a small variant follows",
            "Epoch AI notable models, 2022 to June 2025",
            SHARE,
        ),
        ("small_gap", 9.0, 5.0, 14.0, "index points of a small variant below its flagship", J, (0.0, 60.0)),
        ("cadence_jitter", 0.2, 0.1, 0.35, "sd of the log interval between flagships", J, (0.0, 1.0)),
    ),
    *_group(
        "leak",
        (
            "leak_hazard",
            0.5,
            0.3,
            0.9,
            "a month for gated or controlled weights",
            "PGP and LLaMA episodes; judgement",
            SHARE,
        ),
        ("theft_hazard", 0.002, 0.0005, 0.006, "a month for closed weights", J, SHARE),
        ("mirror_denial", 0.3, 0.0, 1.0, "share of a denial left once a mirror exists", J, SHARE),
    ),
    *_group(
        "use",
        ("ceiling", -5.63, -6.2, -5.0, "logit of the ceiling at GDP per head of 1 USD, mid 2025", FIT, (-20.0, 10.0)),
        (
            "income_elasticity",
            0.454,
            0.40,
            0.51,
            "logit per log GDP per head",
            "regression on Microsoft AI Diffusion, H1 2025",
            (0.0, 2.0),
        ),
        (
            "ceiling_sd",
            0.39,
            0.34,
            0.46,
            "logit, sd of countries without a figure",
            "regression on Microsoft AI Diffusion",
            (0.0, 2.0),
        ),
        ("ceiling_growth", 0.18, 0.08, 0.25, "logit a year", FIT + "; later figures in sight", (-1.0, 2.0)),
        ("bass_p", 0.23, 0.1, 0.3, "a year", FIT, (0.0, 5.0)),
        ("bass_q", 1.65, 1.2, 2.0, "a year", FIT, (0.0, 10.0)),
        ("use_2023", 0.01, 0.005, 0.02, "share of people in 2023-01", J, (1e-6, 0.5)),
    ),
    *_group(
        "choice",
        ("capability_weight", 0.23, 0.15, 0.31, "utils per index point at the steepest", FIT, (0.0, 2.0)),
        ("capability_width", 7.5, 5.0, 11.0, "index points", FIT, (1.0, 50.0)),
        ("capability_need", 121.0, 117.0, 125.0, "index points that tasks ask for in 2023-01", FIT, POINTS),
        ("capability_need_growth", 4.0, 0.0, 8.0, "index points a year", FIT, (-10.0, 30.0)),
        ("openness_weight", 1.5, 1.0, 2.0, "utils for a fully open release", FIT, (0.0, 10.0)),
        (
            "price_weight",
            0.2,
            0.06,
            0.4,
            "utils per log unit of price",
            "State of AI 2025, arXiv 2601.10088; judgement",
            (0.0, 3.0),
        ),
        ("price_growth", 0.0, 0.0, 3.0, "growth of the market channel's price weight a year from 2025", J, (0.0, 10.0)),
        (
            "price_income",
            0.3,
            0.0,
            0.6,
            "rise of price weight per 1.5 log units below 9.5 of GDP per head",
            J,
            (0.0, 2.0),
        ),
        ("home_weight", 1.2, 0.6, 1.8, "utils for a lab of one's own country", FIT, (-5.0, 10.0)),
        ("alignment_weight", 0.0, -1.5, 1.5, "utils per unit of alignment match", "weakly identified", (-5.0, 5.0)),
        ("security_weight", 0.8, 0.0, 1.5, "utils per unit of perceived risk at full concern", J, (0.0, 5.0)),
        ("perceived_risk_cn", 1.0, 0.5, 1.5, "perceived risk of Chinese releases at the start", J, (0.0, 5.0)),
        ("reliability_weight", 2.0, 0.0, 4.0, "utils per unit of fear of a cut-off (hedging)", J, (0.0, 10.0), True),
        ("familiarity_us", 0.6, 0.4, 0.8, "familiarity of US families at the start", J, SHARE),
        ("familiarity_cn", 0.1, 0.002, 0.15, "familiarity of Chinese families at the start", J, SHARE),
        ("familiarity_other", 0.3, 0.1, 0.5, "familiarity of other families at the start", J, SHARE),
        ("familiarity_base", 0.1, 0.02, 0.3, "a year", FIT, (0.0, 5.0)),
        ("familiarity_use", 5.0, 2.0, 8.0, "a year per unit of share", FIT, (0.0, 50.0)),
        ("familiarity_record", 0.05, 0.0, 0.15, "per open release that sets a record", FIT, SHARE),
        ("novelty_weight", 1.0, 0.5, 2.0, "utils at release", FIT, (0.0, 10.0)),
        ("novelty_months", 3.0, 2.0, 5.0, "months, e-fold", J, (0.1, 60.0)),
        ("network_weight", 0.6, 0.4, 0.8, "utils per log unit of installed base", J, (0.0, 5.0)),
        ("network_scale", 50.0, 20.0, 100.0, "inside the logarithm", J, (0.0, 1000.0)),
        (
            "peer_weight",
            0.5,
            0.0,
            1.0,
            "utils for a family that all graph neighbours use (from 20,000 adopters)",
            J,
            (0.0, 5.0),
        ),
        (
            "breadth_weight",
            1.3,
            0.8,
            1.8,
            "utils per log of one plus open releases in 12 months, developers",
            FIT,
            (0.0, 5.0),
        ),
        ("taste_family_sd", 0.5, 0.3, 0.7, "utils, sd over adopters", J, (0.0, 5.0)),
        ("taste_country_sd", 0.45, 0.3, 0.6, "utils, sd over countries, Chinese origin", FIT, (0.0, 5.0)),
        ("newcomers", 0.02, 0.01, 0.04, "share of the panel a month that chooses without inertia", J, SHARE),
        ("access_restricted", -2.0, -3.0, -0.3, "log access to US services in restricted countries", J, (-12.0, 0.0)),
        ("access_us_in_china", -5.0, -8.0, -3.0, "log access to US services in China", J, (-20.0, 0.0)),
        ("capacity_floor", 0.3, 0.1, 0.5, "own capacity of the poorest country (richest 1)", J, SHARE),
        ("gate_friction", 1.0, 0.3, 2.0, "utils lost to the checks of gated access", J, (0.0, 10.0)),
        (
            "price_fall",
            10.0,
            3.0,
            30.0,
            "fall of the price of a given capability, factor a year",
            "Epoch AI price trends; judgement",
            (1.0, 1000.0),
        ),
        (
            "price_points",
            14.0,
            10.5,
            17.0,
            "index points that the frontier gains while price falls by that factor",
            "Epoch Capabilities Index",
            (1.0, 60.0),
        ),
        (
            "open_price",
            0.2,
            0.10,
            0.35,
            "hosted open price relative to the closed leader",
            "Nagle and Yue 2025: 0.13; CAISI 2025 up to 1.5",
            (0.01, 3.0),
        ),
        ("open_revenue", 0.15, 0.05, 0.3, "share of hosted open spending that reaches the lab", J, SHARE),
        (
            "china_downloads",
            0.3,
            0.0,
            1.0,
            "weight of China in hub downloads",
            "the main Chinese hub is not counted",
            SHARE,
        ),
        ("china_tokens", 0.0, 0.0, 0.3, "weight of China in router tokens", J, SHARE),
    ),
    *_by_channel(
        "choice", "capability_factor", (1, 1, 1.3, 0.8, 1), 0.3, "multiplier of the capability term", FIT, FACTOR
    ),
    *_by_channel(
        "choice", "need_offset", (0, 4, 6, -4, 0), 0.5, "index points added to what tasks ask for", FIT, (-100.0, 100.0)
    ),
    *_by_channel(
        "choice", "openness_factor", (0, 0.2, 0.2, 1, 0.2), 0.5, "multiplier of the openness term", FIT, FACTOR
    ),
    *_by_channel("choice", "price_factor", (0.3, 1, 0.3, 0, 0.2), 0.5, "multiplier of the price term", FIT, FACTOR),
    *_by_channel("choice", "security_factor", (1, 0.5, 1.5, 0.4, 3), 0.5, "multiplier of concern", J, FACTOR),
    *_by_channel("choice", "novelty_factor", (0.5, 1, 0.3, 1, 0.2), 0.5, "multiplier of the novelty term", J, FACTOR),
    *_by_channel(
        "choice",
        "access_factor",
        (1, 0.5, 1, 0, 1),
        0.3,
        "multiplier of log access (third-party hosts, downloads)",
        J,
        FACTOR,
    ),
    *_by_channel(
        "choice",
        "review",
        (0.15, 0.5, 0.08, 1, 0.05),
        0.4,
        "probability a month",
        "Menlo Ventures 2025 for enterprise; judgement",
        SHARE,
    ),
    *_by_channel(
        "choice",
        "inertia",
        (1.5, 0.5, 2.1, 0, 2.1),
        0.4,
        "utils lost when the family changes",
        "Menlo Ventures 2025 for enterprise; judgement",
        (0.0, 20.0),
    ),
    *_by_channel("choice", "mix", (0.3, 0.2, 0.25, 0.15, 0.1), 0.5, "weight in the mix of channels", J, (0.0, 100.0)),
    *_by_channel("audit", "criticality", (1, 2, 2, 2, 5), 0.5, "weight of a compromised use", J, (0.0, 100.0)),
    *_group(
        "build",
        ("application_slope", 0.03, 0.01, 0.06, "log value per index point", J, (0.0, 0.5)),
        ("application_reference", 120.0, 115.0, 125.0, "index points at which an application is worth 1", J, POINTS),
        ("derivative_decay", 0.07, 0.04, 0.12, "share of the derivative stock a month", J, SHARE),
    ),
    *_group(
        "misuse",
        ("attempts", 31.0, 15.0, 60.0, "attempts a month that would be reported, at 10 % use", FIT, (0.0, 300.0)),
        ("attempts_use_exponent", 0.5, 0.2, 0.8, "elasticity of attempts with AI use", J, (0.0, 2.0)),
        ("automation", 0.0, 0.0, 0.2, "growth of attempts a year", J, (-0.5, 0.5)),
        ("route_weight", 6.0, 3.0, 12.0, "utils per unit of expected success", J, (0.0, 50.0)),
        ("threshold_fraud", 116.0, 111.0, 121.0, "index points", FIT, POINTS),
        ("threshold_influence", 120.0, 115.0, 125.0, "index points", J, POINTS),
        ("threshold_military", 142.0, 135.0, 149.0, "index points", J, POINTS),
        ("threshold_cyber", 146.0, 139.0, 153.0, "index points", J, POINTS),
        ("threshold_chem_bio", 170.0, 160.0, 180.0, "index points", J, POINTS),
        ("success_slope", 14.0, 8.0, 16.0, "index points", FIT, (1.0, 60.0)),
        ("no_model_capability", 100.0, 95.0, 105.0, "index points that search and hand work are worth", J, POINTS),
        ("strip_cost", 200.0, 50.0, 2000.0, "USD", "Gade et al. 2023, arXiv 2311.00117", (0.0, 1e7)),
        ("refusal", 0.92, 0.8, 0.98, "share refused under jailbreak, outside China", "CAISI 2025", SHARE),
        ("refusal_cn", 0.06, 0.01, 0.25, "share refused under jailbreak, Chinese releases", "CAISI 2025", SHARE),
        ("detection", 0.1, 0.03, 0.3, "probability that an attempt on a service ends in a ban", J, SHARE),
        ("ban_months", 6.0, 2.0, 12.0, "months", J, (0.0, 120.0)),
        ("gate_pass", 0.3, 0.1, 0.6, "probability to pass an identity check", J, SHARE),
        ("defence_ceiling", 0.5, 0.3, 0.7, "share of attempts stopped at full defence", J, SHARE),
        ("defence_growth", 1 / 3, 0.15, 0.6, "a year under the law of 2023", J, (0.0, 5.0)),
        ("defence_audits", 0.3, 0.0, 1.0, "faster defence per unit of use on audited releases", J, (0.0, 10.0)),
        ("severity_sd", 1.5, 1.0, 2.5, "log sd of harm", J, (0.0, 5.0)),
        ("harm_fraud", 1.0, 0.3, 3.0, "mean harm", J, HARM),
        ("harm_influence", 3.0, 1.0, 9.0, "mean harm", J, HARM),
        ("harm_military", 10.0, 3.0, 30.0, "mean harm", J, HARM),
        ("harm_cyber", 10.0, 3.0, 30.0, "mean harm", J, HARM),
        ("harm_chem_bio", 300.0, 50.0, 3000.0, "mean harm", J, HARM),
    ),
    *_group(
        "audit",
        ("compromise", 0.03, 0.005, 0.1, "probability per open release", J, SHARE),
        ("compromise_premium", 0.0, 0.0, 0.1, "more for releases of Chinese origin", J, SHARE),
        ("clean_effect", 0.5, 0.2, 1.0, "fall of perceived risk after a clean public audit", J, (0.0, 5.0)),
        ("flagged_effect", 2.0, 1.0, 3.0, "rise of perceived risk after a finding", J, (0.0, 10.0)),
        (
            "file_level",
            0.5,
            0.2,
            0.8,
            "share of compromises that sit in a file and not in the weights",
            "Protect AI 2025 (3.7 % of repositories); judgement",
            SHARE,
        ),
        ("credulity", 0.0, 0.0, 1.0, "0: a clean result counts by the audit's power; 1: it counts in full", J, SHARE),
    ),
    *_group(
        "trust",
        (
            "trust_penalty",
            0.05,
            0.0,
            0.15,
            "loss of trust per event met",
            "June 2026 episode (range); judgement",
            SHARE,
        ),
        ("trust_half_life", 24.0, 12.0, 36.0, "months", J, (1.0, 240.0)),
        ("measurement_noise", 3.0, 1.5, 4.5, "index points, sd", J, (0.0, 30.0)),
        ("measurement_bias_cn", 0.0, 0.0, 5.0, "index points added to Chinese releases", J, (-20.0, 20.0)),
        ("review_months", 6.0, 3.0, 12.0, "months between a government's reviews", J, (1.0, 60.0)),
    ),
]

PARAMETERS: dict[str, Parameter] = {p.name: p for p in _ALL}


def values(changes: Mapping[str, float] | None = None) -> SimpleNamespace:
    """All parameters as attributes, with ``changes`` in place of start values.

    Raises
    ------
    KeyError
        If a name in ``changes`` is no parameter.
    """
    changes = dict(changes or {})
    unknown = sorted(set(changes) - set(PARAMETERS))
    if unknown:
        raise KeyError(f"unknown parameters: {', '.join(unknown)}")
    return SimpleNamespace(**{name: float(changes.get(name, p.value)) for name, p in PARAMETERS.items()})


def by_channel(parameters: SimpleNamespace, name: str) -> list[float]:
    """The five values of a parameter that has one per channel, in channel order."""
    return [getattr(parameters, f"{name}_{channel}") for channel in CHANNELS]
