"""The chain of causes, and who gains and who loses, as they are printed and drawn."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from sim.analysis import actors, wording
from sim.report import chain, style, who, who_figure
from sim.report.view import View
from tests.report.conftest import MadeUpStudy

NUMBER = re.compile(r"[−+]?\d+\.\d+")


@pytest.fixture(scope="module")
def seen() -> View:
    return View(MadeUpStudy((0, 1, 5), replications=8))


def printed(frame: pd.DataFrame) -> set[str]:
    """Every change of a frame as it is printed: one decimal, plus and minus."""
    numbers = frame[["median", "low", "high"]].to_numpy(float).ravel()
    texts = {wording.fixed(x, 1) for x in numbers if np.isfinite(x)}
    return texts | {wording.signed(text) for text in texts}


def frames(view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The two files as other programs read them."""
    files = chain.files(view, "utf-8") | who.files(view, "utf-8")
    return tuple(pd.read_csv(io.BytesIO(files[name])) for name in (chain.CSV, who.CSV))


def test_every_number_in_words_stands_in_the_files(seen):
    chained, acted = frames(seen)
    for name in seen.policies:
        own = chained[chained["title"] == seen.title(name)]
        (found,) = (one for one in chain.chains(seen) if one.scenario == name)
        boxes = [*found.alone, *(box for one in found.chains for box in one.boxes)]
        said = " ".join(f"{box.change} {box.interval}" for box in boxes)
        assert set(NUMBER.findall(said)) <= printed(own)
        own = acted[acted["title"] == seen.title(name)]
        assert set(NUMBER.findall(who.line(seen, name))) <= printed(own)
        for row in who.table(seen, name).rows:
            assert set(NUMBER.findall(f"{row[2]} {row[3]}")) <= printed(own)


def test_a_chain_is_printed_once_though_another_begins_with_it(seen):
    for policy in chain.chains(seen):
        ways = [[box.outcome for box in one.boxes] for one in policy.chains]
        assert not [a for a in ways for b in ways if a != b and b[: len(a)] == a]
        assert all(one.boxes[-1].headline for one in policy.chains)
        assert all(box.why for one in policy.chains for box in one.boxes[1:])


def test_the_line_names_who_gains_and_loses_and_whom_nobody_can_tell(seen):
    """Everybody whom the frame calls a winner is named or counted, and nobody else."""
    for name in seen.policies:
        rows = who.rows_of(seen, name, who.OF_USE)
        text = who.line(seen, name)
        for verdict, head in ((actors.GAINS, "Gains: "), (actors.LOSES, "Loses: ")):
            there = [row for row in rows if row.verdict == verdict]
            assert (head in text) == bool(there)
            part = text.partition(head)[2].split(". ")[0]
            named = part.split(", ") if there else []
            assert len(named) == min(len(there), who.NAMED + 1)
            assert all(
                any(one.startswith(f"{who.likely(row)}{row.actor} ") for row in there)
                for one in named[: who.NAMED]
            )


def test_a_verdict_that_is_likely_only_is_said_to_be(seen):
    found = {(row.word, row.verdict): who.verdict(row) for row in seen.actors if row.verdict}
    assert found[wording.CLEAR, actors.GAINS] in ("gains", "less harm")
    assert found[wording.LIKELY, actors.LOSES] in ("likely loses", "likely more harm")


def test_the_table_leaves_to_one_sentence_what_did_not_move(seen):
    name = seen.policies[0]
    shown = {row[:2] for row in who.table(seen, name).rows}
    rest = who.unmoved(seen, name)
    rows = [row for row in who.rows_of(seen, name, who.TOLD) if row.group != actors.COSTS]
    for row in rows:
        assert ((row.group, row.actor) in shown) != (row.actor in rest.split("; ")[0] + rest), row


def test_countries_that_cannot_be_told_apart_tie(seen):
    """Made-up countries differ by noise alone."""
    for name in seen.policies:
        said = who.countries(seen, name)
        assert len(said) == 2
        assert all(sentence.endswith("all tie.") for sentence in said)


def test_countries_apart_are_named_at_both_ends():
    view = View(MadeUpStudy((0, 1)))
    rows = [row._replace(above=0, below=0) for row in view.country_changes]
    rows[0] = rows[0]._replace(below=3, name="Upland", mean=4.0)
    rows[5] = rows[5]._replace(above=1, name="Netherland", mean=-9.0)
    view.__dict__["country_changes"] = rows
    first, second = who.countries(view, view.policies[0])
    assert "highest in Upland (+4.0 points); lowest in Netherland (−9.0 points)" in first
    assert second.endswith("all tie.")


def test_winners_are_right_and_losers_left_without_colour(seen):
    """Triangles point to either side, and harm has an axis that is turned round."""
    name = seen.policies[0]
    figure = who_figure.draw(seen, name)
    rows = [row for block in who_figure.blocks(seen, name) for row in block.rows]
    lines = [line for axes in figure.axes for line in axes.lines if line.get_gid() == "marker"]
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        assert line.get_xdata()[0] == row.median
        expected = {actors.GAINS: ">", actors.LOSES: "<"}.get(row.verdict)
        assert (line.get_marker() == expected) if expected else line.get_marker() in {"o", "."}
    grey = {
        word: round(float(np.dot(to_rgb(face), (0.3, 0.59, 0.11))), 1)
        for word, (_, face, _) in who_figure._MARKS.items()
    }
    assert grey[wording.CANNOT_TELL] == 1.0  # a ring
    turned = [axes.xaxis_inverted() for axes in figure.axes]
    assert turned == [block.turned for block in who_figure.blocks(seen, name)]


def test_no_text_of_the_picture_is_cut_off(seen):
    figure = who_figure.draw(seen, seen.policies[0])
    for text in figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0, text.get_text()
        assert box.x1 <= figure.bbox.width, text.get_text()


def test_pictures_have_the_same_bytes_each_time(seen):
    drawn = [who_figure.draw(seen, seen.policies[0]) for _ in range(2)]
    assert style.svg(drawn[0]) == style.svg(drawn[1])


def test_chance_alone_is_drawn_where_draws_were_run_several_times():
    view = View(MadeUpStudy((0, 1), draws=4, replications=4))
    figure = who_figure.draw(view, view.policies[0])
    assert [line for axes in figure.axes for line in axes.lines if line.get_gid() == "chance"]
    assert any("chance alone" in text.get_text() for text in figure.texts)


def test_the_policies_that_move_most_actors_have_a_picture(monkeypatch, seen):
    monkeypatch.setattr(who_figure, "MOST_DRAWN", 2)
    moved = {"a": 1, "b": 3, "c": 0, "d": 2}
    rows = [
        SimpleNamespace(scenario=name, verdict=verdict)
        for name, times in moved.items()
        for verdict in (*[actors.GAINS] * times, *[wording.UNCHANGED] * 5)
    ]
    assert who_figure.drawn(SimpleNamespace(policies=list(moved), actors=rows)) == [1, 3]
    monkeypatch.setattr(who_figure, "MOST_DRAWN", 1)
    found = who_figure.context(seen, who_figure.files(seen))
    assert len(found["who_figures"]) == 1
    assert found["who_not_drawn"] == len(seen.policies) - 1
