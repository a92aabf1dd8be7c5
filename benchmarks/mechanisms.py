"""What switches each mechanism of the model off: values at which its term vanishes.

A mechanism is named in the words of docs/explanation/model.md and stands in the section given.
What has no such values is not here: the leaning of labs to their origin's mean and the line of
capability's worth are numbers of the code, and without ceilings or needs there is no model left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sim.sweep.design import ASSUMED_OFF
from sim.vocabulary import CHANNELS


class Mechanism(NamedTuple):
    """A mechanism, and how it is switched off.

    Attributes
    ----------
    name : str
        In the words of the model's page.
    section : str
        Of the model's page.
    neutral : dict of str to float
        Values of parameters at which its term vanishes.
    """

    name: str
    section: str
    neutral: Mapping[str, float]


def every(stem: str, value: float) -> dict[str, float]:
    """Return a value for the parameter of every channel."""
    return {f"{stem}_{channel}": value for channel in CHANNELS}


def all_at(value: float, *names: str) -> dict[str, float]:
    """Return one value for several parameters."""
    return dict.fromkeys(names, value)


MECHANISMS = (
    Mechanism("hubs hardly see China", "2", all_at(1, "china_downloads", "china_tokens")),
    Mechanism("Chinese runs follow chips", "7.2", {"compute_elasticity": 0}),
    Mechanism("smuggled chips", "7.2", {"smuggled_share": 0}),
    Mechanism("buying ahead of controls", "7.2", {"buying_ahead": 1}),
    Mechanism("chips of Chinese make", "5", {"domestic_2022": 0}),
    Mechanism("substitution of chips", "7.2", {"domestic_substitution": 0}),
    Mechanism("runs follow revenue", "7.2", {"reinvestment": 0}),
    Mechanism("public knowledge", "7.3", {"public_knowledge": 0}),
    Mechanism("secrecy", "7.3", {"secrecy_months": 0}),
    Mechanism("ideas that releases hold back", "7.3", all_at(0, "idea_embargo", "idea_opacity")),
    Mechanism("distillation", "7.3", {"distillation": 0}),
    Mechanism("fade of what is distilled", "7.3", {"distilled_fade": 0}),
    Mechanism("followers progress more slowly", "7.3", {"follower_growth": 1}),
    Mechanism("noise of releases", "7.3", {"capability_noise": 0}),
    Mechanism("scarcity spurs efficiency", "7.3", {"scarcity_efficiency": 0}),
    Mechanism("who leads closes", "7.4", {"lead_slope": 0}),
    Mechanism("who is behind opens", "7.4", {"catchup_slope": 0}),
    Mechanism("a larger market closes", "7.4", {"market_slope": 0}),
    Mechanism("the Chinese state pushes to open", "7.4", {"state_push": 0}),
    Mechanism("small variants", "7.4", {"small_variants": 0}),
    Mechanism("jitter of cadence", "7.4", {"cadence_jitter": 0}),
    Mechanism("fringe labs", "7.4", all_at(0, "fringe_us_2023", "fringe_us", "fringe_cn")),
    Mechanism("backfire of controls", "7.1", {"backfire": 0}),
    Mechanism("leaks", "7.5", {"leak_hazard": 0}),
    Mechanism("compromise", "7.6", all_at(0, "compromise", "compromise_premium")),
    Mechanism("growth of ceilings", "7.7", {"ceiling_growth": 0}),
    Mechanism("users bring users", "7.7", {"bass_q": 0}),
    Mechanism("capability", "7.8", {"capability_weight": 0}),
    Mechanism("need grows", "7.8", {"capability_need_growth": 0}),
    Mechanism("openness", "7.8", {"openness_weight": 0}),
    Mechanism("own capacity differs", "7.8", {"capacity_floor": 1}),
    Mechanism("price", "7.8", {"price_weight": 0}),
    Mechanism("price weighs more in poor countries", "7.8", {"price_income": 0}),
    Mechanism("price weighs more from 2025", "7.8", {"price_growth": 0}),
    # The least that is allowed: below it lies hardly any release on offer.
    Mechanism("floor of price", "7.8", {"price_floor": 0.0001}),
    Mechanism("novelty", "7.8", {"novelty_weight": 0}),
    # At 1 the term is the same for all, and stays so.
    Mechanism(
        "familiarity", "5", all_at(1, "familiarity_us", "familiarity_cn", "familiarity_other")
    ),
    Mechanism(
        "familiarity grows",
        "7.8",
        all_at(0, "familiarity_base", "familiarity_use", "familiarity_record"),
    ),
    Mechanism("a lab of one's own country", "7.8", {"home_weight": 0}),
    Mechanism("network", "7.8", {"network_weight": 0}),
    Mechanism("breadth", "7.8", {"breadth_weight": 0}),
    Mechanism("perceived risk", "7.8", {"security_weight": 0}),
    Mechanism("audits move perceived risk", "7.8", all_at(0, "clean_effect", "flagged_effect")),
    Mechanism("hedging against a cut-off", "7.8", {"reliability_weight": 0}),
    Mechanism("alignment", "7.8", {"alignment_weight": 0}),
    # Rows of the table that say 0 stay: their labs have nothing on offer there.
    Mechanism(
        "reach (who serves whom)",
        "9",
        all_at(
            0, "access_restricted", "access_us_in_china", "reach_no_assistant", "reach_cn_abroad",
            "reach_cn_home", "reach_small_labs",
        ),
    ),
    Mechanism("tastes", "7.8", all_at(0, "taste_country_sd", "taste_family_sd")),
    Mechanism("inertia", "7.8", every("inertia", 0)),
    Mechanism("rare reviews", "7.8", every("review", 1)),
    Mechanism("newcomers", "7.8", {"newcomers": 0}),
    Mechanism("lag of derivatives", "7.9", {"derivative_months": 0}),
    Mechanism("decay of derivatives", "7.9", {"derivative_decay": 0}),
    Mechanism("refusals", "7.10", all_at(0, "refusal", "refusal_cn")),
    Mechanism("bans of accounts", "7.10", {"detection": 0}),
    Mechanism("cost of stripping", "7.10", {"strip_cost": 0}),
    Mechanism("routes chosen by success", "7.10", {"route_weight": 0}),
    Mechanism("defence", "7.10", {"defence_ceiling": 0}),
    Mechanism("audits speed up defence", "7.10", {"defence_audits": 0}),
    Mechanism("attempts grow with use", "7.10", {"attempts_use_exponent": 0}),
    Mechanism("automation of attempts", "7.10", {"automation": 0}),
    Mechanism("loss of trust", "7.11", {"trust_penalty": 0}),
    Mechanism("all assumed responses", "9", ASSUMED_OFF),
)  # fmt: skip
"""All of them, in the order of the model's page."""
