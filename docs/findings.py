"""What the shipped experiments found, in words made from the tables beside them.

No number and no direction is written by hand: both come from experiments/NAME/expected/*.csv.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from docs.sentences import (
    BETTER,
    EVEN,
    UNKNOWN,
    WORDS,
    WORSE,
    Row,
    across,
    alone,
    by_word,
    count,
    effect,
    label,
    listed,
    of,
    outcome_lines,
    rows,
    titled,
)
from sim.analysis.wording import fixed, percent
from sim.vocabulary import FACTORS

# Each experiment: its finding in a sentence first


def four_policies() -> list[str]:
    """How the signs stand to the paper's, then each policy."""
    found = rows("four-policies", "rubric")
    said = [row for row in found if row["paper"]]
    groups = {key: len(of(said, agreement=key)) for key in ("agrees", "disagrees")}
    left = len(said) - sum(groups.values())
    counts = ", ".join(f"{key} in {number}" for key, number in groups.items())
    cells = (
        f"Of the {len(said)} cells that the paper speaks of, by our reading of its prose, the "
        f"model {counts} and is undecided in {left or 'none'}."
    )
    return [cells, *each("four-policies")]


def each(name: str) -> Iterator[str]:
    """A sentence on every case of an experiment."""
    found = rows(name, "rubric")
    for case in dict.fromkeys(row["scenario"] for row in found):
        own = of(found, scenario=case)
        yield alone(own, titled(own[0]))


def where_it_turns() -> list[str]:
    """On which factors the order turns over the grid."""
    found = [row for row in rows("where-it-turns", "rubric") if row["scenario"] != "status-quo"]
    groups = {f: by_word(of(found, factor=f)) for f in FACTORS}
    turns = [label(f) for f, words in groups.items() if {BETTER, WORSE} <= set(words)]
    first = (
        f"The order of control and bundle turns over on {listed(turns) or 'no factor'} within "
        f"the grid of {len({row['scenario'] for row in found})} controls."
    )
    lines = [
        f"{label(f)}: "
        + listed(f"{word} in {len(words[word])}" for word in _ORDER if word in words)
        + " cells."
        for f, words in groups.items()
    ]
    return [first, *(line[0].upper() + line[1:] for line in lines)]


_ORDER = (BETTER, WORSE, UNKNOWN, EVEN)


def paper_rubric() -> list[str]:
    """What allies, the reading of hazard and assumed responses change."""
    found = rows("paper-rubric", "rubric")
    signs = {(row["scenario"], row["factor"]): WORDS[row["sign"]] for row in found}
    pairs = {
        "the other countries of the G7 joining": _ALLIES,
        "a reading of hazard by capability alone": _ABSOLUTE,
    }
    said = []
    for what, cases in pairs.items():
        both = [(signs[a, f], signs[b, f]) for a, b in cases.items() for f in FACTORS]
        said.append(f"{what} changes {count(sum(a != b for a, b in both), len(both))} words")
    assumed = [(row["sign"], row["sign_without_assumed"]) for row in found]
    changed = sum(WORDS[a] != WORDS[b] for a, b in assumed)
    first = (
        f"{said[0][0].upper()}{said[0][1:]}, {said[1]}, and assumed responses at zero change "
        f"{count(changed, len(assumed))}."
    )
    return [first, _weights("paper-rubric"), *four_of_paper(found)]


def four_of_paper(found: Sequence[Row]) -> Iterator[str]:
    """A sentence on each policy of the paper."""
    for case in _PAPER:
        own = of(found, scenario=case)
        yield alone(own, titled(own[0]))


_PAPER = (
    "p1-blanket", "p2-risk-assessment", "p3-government-audits", "p4-audit-repository",
    "p3-p4-audits", "targeted-bundle",
)  # fmt: skip
_ALLIES = {
    "p1-blanket": "p1-with-allies", "p2-risk-assessment": "p2-with-allies",
    "p2-risk-assessment-absolute": "p2-absolute-with-allies",
    "p3-government-audits": "p3-with-allies", "p3-p4-audits": "p3-p4-with-allies",
    "targeted-bundle": "bundle-with-allies", "bundle-absolute": "bundle-absolute-with-allies",
}  # fmt: skip
_ABSOLUTE = {
    "p2-risk-assessment": "p2-risk-assessment-absolute", "targeted-bundle": "bundle-absolute",
    "p2-with-allies": "p2-absolute-with-allies",
    "bundle-with-allies": "bundle-absolute-with-allies",
}  # fmt: skip


def blanket_or_targeted() -> list[str]:
    """Who is beaten on which front."""
    found = rows("blanket-or-targeted", "front")
    fronts = dict.fromkeys((row["prevents"], row["keeps"]) for row in found)
    beaten = {row["scenario"]: titled(row) for row in found if row["front"] != "True"}
    cases = {row["scenario"] for row in found}
    first = (
        f"On the {len(fronts)} fronts of harm prevented against openness, progress and standing "
        f"{count(len(cases - set(beaten)), len(cases))} policies are surely beaten by none."
    )
    lines = [first]
    for prevents, keeps in fronts:
        off = [row for row in of(found, prevents=prevents, keeps=keeps) if row["front"] != "True"]
        said = [f"{titled(row)} (by {_rivals(row['dominated_by'])})" for row in off]
        lines.append(
            f"Harm ({label(prevents)}) against {label(keeps)}: "
            f"{f'surely beaten: {listed(said)}' if said else 'nobody is surely beaten'}."
        )
    return lines


