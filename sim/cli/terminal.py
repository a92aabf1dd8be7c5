"""Results and lists as text on stdout: at most 100 columns, plain when it is not a terminal."""

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

from sim.vocabulary import ORIGINS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.analysis.study import Study
    from sim.cli.listing import Row
    from sim.sweep.design import Case
    from sim.sweep.estimate import Estimate

WIDTH = 100
MOST_TABLES = 10
_COLUMNS = {
    "scenarios": ("name", "question"),
    "policies": ("lever", "name", "title", "paper"),
    "parameters": ("name", "value", "low", "high", "unit"),
    "outcomes": ("name", "label", "unit", "measure"),
    "phases": ("name", "description"),
    "experiments": ("name", "question", "replications"),
    "countries": ("name", "title", "region", "groups"),
    "labs": ("name", "title", "origin", "home", "kind", "first_month"),
    "groups": ("name", "title", "members"),
}


def console() -> Console:
    """Return the console for results; names and texts of scenarios are never read as markup."""
    wide = Console(markup=False, highlight=False, emoji=False, soft_wrap=False)
    if not sys.stdout.isatty() or wide.width > WIDTH:
        wide.width = WIDTH
    return wide


def print_estimate(found: Estimate) -> None:
    """Print what a sweep will cost."""
    from sim.analysis.wording import counted

    out = console()
    sizes = ((found.cases, "case"), (found.draws, "draw"), (found.replications, "replication"))
    done = f", {found.finished:,} of them finished" if found.finished else ""
    out.print(
        f"{' x '.join(counted(*size) for size in sizes)}: {counted(found.points, 'different world')}, "
        f"{counted(found.runs, 'run')}{done}"
    )
    out.print(
        f"time    {_duration(found.seconds)} with {counted(found.workers, 'worker')}: {found.startup:.1f} s to start, "
        f"then {found.seconds_per_run:.2f} s a run"
    )
    out.print(f"disk    {_size(found.bytes)} ({_size(found.bytes_per_run)} a run)")
    out.print(f"memory  {_size(found.worker_memory)} in each worker")
    if found.sample_failed:
        out.print(f"{found.sample_failed} of the {counted(found.sample, 'sample run')} failed: --alone shows why")
    out.print(f"estimated from {counted(found.sample, 'run')} made now, and from the start of one worker process")


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def print_comparison(study: Study) -> None:
    """Print each scenario's factors: the reference's level, difference, its 5-95 %, share of that sign, sign, paper."""
    from sim.analysis.wording import SINGLE, legend
    from sim.model.outcomes import OUTCOMES
    from sim.report.cells import FACTOR_NAMES
    from sim.report.findings import also_differs
    from sim.report.limits import few

    screen = console()
    rubric = study.rubric()
    heads = ["Factor", "Reference", "Difference", "5-95 %", "Same\nsign", "Sign", "Paper"]
    single = study.design.pairs == 1
    if single:
        heads = heads[:3]
    elif study.without_assumed is not None:
        heads.insert(6, "None\nassumed")
    cases = [case for case in study.cases if case.name != case.against]
    for case in cases[:MOST_TABLES]:
        first, last = (_month(index) for index in study.window(case.name))
        title = f"{case.name} minus {case.against}, mean of {first} to {last}, {_counted(study)}"
        table = _table(heads, right=(1, 2, 3, 4), whole=range(1, len(heads)), gap=1)
        for row in rubric[rubric["scenario"] == case.name].to_dict("records"):
            cells = _comparison_cells(row)
            table.add_row(FACTOR_NAMES[row["factor"]], *(cells[head] for head in heads[1:]))
        screen.print(title)
        _print_table(screen, table)
        also = also_differs(study, case.name)
        if also:
            screen.print(_indented(also, 0))
        screen.print()
    _print_rest(screen, cases)
    if rubric.empty:
        screen.print("No outcome of the rubric was kept; --csv writes the others.")
    for factor, outcome in dict.fromkeys(zip(rubric["factor"], rubric["outcome"], strict=True)):
        screen.print(f"{FACTOR_NAMES[factor]}: {OUTCOMES[outcome].label}", soft_wrap=True)
    if single:
        screen.print(f"\n{SINGLE}")
    else:
        assumed = " None assumed: the sign with every assumed response at 0." if "None\nassumed" in heads else ""
        screen.print()
        screen.print(_indented(f"Same sign: share of the {study.unit} that have the sign of the mean.{assumed}", 0))
        screen.print(_indented(legend(study.unit), 0))
        warning = few(study)
        if warning:
            screen.print(warning)
    screen.print("Conditional comparisons under stated assumptions, not forecasts.")


