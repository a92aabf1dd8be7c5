"""Lists and laws as text on stdout: at most 100 columns, plain when it is not a terminal."""

from __future__ import annotations

import inspect
import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from sim.months import month_name
from sim.vocabulary import ORIGINS

if TYPE_CHECKING:
    from sim.cli.listing import Row

WIDTH = 100
_COLUMNS = {
    "scenarios": ("name", "title", "question"),
    "policies": ("lever", "name", "title", "allies", "paper"),
    "parameters": ("name", "value", "low", "high", "unit"),
    "outcomes": ("name", "label", "unit", "measure"),
    "phases": ("name", "description", "writes"),
    "experiments": ("name", "question"),
    "countries": ("name", "title", "region", "groups"),
    "labs": ("name", "title", "origin", "home", "kind", "first_month"),
    "groups": ("name", "title", "members"),
}
_GROUPED = {"policies": "pulled_by"}
"""The column by which a list stands in groups, each under a head of its own."""


def console() -> Console:
    """Return the console for results; names and texts of scenarios are never read as markup."""
    wide = Console(markup=False, highlight=False, emoji=False, soft_wrap=False)
    if not sys.stdout.isatty() or wide.width > WIDTH:
        wide.width = WIDTH
    return wide


def print_rows(kind: str, rows: Sequence[Row]) -> None:
    """Print a list of items."""
    columns = _COLUMNS[kind]
    numbers = (
        [
            index
            for index, column in enumerate(columns)
            if isinstance(rows[0].get(column), float | int)
        ]
        if rows
        else []
    )
    heads = tuple(column.replace("_", " ").capitalize() for column in columns)
    table = new_table(heads, right=numbers, whole=(0, *numbers))
    group, indent = _GROUPED.get(kind), "  " if kind in _GROUPED else ""
    head = None
    for row in rows:
        if group and row[group] != head:
            head = row[group]
            table.add_row(_cell(head))
        first, *others = (_cell(row[column]) for column in columns)
        table.add_row(indent + first, *others)
    print_table(console(), table)


def print_row(row: Row) -> None:
    """Print one item in full; a scenario prints as its file, a policy with its fields."""
    if "horizon" in row:
        import tomli_w

        # Not through the console: it would break long lines, and then this would be no TOML.
        print(
            tomli_w.dumps(
                {key: value for key, value in row.items() if key != "id"}, multiline_strings=True
            ),
            end="",
        )
        return
    screen = console()
    fields = row.get("fields")
    table = new_table(("", ""))
    table.show_header = False
    for key, value in row.items():
        if key != "fields" and value not in ("", None):
            table.add_row(key, _flowing(_cell(value)))
    print_table(screen, table)
    for field in fields or ():
        screen.print(f"\n{field['name']}: {_flowing(field['description'])}")
        allowed = ", ".join(map(str, field["choices"])) or _range_text(
            field["smallest"], field["largest"]
        )
        facts = {
            "default": _cell(field["value"]) or "none",
            "5-95 %": _range_text(field["low"], field["high"]),
            "allowed": allowed,
            "unit": field["unit"],
            "source": field["source"],
        }
        screen.print(
            indented("; ".join(f"{name} {fact}" for name, fact in facts.items() if fact), 4)
        )


def print_differences(sides: Mapping[str, Row], rows: Sequence[Row]) -> None:
    """Print where two scenarios differ: key path, both values and the files that gave them."""
    screen = console()
    for side, scenario in sides.items():
        screen.print(f"{side.upper()}  {scenario['name']}, id {scenario['id']}")
    if not rows:
        same = len({scenario["id"] for scenario in sides.values()}) == 1
        screen.print(
            "No difference."
            if same
            else "No difference but the order of lists, which means nothing."
        )
        return
    # Of a policy that only one of them has, what no file says is left out.
    said = [
        row
        for row in rows
        if None not in (row["a"], row["b"]) or {row["a_from"], row["b_from"]} != {None, "default"}
    ]
    for row in said:
        screen.print(row["key"])
        for side in sides:
            source = row[f"{side}_from"]
            value = f"{_cell(row[side])}, {'by' if source == 'default' else 'from'} {source}"
            screen.print(
                f"    {side.upper()}  {'absent' if row[side] is None else value}", soft_wrap=True
            )
    if len(said) < len(rows):
        screen.print(
            f"and {len(rows) - len(said)} defaults of levers that only one of them uses (--json "
            f"lists them)"
        )


