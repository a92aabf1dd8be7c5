"""Write what is generated: pages of reference/, schema, types of parameters, README's speeds.

With ``--check`` nothing is written; the pages that differ are named and the status is 1.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from docs import experiment_pages, truths
from docs.chain_page import chain_page
from docs.parameter_page import parameter_values, parameters_page
from docs.patterns import validation
from docs.scenario_page import scenarios_page
from docs.speed import readme
from docs.tables import code, number, page, span, table
from sim.calibration import page as calibration
from sim.calibration.record import shipped
from sim.cli.listing import scenarios_with, written_fields
from sim.data import PolicyStep, policy_timeline
from sim.model.law_fields import FIELDS, Field
from sim.model.outcomes import OUTCOMES, Outcome
from sim.model.phases import phase_texts
from sim.policies import LEVERS, by_puller
from sim.policies.base import Policy
from sim.scenario import library, schema
from sim.vocabulary import CHANNELS, FACTORS, REGIONS

HERE = Path(__file__).resolve().parent
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
    levers = [lever_section(name, cls, heads) for name, cls in by_puller()]
    return page("Policies", intro, levers_table(), shared, *levers, law_section())


def levers_table() -> str:
    """All levers by who pulls them, with links to their cards."""
    rows = [
        (cls.pulled_by, f"[{name}](#{anchor(lever_heading(name, cls))})", cls.title, may_join(cls))
        for name, cls in by_puller()
    ]
    intro = "Allies pull no lever of their own: they join one of others, where the table says so."
    heads = ("Pulled by", "Lever", "What it is", "Allies")
    return f"## Levers by who pulls them\n\n{intro}\n\n{table(heads, rows)}"


def may_join(cls: type[Policy]) -> str:
    """Whether allies may join."""
    return "may join" if "allied_coverage" in cls.lever_fields else ""


def lever_heading(name: str, cls: type[Policy]) -> str:
    """The heading of a lever's part of the page."""
    paper = f" (policy {cls.paper} of Wilson and Hine 2025)" if cls.paper else ""
    return f"{name}: {cls.title}{paper}"


def anchor(heading: str) -> str:
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\s-]", "", heading).strip().lower().replace(" ", "-")


def lever_card(name: str, cls: type[Policy], example: str) -> str:
    """What an analyst asks first of a lever: the world, the model, the number it hangs on."""
    field = cls.lever_fields[cls.assumption]
    assert field.likely is not None
    unit = "" if field.default is None or field.unit == "0-1" else f" {field.unit}"
    number_here = f"{shown(field.default)}{unit} (5–95 %: {span(*field.likely)}; {field.source})"
    lines = (
        f"**Pulled by** {cls.pulled_by}{'; allies may join' if may_join(cls) else ''}.",
        f"**Real policy.** {cls.real}",
        f"**Modelled.** {paragraphs(cls.__doc__ or '')}",
        f"**Not modelled.** {cls.not_modelled}",
        f"**Main assumption.** {code(cls.assumption)}, {field.description}: {number_here}.",
        *parts_line(cls),
        f"**Example.**\n\n```toml\n{example.strip()}\n```",
    )
    return "\n\n".join(lines)


def parts_line(cls: type[Policy]) -> Iterator[str]:
    """The parts that `openstakes why` takes out of a policy of the lever, if there are any."""
    parts = [
        f"{field.part} ({code(field.name)})" for field in cls.lever_fields.values() if field.part
    ]
    if parts:
        yield f"**Parts** that `openstakes why` tells apart: {', '.join(parts)}."


def lever_section(name: str, cls: type[Policy], heads: Sequence[str]) -> str:
    """Card, what its example writes and own fields of a lever."""
    own = [field_row(field, cls) for field in cls.model_fields if field not in Policy.model_fields]
    own_name = cls.__module__.rpartition(".")[2].replace("_", "-")
    example = tomli_w.dumps({"policy": {own_name: {"lever": name, **cls.example}}})
    written = ", ".join(code(field) for field in written_fields(cls))
    users = scenarios_with(name)
    where = ", ".join(map(code, users)) or "none"
    if len(users) == len(library.scenarios()):
        where = "every shipped scenario"
    parts = (
        f"## {lever_heading(name, cls)}",
        lever_card(name, cls, example),
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
        f"and one for each channel with the ending {endings} ({measures}).\n\nWhich lab serves "
        "whom is an input (`sim/data/serving.csv`), and shares that follow from it are "
        "*input-driven*, no findings: those of restricted countries first (`access_restricted`), "
        "then of China (`access_us_in_china`), Chinese and open shares of consumer use outside "
        "China (`reach_cn_abroad`, `reach_cn_home`, `reach_no_assistant`), and Chinese shares of "
        "market, enterprise and government use there as far as they are of services. Shares of "
        "developers are not."
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


# Timeline of policy


def timeline_page() -> str:
    """Steps of policy that the status quo holds, and those that it leaves out."""
    intro = (
        "What governments did to January 2026, as it stands in `sim/data/policy_timeline.csv`, and "
        "how the scenario `status-quo` holds it: each step is a policy of that file from the month "
        "of its date on, until the next step of its series if there is one. The numbers are "
        "judgement, not published figures. What the levers do is on [the page of "
        "policies](policies.md).\n\n"
        "*Official text* was read in the government's own publication, a *secondary copy* in a "
        "copy or quotation of it elsewhere; what is *reported* was found in the news only.\n\n"
        "How many of the chips on sale China declines to buy (`import_refusal`) is not known after "
        "June 2025: the value stands in the middle of all that are possible. A sweep draws it, as "
        "`{ uniform = [0.0, 1.0] }`, and a finding about chips is to be reported over all of it."
    )
    held = [step for step in policy_timeline() if step.policy]
    left = [step for step in policy_timeline() if not step.policy]
    heads = ("Date", "Who", "Step", "Policy", "Lever", "Sets", "Which stands for")
    rows = [
        (*dated(step), code(step.policy), step.lever, sets(step), step.modelled, *found(step))
        for step in held
    ]
    others = [(*dated(step), step.modelled, *found(step)) for step in left]
    sources = ("Checked", "Source")
    return page(
        "Timeline of policy",
        intro,
        "## Held in the status quo",
        table((*heads, *sources), rows),
        "## Left out, or held by other steps",
        table((*heads[:3], "Why", *sources), others),
    )


def dated(step: PolicyStep) -> tuple[str, str, str]:
    """When, who and what."""
    return step.date, step.actor, step.event


def sets(step: PolicyStep) -> str:
    """What a step sets in its policy."""
    return ", ".join(code(f"{name} = {value}") for name, value in step.settings)


def found(step: PolicyStep) -> tuple[str, str]:
    """How a step was looked up, and where it stands."""
    return step.checked, step.source


def pages() -> dict[str, str]:
    """Path in this folder and text of every generated page."""
    return {
        "reference/parameters.md": parameters_page(),
        "reference/policies.md": policies_page(),
        "reference/scenarios.md": scenarios_page(),
        "reference/outcomes.md": outcomes_page(),
        "reference/phases.md": phases_page(),
        "reference/chain.md": chain_page(),
        "reference/policy-timeline.md": timeline_page(),
        "reference/scenario.schema.json": schema.as_text(),
        "../sim/model/parameter_values.py": parameter_values(),
        "explanation/calibration.md": calibration.page(shipped(), truths.section()),
        "explanation/validation.md": validation(),
        "../README.md": readme(),
        **experiment_pages.pages(),
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