def _rivals(text: str) -> str:
    names = text.split("; ")
    first = titled({"title": names[0]})
    return first if len(names) == 1 else f"{first} and {len(names) - 1} more"


def third_countries() -> list[str]:
    """The movements that matter."""
    found = rows("third-countries", "flows")
    sizes = sorted(found, key=lambda row: -float(row["p50"]))
    large = [row for row in sizes if float(row["p50"]) >= 0.5]
    quiet = {row["scenario"]: titled(row) for row in found}
    for row in large:
        quiet.pop(row["scenario"], None)
    lines = [
        f"From {_ORIGIN[row['source']]} to {_ORIGIN[row['target']]} models under {titled(row)}: "
        f"{_points(row)}."
        for row in large[1:]
    ]
    first = (
        f"The largest switch in third countries is from {_ORIGIN[large[0]['source']]} to "
        f"{_ORIGIN[large[0]['target']]} models, under {titled(large[0])}: {_points(large[0])}."
        if large
        else "No policy makes half a point of use in third countries switch in the median draw."
    )
    if large and quiet:
        lines.append(f"Less than half a point in the median: {listed(quiet.values())}.")
    return [first, *lines]


_ORIGIN = {"US": "US", "CN": "Chinese", "other": "other"}


def _points(row: Row) -> str:
    middle, low, high = (fixed(float(row[key]), 1) for key in ("p50", "p5", "p95"))
    return f"{middle} points of use ({low} to {high})"


def factor_line(name: str, factor: str) -> str:
    """A sentence on one factor of an experiment's rubric."""
    text = label(factor)
    return across(of(rows(name, "rubric"), factor=factor), text[0].upper() + text[1:])


def openness_gradient() -> list[str]:
    """Openness and harm along the scale."""
    name = "openness-gradient"
    factors = ("transparency", "progress_specific")
    return [*(factor_line(name, f) for f in factors), *outcome_lines(name)]


def eu_threshold() -> list[str]:
    """What moves in the EU."""
    found = rows("eu-threshold", "rubric")
    moved = [row for row in found if WORDS[row["sign"]] in (BETTER, WORSE)]
    first = (
        f"On the rubric {count(len(moved), len(found))} cells move: "
        + listed(
            f"{label(row['factor'])} is {WORDS[row['sign']]} under {titled(row)} ({effect(row)})"
            for row in moved
        )
        if moved
        else f"On the rubric none of {len(found)} cells moves in a direction that can be told"
    )
    return [f"{first}.", *outcome_lines("eu-threshold")]


def safeguards() -> list[str]:
    """Harm by method and cost of stripping."""
    name = "safeguards"
    harm = ("other_harm", "cn_state_harm", "uplift_us_releases")
    rest = ("open_releases_us", "us_share_abroad", "cn_share_abroad", "open_share_world")
    return [
        *outcome_lines(name, harm),
        factor_line(name, "transparency"),
        *outcome_lines(name, rest),
    ]


def decoupling() -> list[str]:
    """The whole and its parts."""
    found = rows("decoupling", "rubric")
    own = of(found, scenario="decouple")
    first = alone(own, titled(own[0]))
    moved = [row["factor"] for row in own if WORDS[row["sign"]] in (BETTER, WORSE)]
    words = {row["factor"]: WORDS[row["sign"]] for row in own}
    parts = [
        (theirs[0], sum(WORDS[r["sign"]] == words[r["factor"]] for r in theirs))
        for case in ("only-control", "only-ban", "only-chips")
        if (theirs := [r for r in of(found, scenario=case) if r["factor"] in moved])
    ]
    said = listed(f"{count(same, len(moved))} under {titled(row)}" for row, same in parts)
    first += f" Of what moves, the same direction has {said}."
    lines = [factor_line("decoupling", factor) for factor in moved]
    return [first, *lines, *outcome_lines("decoupling")]


def chip_controls() -> list[str]:
    """What China loses, and whether its labs open."""
    name = "chip-controls"
    opened, *others = outcome_lines(name)
    assumed = across(rows(name, "without_assumed"), "With assumed responses at zero")
    return [f"{opened} {assumed}", *others]


