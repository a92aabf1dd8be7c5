"""Write what is generated: pages of reference/, schema of scenarios, types of the parameters.

With ``--check`` nothing is written; the pages that differ are named and the status is 1.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from sim.cli.listing import scenarios_with, written_fields
from sim.model import panel_sizes
from sim.model.agents import adopters, lab_records, malicious
from sim.model.catalogue import CANDIDATES
from sim.model.kernels import choice
from sim.model.kernels.market import MAX_ALIVE
from sim.model.law_fields import FIELDS, Field
from sim.model.outcomes import OUTCOMES, Outcome
from sim.model.parameters import PARAMETERS, Parameter
from sim.model.phases import phase_texts
from sim.model.releases import THEFT_WINDOW, revealed
from sim.model.world import HANDOVER
from sim.months import month_name
from sim.policies import LEVERS
from sim.policies.base import Policy
from sim.scenario import library, schema
from sim.vocabulary import CHANNELS, DOMAINS, FACTORS, MODES, OPEN_WEIGHTS, REGIONS

HERE = Path(__file__).resolve().parent
NOTE = (
    "<!-- Written by docs/build.py from the code. "
    "Do not edit: change the code and run `make docs`. -->"
)

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
}
FACTOR_TITLES = {
    "transparency": "Transparency",
    "progress_specific": "Progress, specific use",
    "progress_frontier": "Progress, frontier",
    "power_distribution": "Power distribution",
    "chinese_misuse": "Chinese misuse",
    "other_misuse": "Other misuse",
    "backdoors": "Backdoors",
    "global_power": "Global power",
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


# Markdown


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars inside cells are escaped."""
    lines = [
        list(heads),
        ["---"] * len(heads),
        *([cell.replace("|", "\\|") for cell in row] for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(x: float) -> str:
    """A number with at most six digits, large ones with thousands apart."""
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if abs(x) >= 1e6:
        return f"{x:.4g}".replace("e+0", "e").replace("e+", "e")
    text = f"{x:,.4f}".rstrip("0").rstrip(".") if abs(x) >= 0.001 or x == 0 else f"{x:g}"
    return text.replace(",", " ").replace("-", "−")


def span(low: float, high: float) -> str:
    """A range in words."""
    return f"{number(low)} to {number(high)}"


def code(name: object) -> str:
    """A name in code type."""
    return f"`{name}`"


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return "\n\n".join((NOTE, f"# {title}", *parts)) + "\n"


# Parameters


def parameters_page() -> str:
    """Every parameter, the numbers fixed in the code, and what follows from both."""
    intro = (
        "Every number about the world that a scenario may change, by group, as it stands in "
        "`sim/data/parameters.csv`. *5–95 %* is the range the value is thought to lie in, "
        "*allowed* what a scenario may set. A source that says *judgement* marks a number that no "
        "published figure fixes. *Prototype fitted to the targets* marks a start value found with "
        "an earlier, simpler program on the targets of [validation](../explanation/validation.md); "
        "nothing has been fitted with this model. What each one does is in "
        "[the model](../explanation/model.md), under the *phase* in which it acts.\n\n"
        "A scenario file sets them in its `[parameters]` table, the command line with "
        "`--set parameters.NAME=VALUE`. **A** marks an assumed response: the assumption set "
        "`no-assumed-responses` puts it to 0, and every comparison is run that way as well."
    )
    sections = []
    for group, title in GROUPS.items():
        rows = [parameter_row(p) for p in PARAMETERS.values() if p.group == group]
        heads = ("Parameter", "Value", "5–95 %", "Allowed", "Unit", "Phase", "Source", "")
        sections.append(f"## {title}\n\n{table(heads, rows)}")
    unknown = {p.group for p in PARAMETERS.values()} - set(GROUPS)
    if unknown:
        raise ValueError(f"groups without a title: {sorted(unknown)}")
    return page("Parameters", intro, *sections, *fixed_numbers(), derived_numbers())


def parameter_row(p: Parameter) -> list[str]:
    """One row of a parameter table."""
    numbers = number(p.value), span(p.low, p.high), span(*p.bounds)
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
    """What the start values imply and the page of the model speaks of."""
    v = {name: p.value for name, p in PARAMETERS.items()}
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
    return "\n\n".join(("## What the start values imply", text, table(("What", "Value"), rows)))


# Policies


def policies_page() -> str:
    """Every lever with its fields, an example and what it writes; the law's fields."""
    intro = (
        "One lever is one file in `sim/policies/`. A policy writes the law of a month and touches "
        "nothing else; agents read the law and do not know which policies exist. In a scenario "
        "file each policy is a named table with its `lever`, so one lever may occur several times. "
        "*5–95 %* is the range a value is thought to lie in, *allowed* what a file may set."
    )
    common = [field_row(name, Policy) for name in Policy.model_fields]
    heads = ("Field", "Default", "5–95 %", "Allowed", "Unit", "Meaning", "Source")
    shared = f"## Fields of every lever\n\n{table(heads, common)}"
    levers = [lever_section(name, cls, heads) for name, cls in LEVERS.items()]
    return page("Policies", intro, shared, *levers, law_section())


def lever_section(name: str, cls: type[Policy], heads: Sequence[str]) -> str:
    """Title, docstring, example, what it writes and own fields of a lever."""
    own = [field_row(field, cls) for field in cls.model_fields if field not in Policy.model_fields]
    paper = f" (policy {cls.paper} of Wilson and Hine 2025)" if cls.paper else ""
    own_name = cls.__module__.rpartition(".")[2].replace("_", "-")
    example = tomli_w.dumps({"policy": {own_name: {"lever": name, **cls.example}}})
    written = ", ".join(code(field) for field in written_fields(cls))
    users = scenarios_with(name)
    where = ", ".join(map(code, users)) or "none"
    if len(users) == len(library.scenarios()):
        where = "every shipped scenario"
    parts = (
        f"## {name}: {cls.title}{paper}",
        paragraphs(cls.__doc__ or ""),
        f"```toml\n{example.strip()}\n```",
        f"Fields of the law that this example writes: {written}. Scenarios that use it: {where}.",
        table(heads, own),
    )
    return "\n\n".join(parts)


def field_row(name: str, cls: type[Policy]) -> list[str]:
    """One row of a lever's table of fields."""
    field = cls.lever_fields[name]
    allowed = span(*field.allowed) if field.allowed else " or ".join(field.choices)
    likely = span(*field.likely) if field.likely else ""
    numbers = shown(field.default), likely, allowed
    return [code(name), *numbers, field.unit, field.description, field.source]


def shown(value: Any) -> str:
    """A default as a file would write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return number(value) if isinstance(value, int | float) else str(value)


def paragraphs(doc: str) -> str:
    """A docstring as Markdown paragraphs."""
    return "\n\n".join(" ".join(part.split()) for part in doc.strip().split("\n\n"))


def law_section() -> str:
    """The law's fields, how writes combine, and whether any lever writes them."""
    rows = [law_row(name, field) for name, field in FIELDS.items()]
    intro = (
        "Each month starts from the defaults. Writes of several policies combine, in any order, as "
        "the table says. A *class* is made of labs of one origin that are in the same writes: one "
        "for each origin, unless a rule binds single labs, as under `allied_coverage`. A *student* "
        "is a lab that learns from another lab's services."
    )
    heads = ("Field", "Axes", "Default", "Writes combine by", "Unit", "Meaning", "Written by")
    return "\n\n".join(("## The law", intro, table(heads, rows)))


def law_row(name: str, field: Field) -> list[str]:
    """One row of the table of the law's fields."""
    how = {"add": "sum", "multiply": "product", "max": "maximum", "list": "all apply"}
    axes = " × ".join(field.axes) or "one value"
    default = number(field.default) if field.combine != "list" else "none"
    writers = ", ".join(lever for lever, cls in LEVERS.items() if name in written_fields(cls))
    said = default, how[field.combine], field.unit, field.meaning
    return [code(name), axes, *said, writers or "no lever yet"]


# Outcomes


def outcomes_page() -> str:
    """All outcomes, the headlines of the rubric first."""
    intro = (
        "What every run records each month, as it stands in `sim/model/outcomes.py`. "
        "*Towards the goal*: whether more (+) or less (−) of it serves the goal of its factor; "
        "empty where neither is meant. *Kind* decides the smallest difference that counts: "
        "0.5 percentage points for a share, 2 % of the reference for a level."
    )
    heads = ("Factor", "Outcome", "Unit", "Towards the goal", "Definition")
    headlines = [o for o in OUTCOMES.values() if o.headline]
    headlines.sort(key=lambda o: FACTORS.index(str(o.factor)))
    first = [
        (FACTOR_TITLES[str(o.factor)], code(o.name), o.unit, towards(o), o.definition)
        for o in headlines
    ]
    sections = [f"## Headlines of the rubric\n\n{table(heads, first)}"]
    for factor in (*FACTORS, None):
        rows = [outcome_row(o) for o in OUTCOMES.values() if o.factor == factor and not is_share(o)]
        title = FACTOR_TITLES[factor] if factor else "Others"
        heads = ("Outcome", "Unit", "Measure", "Kind", "Towards the goal", "Definition")
        sections.append(f"## {title}\n\n{table(heads, rows)}")
    return page("Outcomes", intro, *sections, shares_section())


def is_share(o: Outcome) -> bool:
    """Whether an outcome is one of the shares of use by region and channel."""
    return "_share_" in o.name and o.name.split("_share_")[0] in ("us", "cn", "open")


def shares_section() -> str:
    """The shares of use, one row per kind and region."""
    bases = [f"{kind}_share_{region}" for kind in ("us", "cn", "open") for region in REGIONS]
    named = {f"{base}{ending}" for base in bases for ending in ("", *(f"_{c}" for c in CHANNELS))}
    if named != {o.name for o in OUTCOMES.values() if is_share(o)}:
        raise ValueError("the table of shares of use does not fit the outcomes")
    rows = [(code(base), OUTCOMES[base].definition) for base in bases]
    endings = ", ".join(code(f"_{channel}") for channel in CHANNELS)
    measure = {channel: OUTCOMES[f"us_share_world_{channel}"].measure for channel in CHANNELS}
    measures = ", ".join(f"{channel}: {text}" for channel, text in measure.items())
    intro = (
        "Shares of use, 0 to 1. Each row stands for six outcomes: the mix of channels, "
        f"and one for each channel with the ending {endings} ({measures})."
    )
    title = "## Shares of use by origin, region and channel"
    return "\n\n".join((title, intro, table(("Outcome", "Definition"), rows)))


def outcome_row(o: Outcome) -> list[str]:
    """One row of a table of outcomes."""
    return [code(o.name), o.unit, o.measure, o.kind, towards(o), o.definition]


def towards(o: Outcome) -> str:
    """The direction of an outcome as a sign."""
    return {1: "+", -1: "−"}.get(o.direction, "")


# Phases


def phases_page() -> str:
    """The phases of a month."""
    intro = (
        "A month of the world is this list of functions, run in order; `World.phases` holds it and "
        "`openstakes list phases` prints it. What each phase computes is in "
        "[the model](../explanation/model.md)."
    )
    said = phase_texts()
    rows = [(str(i), code(phase.name), phase.text) for i, phase in enumerate(said, start=1)]
    writes = [(code(p.name), p.reads, ", ".join(map(code, p.writes)), p.why) for p in said]
    order = "## Why in this order\n\nWhat a phase writes are names of attributes of `World`."
    happens = table(("", "Phase", "What happens"), rows)
    stands = table(("Phase", "Reads", "Writes", "Why here"), writes)
    return page("Phases of a month", intro, happens, order, stands)


def pages() -> dict[str, str]:
    """Path in this folder and text of every generated page."""
    return {
        "reference/parameters.md": parameters_page(),
        "reference/policies.md": policies_page(),
        "reference/outcomes.md": outcomes_page(),
        "reference/phases.md": phases_page(),
        "reference/scenario.schema.json": schema.as_text(),
        "../sim/model/parameter_values.py": parameter_values(),
    }


def main() -> int:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing, exit with status 1 if a page differs"
    )
    check = parser.parse_args().check
    stale = [
        (HERE / name, text)
        for name, text in pages().items()
        if not (HERE / name).is_file() or (HERE / name).read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        print(f"{path.relative_to(HERE)} {'differs from the code' if check else 'written'}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
