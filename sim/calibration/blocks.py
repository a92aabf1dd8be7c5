"""Blocks of the calibration: which parameters which targets can speak of.

Blocks hardly share parameters, so each has an emulator of its own, and joint candidates are put
together from them; what they do share is caught by the verification, which runs the whole model.
Parameters that no target speaks of keep their range.
"""

from __future__ import annotations

from typing import NamedTuple


class Block(NamedTuple):
    """Targets, and the parameters that move them."""

    targets: tuple[str, ...]
    parameters: tuple[str, ...]


BLOCKS = {
    "use": Block(
        ("C05", "C07"),
        ("ceiling", "income_elasticity", "ceiling_growth", "bass_p", "bass_q", "use_2023"),
    ),
    "chips": Block(
        ("C13", "C14", "C15"),
        (
            "stock_row_2022", "stock_cn_2022", "stock_growth_2023", "stock_growth_2024",
            "stock_growth_2025", "domestic_2022", "domestic_growth_2023", "domestic_growth",
            "smuggled_share",
        ),
    ),
    "releases": Block(
        ("C01", "C02", "C03", "C10", "C11", "C12", "C27"),
        (
            "run_growth", "algorithmic_growth", "follower_growth", "capability_2023",
            "capability_slope", "capability_noise", "public_knowledge", "idea_opacity",
            "secrecy_months", "distillation", "lead_slope", "catchup_slope", "market_slope",
            "fringe_openness", "fringe_us_2023", "fringe_us", "fringe_cn", "state_push",
        ),
    ),
    "choice": Block(
        ("C16", "C18", "C19", "C23", "C24", "C25", "C26"),
        (
            "capability_weight", "capability_width", "capability_need", "capability_need_growth",
            "openness_weight", "price_weight", "price_growth", "price_fall", "price_floor",
            "open_price", "price_factor_market", "price_factor_enterprise",
            "capability_factor_market", "capability_factor_enterprise",
            "capability_factor_developer", "need_offset_market", "need_offset_enterprise",
            "openness_factor_market", "openness_factor_enterprise", "security_weight",
            "perceived_risk_cn", "familiarity_us", "familiarity_cn", "familiarity_base",
            "familiarity_use", "novelty_weight", "network_weight", "breadth_weight",
            "taste_family_sd", "review_market", "review_enterprise", "review_developer",
            "inertia_market", "inertia_enterprise", "china_downloads", "china_tokens",
            "derivative_months", "derivative_decay", "reach_cn_abroad", "reach_small_labs",
        ),
    ),
    "misuse": Block(
        ("C21", "C22"),
        (
            "attempts", "attempts_use_exponent", "automation", "success_slope",
            "threshold_fraud", "threshold_influence", "no_model_capability", "detection",
            "defence_growth",
        ),
    ),
}  # fmt: skip
FITTED = tuple(name for block in BLOCKS.values() for name in block.parameters)
"""All parameters that are fitted, in the order of the blocks."""