def sensitivity() -> list[str]:
    """What the spread of each change is due to."""
    found = rows("sensitivity", "variance")
    names = dict.fromkeys(row["number"] for row in of(found, kind="number"))
    lines = []
    for outcome in dict.fromkeys(row["outcome"] for row in found):
        own = of(found, outcome=outcome)
        said = [
            f"`{row['number']}` {percent(float(row['share']), 0)}" for row in of(own, kind="number")
        ]
        # What is left is an estimate too, and may fall below nothing.
        luck, rest, floor = (
            percent(max(0.0, float(of(own, kind=kind)[0]["share"])), 0)
            for kind in ("luck", "remainder", "dummy")
        )
        lines.append(
            f"{own[0]['label']}: {listed(said) if said else 'no number by itself'}; luck {luck}; "
            f"not told apart {rest} (floor {floor})."
        )
    first = (
        f"By themselves {len(names)} of the uncertain numbers decide part of what a blanket "
        f"control does to some factor; the rest is luck, what numbers do together, and shares too "
        f"small to be told from none."
    )
    return [first, *lines]


def robust_choice() -> list[str]:
    """Which policy is acceptable most often, which is never far behind, and what weights decide."""
    name = "robust-choice"
    found = sorted(rows(name, "satisficing"), key=lambda row: -float(row["acceptable"]))
    best = found[0]
    first = (
        f"{titled(best)} is acceptable most often: worse on no factor and better on some under "
        f"{percent(float(best['acceptable']), 0)} of the draws."
    )
    often = [row for row in found[1:] if float(row["acceptable"]) >= 0.1]
    said = (f"{titled(row)} ({percent(float(row['acceptable']), 0)})" for row in often)
    lines = [f"Acceptable in a tenth of the draws or more: {listed(said)}."] if often else []
    return [first, *lines, _weights(name), *(_least(name, factor) for factor in FACTORS)]


def _weights(name: str) -> str:
    found = sorted(rows(name, "firsts"), key=lambda row: -float(row["first"]))
    leading = [row for row in found if float(row["first"]) >= 0.05]
    return (
        "Of all weightings of the paper's six factors "
        + listed(f"{percent(float(row['first']), 0)} put {titled(row)} first" for row in leading)
        + "; equal ones share."
    )


def _least(name: str, factor: str) -> str:
    own = of(rows(name, "regret"), factor=factor)
    least = min(own, key=lambda row: float(row["largest"]))
    text, unit = label(factor), {"points": "points", "percent": "%"}[least["scale"]]
    return (
        f"{text[0].upper()}{text[1:]}: the largest regret is smallest with {titled(least)} "
        f"({fixed(float(least['largest']), 1)} {unit})."
    )


def portfolios() -> list[str]:
    """Which bundles are acceptable, and what each policy adds to a bundle."""
    found = [row for row in rows("portfolios", "satisficing") if _bundle(row)]
    ranked = sorted(found, key=_acceptable, reverse=True)
    best = [row for row in ranked if _acceptable(row) == _acceptable(ranked[0])]
    control = max(_acceptable(row) for row in found if "the control" in _bundle(row))
    named = listed(f"*{listed(_bundle(row))}*" for row in best)
    first = (
        f"Of {len(found)} bundles {named} {'is' if len(best) == 1 else 'are'} acceptable most "
        "often: worse on no factor and better on some under "
        f"{percent(_acceptable(best[0]), 0)} of the draws; "
        f"none of those with the control is under more than {percent(control, 0)}."
    )
    return [first, *(_added(found, name) for name in _POLICIES)]


_POLICIES = {
    "policy.control.strength": "the control", "policy.assessment.strength": "the assessment",
    "policy.government-audits.strength": "audits of government products",
    "policy.repository.strength": "the public repository",
    "policy.safeguards.strength": "safeguards", "policy.public-models.strength": "public money",
}  # fmt: skip


MUCH = 0.1
"""Share of draws by which something is acceptable more often or less often."""


def _bundle(row: Row) -> tuple[str, ...]:
    return tuple(name for path, name in _POLICIES.items() if float(row[path]))


def _acceptable(row: Row) -> float:
    return float(row["acceptable"])


def _added(found: Sequence[Row], path: str) -> str:
    """How a policy changes how often the bundles that it is added to are acceptable."""
    by_bundle = {_bundle(row): _acceptable(row) for row in found}
    name = _POLICIES[path]
    pairs = [
        (by_bundle[tuple(other for other in bundle if other != name)], whole)
        for bundle, whole in by_bundle.items()
        if name in bundle and len(bundle) > 1
    ]
    more, less = (sum(sign * (b - a) >= MUCH for a, b in pairs) for sign in (1, -1))
    alone = percent(by_bundle[name,], 0)
    return (
        f"{name[0].upper()}{name[1:]}: acceptable under {alone} of the draws alone; added to other "
        f"bundles it makes {count(more, len(pairs))} acceptable more often by a tenth of the "
        f"draws or more, {less} less often."
    )


FINDINGS: dict[str, Callable[[], list[str]]] = {
    "four-policies": four_policies,
    "paper-rubric": paper_rubric,
    "where-it-turns": where_it_turns,
    "blanket-or-targeted": blanket_or_targeted,
    "third-countries": third_countries,
    "openness-gradient": openness_gradient,
    "eu-threshold": eu_threshold,
    "safeguards": safeguards,
    "decoupling": decoupling,
    "chip-controls": chip_controls,
    "sensitivity": sensitivity,
    "robust-choice": robust_choice,
    "portfolios": portfolios,
}
"""What makes the sentences of each experiment, the one for the index first."""
