"""The page of parameters: what a scenario sets, what the code fixes, and what follows from both."""

from __future__ import annotations

import math

from docs.tables import code, number, page, span, table
from sim.model import panel_sizes
from sim.model.agents import adopters, lab_records, malicious
from sim.model.catalogue import CANDIDATES
from sim.model.kernels import choice
from sim.model.kernels.market import MAX_ALIVE
from sim.model.parameters import DEFAULTS, PARAMETERS, Parameter
from sim.model.releases import THEFT_WINDOW, revealed
from sim.model.world import HANDOVER
from sim.months import month_name
from sim.vocabulary import DOMAINS, MODES, OPEN_WEIGHTS

GROUPS = {
    "compute": "Chip stocks and training runs",
    "research": "Efficiency and capability",
    "release": "Releases and their mode",
    "leak": "Leaks and mirrors",
    "use": "How many use AI",
    "choice": "Which release they choose",
    "build": "Applications and derivatives",
    "misuse": "Misuse",
    "audit": "Compromise and audits",
    "trust": "Trust and measurement",
    "compliance": "Who obeys, where that is chosen",
}

FIXED: dict[str, dict[str, str | float]] = {
    "world": {"First generated month": month_name(HANDOVER)},
    "releases": {"Months in which a closed release may be stolen": THEFT_WINDOW},
    "catalogue": {"Candidates of a family and mode (newest, and the most capable)": CANDIDATES},
    "kernels/market": {"Alternatives (family, mode) alive at most": MAX_ALIVE},
    "kernels/choice": {
        "Neighbours of an adopter": choice.NEIGHBOURS,
        "Share of neighbours drawn from the whole panel": round(float(choice.REWIRED), 6),
    },
    "agents/adopters": {
        "Months without a release after which an alternative may be retired": adopters.RETIRE_AFTER,
        "Share of the panel below which it is retired then": adopters.RETIRE_BELOW,
        "Adopters per country and channel, at least": panel_sizes.LEAST_PER_CELL,
        "Levels of a taste": len(adopters.TASTES),
        "Adopters from which neighbours count": adopters.GRAPH_FROM,
    },
    "agents/malicious": {
        "Skill of malicious actors, sd within a kind (points)": malicious.SKILL_SD
    },
}
"""Constants that a scenario cannot change: module, what it is, value."""


def parameters_page() -> str:
    """Every parameter, the numbers fixed in the code, and what follows from both."""
    intro = (
        "Every number about the world that a scenario may change, by group, as it stands in "
        "`sim/data/parameters.csv`. *Default* is what a run takes: the central draw of the "
        "[calibration](../explanation/calibration.md), or the middle of the range of what it does "
        "not fit. *50, 5–95 %* is the range the value was thought to lie in before it, "
        "*allowed* what a scenario may set. A source that says *judgement* marks a number that no "
        "published figure fixes. *Prototype fitted to the targets* marks a start value found with "
        "an earlier, simpler program on the targets of [validation](../explanation/validation.md). "
        "What each one does is in "
        "[the model](../explanation/model.md), under the *phase* in which it acts.\n\n"
        "A scenario file sets them in its `[parameters]` table, the command line with "
        "`--set parameters.NAME=VALUE`. **A** marks an assumed response: the assumption set "
        "`no-assumed-responses` puts it to 0, and every comparison is run that way as well."
    )
    sections = []
    for group, title in GROUPS.items():
        rows = [parameter_row(p) for p in PARAMETERS.values() if p.group == group]
        heads = ("Parameter", "Default", "50, 5–95 %", "Allowed", "Unit", "Phase", "Source", "")
        sections.append(f"## {title}\n\n{table(heads, rows)}")
    unknown = {p.group for p in PARAMETERS.values()} - set(GROUPS)
    if unknown:
        raise ValueError(f"groups without a title: {sorted(unknown)}")
    return page("Parameters", intro, *sections, *fixed_numbers(), derived_numbers())


def parameter_row(p: Parameter) -> list[str]:
    """One row of a parameter table."""
    range_of = f"{number(p.median)}, {span(p.low, p.high)}"
    numbers = number(DEFAULTS[p.name]), range_of, span(*p.bounds)
    return [code(p.name), *numbers, p.unit, code(p.phase), p.source, "A" if p.assumed else ""]


def parameter_values() -> str:
    """The module that gives each parameter its type: a misspelt one is found before a run."""
    lines = (
        (
            '"""The parameters of a world, by name. '
            'Written by `make docs` from sim/data/parameters.csv."""'
        ),
        "",
        "",
        "class ParameterValues:",
        '    """One number for each parameter; `sim.model.parameters.values` fills it."""',
        "",
        *(f"    {name}: float" for name in PARAMETERS),
    )
    return "\n".join(lines) + "\n"


def fixed_numbers() -> list[str]:
    """Judgements and sizes that are constants of the code."""
    rows = [
        (what, value if isinstance(value, str) else number(value), f"`sim/model/{where}.py`")
        for where, constants in FIXED.items()
        for what, value in constants.items()
    ]
    kinds = [actor_row(kind) for kind in malicious.ACTORS]
    heads = ("Kind", "Agents", "Skill", "Budget", *DOMAINS, "Homes")
    firms, fringe = lab_records.COMPONENTS, lab_records.FRINGE_COMPONENTS
    parts = [
        (who, code(MODES[mode]), *map(number, components))
        for who, components_of in (("firms", firms), ("fringe labs", fringe))
        for mode, components in components_of.items()
    ]
    return [
        "## Numbers fixed in the code",
        "Sizes of the machinery and judgements that a scenario cannot change.",
        table(("What", "Value", "Where"), rows),
        (
            "Malicious actors: skill in index points, median budget in USD a month, "
            "share of attempts by domain."
        ),
        table(heads, kinds),
        "Openness of generated releases, 0 to 1. Recorded releases carry their own values.",
        table(("Labs", "Mode", "weights", "data", "code", "licence"), parts),
    ]


def actor_row(kind: malicious.Kind) -> list[str]:
    """One row of the table of malicious actors."""
    numbers = kind.agents, kind.skill, kind.budget, *kind.domains
    return [code(kind.name), *map(number, numbers), ", ".join(kind.homes) or "drawn by people"]


def derived_numbers() -> str:
    """What the defaults imply and the page of the model speaks of."""
    v = DEFAULTS
    early, late = (
        v["capability_slope"] * (math.log10(v[name]) + v["algorithmic_growth"])
        for name in ("run_growth", "run_growth_2030")
    )
    firms, fringe = (
        v["idea_embargo"] + v["idea_opacity"] * (1.0 - revealed(components[OPEN_WEIGHTS]))
        for components in (lab_records.COMPONENTS, lab_records.FRINGE_COMPONENTS)
    )
    secret = v["algorithmic_growth"] * v["secrecy_months"] / 12.0
    rows = [
        ("Frontier gain in 2023 and 2024, without catching up", f"{early:.1f} points a year"),
        ("Frontier gain in 2030, without catching up", f"{late:.1f} points a year"),
        ("Rise of what tasks ask for", f"{v['capability_need_growth']:g} points a year"),
        ("Efficiency that open weights of a firm hold back", f"{firms:.2f} OOM"),
        ("Efficiency that open weights of a fringe lab hold back", f"{fringe:.2f} OOM"),
        ("Head start of the most efficient lab that nobody shares", f"{secret:.2f} OOM"),
    ]
    text = "Computed from the tables above."
    return "\n\n".join(("## What the defaults imply", text, table(("What", "Value"), rows)))
