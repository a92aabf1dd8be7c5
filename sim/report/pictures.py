"""The pictures of the page: which there are, where they stand, what is said under them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from sim.analysis import wording
from sim.months import month_name
from sim.report import figure_data, figures, glance, maps, spread
from sim.report.cells import changes_eu
from sim.report.figure_data import Grid
from sim.report.over_time import hands_over, starts
from sim.report.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Section = Literal["glance", "adoption", "misuse", "lags", "map", "costs", "spread"]

_ROWS = (
    "Left: medians over runs, with the bands of the reference. Right: the paired "
    "difference from the reference over the months compared, with its median and its word on "
    "the ladder."
)
_PANELS = (
    "One panel per policy, on one scale: the reference in black and grey, the policy in colour. "
    "The numbers are the medians of the last month."
)
_MARKED = {
    "start": "Start marks where a policy starts",
    "generated": "generated where releases of the record end and generated ones begin",
}
EU_SLUG = "eu-shares"
"""The picture of the EU, which only studies have that change its duties."""
_ABROAD = "share of use outside the US and China"


class Form(NamedTuple):
    """What pictures of one form have in common.

    Attributes
    ----------
    there : callable
        Tells whether a study holds what a picture draws, and changes it.
    caption : callable
        Returns what is said under a picture.
    frames : callable
        Returns the plotted numbers for other programs, each frame under the name of its file.
    grids : callable
        Returns the plotted numbers as tables of the annex, each with its caption.
    """

    there: Callable[[View, Picture], bool]
    caption: Callable[[View, Picture], str]
    frames: Callable[[View, Picture], Mapping[str, pd.DataFrame]]
    grids: Callable[[View, Picture], list[tuple[str, Grid]]]


@dataclass(frozen=True)
class Picture:
    """One picture of the page.

    Attributes
    ----------
    slug : str
        Name of its files and of its place on the page.
    section : str
        Where it stands.
    title, note : str
        For people; the note is part of the caption.
    draw : callable
        Takes a view of a study, returns a figure.
    form : Form
        What it has in common with others.
    outcomes : tuple of str
        Outcomes it draws, as far as the study holds them; empty for maps.
    """

    slug: str
    section: Section
    title: str
    note: str
    draw: Callable[[View], Figure]
    form: Form
    outcomes: tuple[str, ...] = ()


# Over time


def _time_there(view: View, picture: Picture) -> bool:
    if picture.slug == EU_SLUG and not any(changes_eu(view, name) for name in view.policies):
        return False
    return bool(shown(view, picture))


def shown(view: View, picture: Picture) -> list[str]:
    """Return the outcomes that a picture draws: those held, of costs those that are not all 0."""
    held = view.present(picture.outcomes)
    return figures.charged(view) if picture.section == "costs" and held else held


def _time_caption(view: View, picture: Picture) -> str:
    marked = [_MARKED["start"]] if starts(view, view.names) else []
    marked += [_MARKED["generated"]] if hands_over(view) else []
    said = "; ".join(marked)
    return " ".join(
        text
        for text in (picture.note, said and f"{said[:1].upper()}{said[1:]}.", holds(view))
        if text
    )


def holds(view: View) -> str:
    """Return what the intervals of a picture hold, the wider and the narrower ones."""
    study = view.study
    if study.pairs == 1:
        return ""
    wide = f"Bands and bars hold {study.interval_holds}"
    if view.replicated:
        return f"{wide}; dotted lines and pale bars with caps: chance alone."
    why = "; each draw was run once, so chance alone cannot be told" if study.draws > 1 else ""
    return f"{wide}{why}."


def _time_frames(view: View, picture: Picture) -> Mapping[str, pd.DataFrame]:
    held = view.present(picture.outcomes)
    found = {picture.slug: figure_data.levels_frame(view, held)}
    if view.policies:
        found[f"{picture.slug}-changes"] = figure_data.changes_frame(view, held)
    return found


def _time_grids(view: View, picture: Picture) -> list[tuple[str, Grid]]:
    found = []
    for name in shown(view, picture):
        outcome = view.study.outcome(name)
        label, what = figure_data.label(outcome), f"5 to 95 %: {view.study.interval_holds}"
        title = f"{label}: median ({what}) at year ends"
        found.append((title, figure_data.year_end_grid(view, name)))
        if view.policies:
            title = f"{label}: paired difference ({what})"
            found.append((title, figure_data.difference_grid(view, name)))
    return found


OVER_TIME = Form(_time_there, _time_caption, _time_frames, _time_grids)


# Maps


def _mapped(view: View, picture: Picture) -> str | None:
    """Return the policy whose change a map shows, None of a map of shares."""
    return maps.largest_change(view) if "change" in picture.slug else None


def _map_there(view: View, picture: Picture) -> bool:
    return bool(view.policies) or "change" not in picture.slug


def _map_caption(view: View, picture: Picture) -> str:
    """Say which month a map shows, and which months the findings average."""
    last = wording.month(month_name(view.reference.months - 1))
    policy = _mapped(view, picture)
    chosen = view.policies if policy is None else [policy]
    windows = dict.fromkeys(view.study.window(name) for name in chosen)
    months = wording.listing(
        [wording.period(month_name(first), month_name(end)) for first, end in windows]
    )
    return (
        f"{last} only{f'; the findings average the months compared ({months})' if months else ''}."
    )


def _map_frames(view: View, picture: Picture) -> Mapping[str, pd.DataFrame]:
    origin = picture.slug.partition("-")[0]
    return {picture.slug: maps.frame(view, origin, _mapped(view, picture))}


def _map_grids(view: View, picture: Picture) -> list[tuple[str, Grid]]:
    policy = _mapped(view, picture)
    scenarios = [view.against] if policy is None else [view.against, policy]
    return [("Shares in the last month", maps.share_grid(view, scenarios))]


MAP = Form(_map_there, _map_caption, _map_frames, _map_grids)


# At one glance, and spread over runs: their numbers stand in the tables of the annex and in files


def _no_grids(view: View, picture: Picture) -> list[tuple[str, Grid]]:  # noqa: ARG001
    return []


def _glance_caption(view: View, picture: Picture) -> str:
    return f"{picture.note} {holds(view)}".strip()


GLANCE = Form(
    lambda view, _: bool(view.policies and view.rubric),
    _glance_caption,
    lambda view, picture: {picture.slug: glance.glance_frame(view)},
    _no_grids,
)


def _spread(view: View) -> Figure:
    return spread.spread(view, view.present(spread.HEADLINES))


SPREAD = Form(
    lambda view, picture: bool(view.present(picture.outcomes)),
    lambda _, picture: picture.note,
    lambda view, picture: {picture.slug: spread.spread_frame(view, view.present(picture.outcomes))},
    _no_grids,
)


def _adoption(
    slug: str, title: str, draw: Callable[[View], Figure], outcomes: list[str]
) -> Picture:
    note = _ROWS if len(outcomes) > 1 else _PANELS
    return Picture(slug, "adoption", title, note, draw, OVER_TIME, tuple(outcomes))


def _map(slug: str, title: str, draw: Callable[[View], Figure]) -> Picture:
    return Picture(slug, "map", title, "", draw, MAP)


PICTURES = (
    Picture(
        "glance",
        "glance",
        "Every headline change, by factor and policy",
        "In points of a share or percent of the level in the reference, over the months compared.",
        glance.glance,
        GLANCE,
    ),
    _adoption("us-share", f"US {_ABROAD}", figures.us_share, ["us_share_abroad"]),
    _adoption("cn-share", f"Chinese {_ABROAD}", figures.cn_share, ["cn_share_abroad"]),
    _adoption(
        "us-share-blocs",
        "US share of use by bloc of countries",
        figures.us_share_by_bloc,
        figures.by_bloc("us"),
    ),
    _adoption(
        "cn-share-blocs",
        "Chinese share of use by bloc of countries",
        figures.cn_share_by_bloc,
        figures.by_bloc("cn"),
    ),
    _adoption(
        "us-share-channels",
        f"US {_ABROAD} by channel",
        figures.us_share_by_channel,
        figures.by_channel("us"),
    ),
    _adoption(
        "cn-share-channels",
        f"Chinese {_ABROAD} by channel",
        figures.cn_share_by_channel,
        figures.by_channel("cn"),
    ),
    _adoption(
        EU_SLUG,
        "Use in the EU by origin, of open releases and of EU labs",
        figures.shares_in_eu,
        list(figures.EU_SHARES),
    ),
    Picture(
        "misuse-actors",
        "misuse",
        "Harm by kind of actor",
        _ROWS,
        figures.misuse_by_actor,
        OVER_TIME,
        tuple(figures.by_actor()),
    ),
    Picture(
        "misuse-routes",
        "misuse",
        "Incidents by route",
        _ROWS,
        figures.misuse_by_route,
        OVER_TIME,
        tuple(figures.by_route()),
    ),
    Picture(
        "lags",
        "lags",
        "Capability lags, measured and true",
        _ROWS,
        figures.lags,
        OVER_TIME,
        figures.LAGS,
    ),
    Picture(
        "us-map", "map", "US share of use by country under the reference", "", maps.us_map, MAP
    ),
    Picture(
        "cn-map", "map", "Chinese share of use by country under the reference", "", maps.cn_map, MAP
    ),
    Picture("us-change-map", "map", "Where the US share changes", "", maps.us_change_map, MAP),
    Picture("cn-change-map", "map", "Where the Chinese share changes", "", maps.cn_change_map, MAP),
    Picture(
        "costs",
        "costs",
        "What policies charge for what is done, by who pays",
        _ROWS,
        figures.costs,
        OVER_TIME,
        tuple(figures.by_payer()),
    ),
    Picture(
        "spread",
        "spread",
        "How headline outcomes are spread over runs in the last month",
        "Lines far apart say that scenarios differ; a flat line says that runs do. Runs of two "
        "scenarios are paired, which this picture cannot show: differences stand in the others.",
        _spread,
        SPREAD,
        spread.HEADLINES,
    ),
)


def drawable(view: View) -> list[Picture]:
    """Return the pictures for which a study holds what they draw, and of what it changes."""
    return [picture for picture in PICTURES if picture.form.there(view, picture)]
