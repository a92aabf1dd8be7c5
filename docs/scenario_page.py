"""The page of shipped scenarios: what each asks, holds, leaves out and rests on."""

from __future__ import annotations

from docs.tables import code, page, table
from sim.scenario import library
from sim.scenario.scenario import Scenario, load


def scenarios_page() -> str:
    """Every shipped scenario, the status quo first."""
    intro = (
        "The files are in `scenarios/`, and each is written out by `openstakes show NAME`. All "
        "extend the status quo unless they say otherwise, and are compared with it. Texts in files "
        "are for people: they change no run."
    )
    names = sorted(library.scenarios(), key=lambda name: (name != library.STATUS_QUO, name))
    shipped = [load(name) for name in names]
    rows = [(scenario.title, code(scenario.name), scenario.question) for scenario in shipped]
    heads = ("Scenario", "Name", "Question")
    sections = [_section(scenario, shipped[0]) for scenario in shipped]
    return page("Scenarios", intro, table(heads, rows), *sections)


def _section(scenario: Scenario, status_quo: Scenario) -> str:
    """One scenario in full, with the command that runs it."""
    lists = (
        ("Modelled", scenario.modelled),
        ("Not modelled", scenario.not_modelled),
        ("Sources", scenario.sources),
        ("Policies", _policies(scenario, status_quo)),
        ("Allies", _allies(scenario, status_quo)),
    )
    command = (
        f"openstakes run {scenario.name}"
        if scenario is status_quo
        else f"openstakes compare {scenario.name}"
    )
    return "\n\n".join(
        (
            f"## {scenario.title}",
            f"*{scenario.question}*",
            " ".join(scenario.description.split()),
            *(f"**{head}**\n\n{_bullets(texts)}" for head, texts in lists if texts),
            f"```text\n{command}\n```",
        )
    )


def _bullets(texts: tuple[str, ...]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _policies(scenario: Scenario, status_quo: Scenario) -> tuple[str, ...]:
    """In which policies a scenario differs from the status quo; of that, all it holds."""
    held = {} if scenario is status_quo else status_quo.policy
    lines = [
        f"{code(name)}: {type(policy).title} ({type(policy).lever}), from {policy.start}"
        for name, policy in sorted(scenario.policy.items(), key=lambda item: item[1].start)
        if held.get(name) != policy
    ]
    return (*lines, *(f"without {code(name)}" for name in held if name not in scenario.policy))


def _allies(scenario: Scenario, status_quo: Scenario) -> tuple[str, ...]:
    """Whether other countries may join what a scenario adds to the status quo, and how."""
    if scenario is status_quo:
        return ()
    able = [
        code(name)
        for name, policy in sorted(scenario.policy.items())
        if name not in status_quo.policy and "allies" in type(policy).lever_fields
    ]
    if not able:
        return ("None of its measures is one that other countries may join.",)
    return (f"Others may join {', '.join(able)}: `--override g7-joins`.",)