def _comparison_cells(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return the cells of a row of the rubric by column."""
    from sim.analysis.wording import difference, interval, number, percent, symbol
    from sim.model.outcomes import OUTCOMES

    outcome = OUTCOMES[row["outcome"]]
    return {
        "Reference": number(row["reference"], outcome),
        "Difference": difference(row["difference"], outcome),
        "5-95 %": interval(row["low"], row["high"], outcome),
        "Same\nsign": percent(row["share_same_sign"], 0),
        "Sign": symbol(row["sign"]),
        "None\nassumed": symbol(row["sign_without_assumed"]),
        "Paper": row["agreement"].removeprefix("paper "),
    }


def print_run(study: Study) -> None:
    """Print the headline outcomes of each case: yearly means, and 5-95 % over runs in the last year."""
    from sim.model.outcomes import OUTCOMES

    screen = console()
    headlines = [name for name in study.outcomes() if OUTCOMES[name].headline]
    if not headlines:
        screen.print("No headline outcome was kept; --csv writes the others.")
    for case in study.cases[:MOST_TABLES] if headlines else ():
        screen.print(f"{case.name}, {_counted(study)}, yearly means")
        _print_table(screen, _run_table(study, case.name, headlines))
    _print_rest(screen, study.cases)
    screen.print("Conditional on the scenario's assumptions, not a forecast.")


def _run_table(study: Study, case: str, outcomes: Sequence[str]) -> Table:
    """Return the yearly means of a case, of the months kept."""
    from numpy import isnan

    from sim.analysis.wording import interval, number, unit
    from sim.model.outcomes import OUTCOMES

    months = study.months(case)
    years = _years(months)
    spread = (f"5-95 % in {years[-1]}",) if study.design.pairs > 1 else ()
    heads = ("Outcome", "Unit", *map(str, years), *spread)
    numbers = range(2, len(heads))
    table = _table(heads, right=numbers, whole=numbers)
    for name, values in study.series(case, outcomes).items():
        outcome = OUTCOMES[name]
        finished = values[~isnan(values).all(axis=1)]
        if not len(finished):
            continue
        inside = [[i for i, month in enumerate(months) if month.startswith(f"{year}-")] for year in years]
        yearly = [finished[:, positions].mean(axis=1) for positions in inside]
        low, high = _range(yearly[-1])
        cells = [number(float(value.mean()), outcome) for value in yearly]
        cells += [interval(low, high, outcome)] if spread else []
        table.add_row(outcome.label, unit(outcome), *cells)
    return table


def _print_rest(screen: Console, cases: Sequence[Case]) -> None:
    if len(cases) > MOST_TABLES:
        from sim.analysis.wording import counted

        screen.print(f"And {counted(len(cases) - MOST_TABLES, 'more case')}; --csv writes them all.")


def _counted(study: Study) -> str:
    from sim.analysis.wording import counted

    draws = f"{counted(study.draws, 'draw')} of " if study.draws > 1 else ""
    return f"{draws}{counted(study.replications, 'replication')}"


def print_rows(kind: str, rows: Sequence[Row]) -> None:
    """Print a list of items."""
    columns = _COLUMNS[kind]
    numbers = (
        [index for index, column in enumerate(columns) if isinstance(rows[0].get(column), float | int)] if rows else []
    )
    heads = tuple(column.replace("_", " ").capitalize() for column in columns)
    table = _table(heads, right=numbers, whole=(0, *numbers))
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    _print_table(console(), table)


def print_row(row: Row) -> None:
    """Print one item in full; a scenario prints as its file, a policy with its fields."""
    if "horizon" in row:
        import tomli_w

        # Not through the console: it would break long lines, and then this would be no TOML.
        print(tomli_w.dumps({key: value for key, value in row.items() if key != "id"}, multiline_strings=True), end="")
        return
    screen = console()
    fields = row.get("fields")
    table = _table(("", ""))
    table.show_header = False
    for key, value in row.items():
        if key != "fields" and value not in ("", None):
            table.add_row(key, _flowing(_cell(value)))
    _print_table(screen, table)
    for field in fields or ():
        screen.print(f"\n{field['name']}: {_flowing(field['description'])}")
        allowed = ", ".join(map(str, field["choices"])) or _range_text(field["smallest"], field["largest"])
        facts = {
            "default": _cell(field["value"]) or "none",
            "5-95 %": _range_text(field["low"], field["high"]),
            "allowed": allowed,
            "unit": field["unit"],
            "source": field["source"],
        }
        screen.print(_indented("; ".join(f"{name} {fact}" for name, fact in facts.items() if fact), 4))


def print_differences(sides: Mapping[str, Row], rows: Sequence[Row]) -> None:
    """Print where two scenarios differ: key path, both values and the files that gave them."""
    screen = console()
    for side, scenario in sides.items():
        screen.print(f"{side.upper()}  {scenario['name']}, id {scenario['id']}")
    if not rows:
        same = len({scenario["id"] for scenario in sides.values()}) == 1
        screen.print("No difference." if same else "No difference but the order of lists, which means nothing.")
        return
    # Of a policy that only one of them has, what no file says is left out.
    said = [
        row for row in rows if None not in (row["a"], row["b"]) or {row["a_from"], row["b_from"]} != {None, "default"}
    ]
    for row in said:
        screen.print(row["key"])
        for side in sides:
            source = row[f"{side}_from"]
            value = f"{_cell(row[side])}, {'by' if source == 'default' else 'from'} {source}"
            screen.print(f"    {side.upper()}  {'absent' if row[side] is None else value}", soft_wrap=True)
    if len(said) < len(rows):
        screen.print(f"and {len(rows) - len(said)} defaults of levers that only one of them uses (--json lists them)")


def print_explanation(row: Row) -> None:
    """Print the law of a month: what policies changed, what is left as it was, and what it costs whom."""
    screen = console()
    of = "".join(f", {key} {row[key]}" for key in ("country", "family") if row[key])
    screen.print(f"The law of {row['month']} in {row['scenario']}{of}")
    for policy in row["policies"]:
        screen.print(f"  {policy['policy']}: {policy['lever']}, {policy['title']}, strength {policy['strength']:g}")
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
            screen.print(_indented(_where(part) + ("" if whole else f": {_cell(part['value'])}"), 2))
            for change in part["changes"]:
                screen.print(_indented(f"{change['by']}: {_change(change)}", 4))
        if others:
            screen.print(_indented(f"elsewhere: {_values(others)}", 2))
    screen.print("\nAs without any policy:")
    screen.print(_indented("; ".join(untouched) or "nothing", 2))
    for entry in row["ledger"]:
        if entry["usd_a_year"]:
            cost = _cell(entry["usd_a_year"])
            payer = entry["payer"].replace("_", " ")
            screen.print(f"Standing cost to {payer}: {cost} USD a year ({entry['policy']})")
    screen.print("Standing costs only: single releases, audits and subsidies come on top (outcomes cost_policy_*).")


def _where(part: Row) -> str:
    """Return the place of a part of a field: axes and names, or "everywhere"."""
    return "; ".join(f"{axis} {_shortened(axis, names)}" for axis, names in part["where"].items()) or "everywhere"


def _values(parts: Sequence[Row]) -> str:
    """Return the different values of parts, each once."""
    return ", ".join(dict.fromkeys(_cell(part["value"]) or "none" for part in parts))


def _change(change: Row) -> str:
    if isinstance(change["after"], dict):
        return "; ".join(
            f"{key} {_shortened(key, value) if isinstance(value, list) else _cell(value)}"
            for key, value in change["after"].items()
        )
    same = change["before"] == change["after"]
    return "no change" if same else f"{_cell(change['before'])} to {_cell(change['after'])}"


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


def run_content(study: Study) -> dict[str, Any]:
    """Return runs as plain content: mean and quantiles over runs by outcome and month, of each case if several."""
    from sim.model.outcomes import OUTCOMES

    summary = study.summary()
    cases = []
    for case in study.cases:
        outcomes: dict[str, Any] = {}
        for name, frame in summary[summary["scenario"] == case.name].groupby("outcome", sort=False, observed=True):
            levels = {column: frame[column].tolist() for column in ("mean", "p5", "p50", "p95")}
            outcomes[str(name)] = {"unit": OUTCOMES[str(name)].unit, **levels}
        cases.append({"months": study.months(case.name), "outcomes": outcomes})
    found = cases[0] if len(cases) == 1 else {"cases": dict(zip((c.name for c in study.cases), cases, strict=True))}
    return _heading(study) | found | {"failures": _failures(study)}


def comparison_content(study: Study) -> dict[str, Any]:
    """Return a comparison as plain content: the rubric, row by row."""
    names = [case.name for case in study.cases if case.name != case.against]
    windows = {name: [_month(index) for index in study.window(name)] for name in names}
    also = {
        name: [dict(zip(("key", "value", "reference"), row, strict=True)) for row in study.other_differences(name)]
        for name in names
    }
    rubric = study.rubric().to_dict("records") if study.outcomes() else []
    return _heading(study) | {
        "against": study.against,
        "windows": windows,
        "also_differs": also,
        "rubric": rubric,
        "failures": _failures(study),
    }


def _heading(study: Study) -> dict[str, Any]:
    from sim import __version__

    scenarios = [
        {"name": case.name, "id": scenario.id, "question": scenario.question, "levers": dict(case.levers)}
        for case, scenario in zip(study.cases, study.scenarios, strict=True)
    ]
    return {
        "openstakes": __version__,
        "seed": study.seed,
        "draws": study.draws,
        "replications": study.replications,
        "scenarios": scenarios,
    }


def _failures(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "scenario": failure.scenario,
            "point": failure.point,
            "replication": failure.replication,
            "error": failure.error,
        }
        for failure in study.failures
    ]


def print_json(content: Any) -> None:
    """Print content as JSON; numbers that are not finite become null."""
    print(json.dumps(_plain(content), indent=1, allow_nan=False))


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(key): _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if hasattr(content, "item"):
        content = content.item()
    if isinstance(content, float) and not isfinite(content):
        return None
    return content


def _table(heads: Sequence[str], right: Sequence[int] = (), *, whole: Sequence[int] = (0,), gap: int = 2) -> Table:
    """Return an empty table; the columns `whole` are never broken over lines, the others fold."""
    table = Table(box=None, padding=(0, gap, 0, 0))
    for index, head in enumerate(heads):
        justify: Literal["left", "right"] = "right" if index in right else "left"
        table.add_column(Text(head), justify=justify, overflow="fold", no_wrap=index in whole, vertical="top")
    return table


def _print_table(screen: Console, table: Table) -> None:
    """Print a table; where its unbroken columns need more room than the screen has, lines are longer than it."""
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


def _indented(text: str, depth: int) -> str:
    """Return text folded to the width of the screen, every line indented."""
    margin = " " * depth
    return textwrap.fill(text, WIDTH, initial_indent=margin, subsequent_indent=margin, break_long_words=False)


def _flowing(text: str) -> str:
    """Return prose with its line breaks taken out, paragraphs kept."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n"))


def _range_text(low: Any, high: Any) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {_cell(low)}"
    return f"{_cell(low)} to {_cell(high)}"


def _month(index: int) -> str:
    from sim.months import month_name

    return month_name(index)


def _years(months: Sequence[str]) -> list[int]:
    """Return the first, middle and last calendar year that has its December among the months, or any month."""
    years = sorted(
        {int(month[:4]) for month in months if month.endswith("-12")} or {int(month[:4]) for month in months}
    )
    return sorted({years[0], years[len(years) // 2], years[-1]})


def _range(values: NDArray[Any]) -> tuple[float, float]:
    from numpy import quantile

    low, high = quantile(values, (0.05, 0.95))
    return float(low), float(high)