def print_explanation(row: Row) -> None:
    """Print the law of a month: what policies changed, what is as it was, what it costs whom."""
    screen = console()
    of = "".join(f", {key} {row[key]}" for key in ("country", "family") if row[key])
    screen.print(f"The law of {row['month']} in {row['scenario']}{of}")
    for policy in row["policies"]:
        screen.print(
            f"  {policy['policy']}: {policy['lever']}, {policy['title']}, strength "
            f"{policy['strength']:g}"
        )
        for kind in policy["obeyed"]:
            screen.print(indented(_obeyed(kind), 4))
        for many, names in policy.get("joined", {}).items():
            if names:  # who joined is what is asked: nobody is left out
                said = _by_origin(names) if many == "labs" else names
                screen.print(indented(f"joined by {many} {', '.join(said)}", 4))
    untouched = []
    for field in row["fields"]:
        changed = [part for part in field["parts"] if part["changes"]]
        others = [part for part in field["parts"] if not part["changes"]]
        if not changed:
            untouched.append(f"{field['field']} {_values(others)}")
            continue
        unit = f" ({field['unit']})" if field["unit"] else ""
        screen.print(f"\n{field['field']}: {field['meaning']}{unit}")
        for part in changed:
            whole = field["combine"] == "list"
            value = "" if whole else f": {_fact(field, 'value', part['value'])}"
            screen.print(indented(_where(part) + value, 2))
            for change in part["changes"]:
                screen.print(indented(f"{change['by']}: {_change(field, change)}", 4))
        if others:
            screen.print(indented(f"elsewhere: {_values(others)}", 2))
    screen.print("\nAs without any policy:")
    screen.print(indented("; ".join(untouched) or "nothing", 2))
    for entry in row["ledger"]:
        if entry["usd_a_year"]:
            cost = _cell(entry["usd_a_year"])
            payer = entry["payer"].replace("_", " ")
            screen.print(f"Input, standing cost to {payer}: {cost} USD a year ({entry['policy']})")
    screen.print(
        "Standing costs are inputs, set by the scenario. Labs that leave bear none. What is "
        "charged for single releases, audits and subsidies comes on top (outcomes cost_charged_*)."
    )


def _obeyed(kind: Row) -> str:
    """Return who obeys a policy and why, in words."""
    finders = ("base", "back_checks", "whistle_blowers", "audits")
    found = [f"{name.replace('_', '-')} {kind[name]:.3g}" for name in finders if kind[name]]
    return (
        f"obeyed by {kind['share']:.3g} of {kind['by']}: detection {kind['detection']:.3g} "
        f"({', '.join(found) or 'nobody looks'}) x penalty {kind['penalty']:.3g} + "
        f"reputation {kind['reputation']:.3g}, against gains of median 1 and log sd "
        f"{kind['gain_spread']:.3g}"
    )


def _where(part: Row) -> str:
    """Return the place of a part of a field: axes and names, or "everywhere"."""
    return (
        "; ".join(f"{axis} {_shortened(axis, names)}" for axis, names in part["where"].items())
        or "everywhere"
    )


def _values(parts: Sequence[Row]) -> str:
    """Return the different values of parts, each once."""
    return ", ".join(dict.fromkeys(_cell(part["value"]) or "none" for part in parts))


def _change(field: Row, change: Row) -> str:
    after = change["after"]
    if isinstance(after, dict):
        return "; ".join(f"{key} {_fact(field, key, value)}" for key, value in after.items())
    if change["before"] == after:
        return "no change"
    return " to ".join(_fact(field, "value", change[side]) for side in ("before", "after"))


LOG_FLOP = {"compute_duties": ("floor", "exempt_below"), "modifier_duties": ("floor",)}
"""Facts of a field's records that are log10 FLOP."""


def _fact(field: Row, key: str, value: Any) -> str:
    """Return a value of a field, or a fact of one of its records, in words and not in codes."""
    from sim.policies.use_ban import EVER

    if isinstance(value, list):
        return _shortened(key, value) or "none"
    if key in LOG_FLOP.get(field["field"], ()):
        return f"10^{value:g} FLOP"
    if key == "since" or (key == "value" and field["unit"] == "month"):
        if not value:
            return "none"
        return month_name(int(value)) if value <= EVER else "for good"
    return _cell(value)


def _shortened(axis: str, items: Sequence[Any]) -> str:
    from sim.messages import one_of

    return one_of(map(_cell, _by_origin(items) if axis in ("lab", "labs") else items))


def _by_origin(labs: Sequence[str]) -> list[str]:
    """Return labs, all of an origin, or all but its academic and small ones, as one."""
    from sim.data import labs as known

    rest, said = list(labs), []
    for origin in ORIGINS:
        own = [lab for lab in known() if lab.origin == origin]
        firms = [lab for lab in own if lab.kind != "fringe"]
        for group, word in ((own, "labs"), (firms, "firms")):
            slugs = {lab.slug for lab in group}
            if slugs <= set(rest):
                said.append(f"all {origin} {word}")
                rest = [lab for lab in rest if lab not in slugs]
                break
    return [*said, *rest]


def print_json(content: Any) -> None:
    """Print content as JSON: a line for each key, and for each list of numbers or texts.

    Numbers that are not finite become null.
    """
    print(_json(content, "\n"))


def _json(content: Any, margin: str) -> str:
    """Return the text of content; `margin` begins a line."""
    inner = margin + " "
    if isinstance(content, dict):
        texts = [f"{json.dumps(str(key))}: {_json(x, inner)}" for key, x in content.items()]
        return "{" + inner + ("," + inner).join(texts) + margin + "}" if texts else "{}"
    if not isinstance(content, list | tuple):
        return json.dumps(_finite(content))
    if {float}.issuperset(map(type, content)) and all(map(isfinite, content)):
        return json.dumps(content)  # most of what a run gives: not looked at number by number
    if not any(isinstance(item, dict | list | tuple) for item in content):
        return json.dumps([_finite(item) for item in content])
    return "[" + inner + ("," + inner).join(_json(item, inner) for item in content) + margin + "]"


def _finite(value: Any) -> Any:
    """Return a value as Python's own, and None for a number that is not finite."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not isfinite(value) else value


def new_table(
    heads: Sequence[str], right: Sequence[int] = (), *, whole: Sequence[int] = (0,), gap: int = 2
) -> Table:
    """Return an empty table; the columns `whole` are never broken over lines, the others fold."""
    table = Table(box=None, padding=(0, gap, 0, 0))
    for index, head in enumerate(heads):
        justify: Literal["left", "right"] = "right" if index in right else "left"
        table.add_column(
            Text(head), justify=justify, overflow="fold", no_wrap=index in whole, vertical="top"
        )
    return table


def print_table(screen: Console, table: Table) -> None:
    """Print a table.

    Lines are longer than the screen where unbroken columns need more room.
    """
    usual, gap = screen.width, table.padding[1]
    screen.width = max(usual, sum(_least_width(column) + gap for column in table.columns))
    screen.print(table)
    screen.width = usual


def _least_width(column: Column) -> int:
    """Return the room that a column needs: its longest line, or a few letters if it may fold."""
    if not column.no_wrap:
        return 10
    texts = (column.header, *column.cells)
    return max(cell_len(line) for text in texts for line in str(text).splitlines() or [""])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} = {item}" for key, item in value.items())
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e12 else f"{value:.4g}"
    return str(value)


def indented(text: str, depth: int) -> str:
    """Return text folded to the width of the screen, every line indented."""
    margin = " " * depth
    return textwrap.fill(
        text, WIDTH, initial_indent=margin, subsequent_indent=margin, break_long_words=False
    )


def _flowing(text: str) -> str:
    """Return prose with its line breaks taken out, paragraphs kept."""
    return "\n\n".join(
        " ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n")
    )


def _range_text(low: Any, high: Any) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {_cell(low)}"
    return f"{_cell(low)} to {_cell(high)}"
