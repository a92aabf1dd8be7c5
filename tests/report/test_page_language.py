"""The words of the page: what is measured, what intervals hold, and what too few runs allow."""

from __future__ import annotations

import html
import json
import re

import pandas as pd
import pytest

from sim import report
from sim.analysis import wording
from sim.analysis.study import Study
from sim.model.jurisdictions import Jurisdictions
from sim.report.findings import Findings
from sim.report.limits import by_chance, few, limits
from sim.scenario.scenario import load
from sim.sweep.design import Case, Design, Draws
from sim.sweep.store import Store
from sim.vocabulary import US
from tests.report.conftest import HOSTILE
from tests.sweep import fake


def test_thresholds_are_printed_from_the_rule(page):
    section = page.text.partition('id="signs"')[2].partition("</ul>")[0]
    lines = re.findall("<li>(.*?)</li>", section)
    assert [html.unescape(line) for line in lines] == wording.rule("replications")


def test_people_read_titles_and_commands_have_names(page):
    """Names stay in attributes, commands, files and keys: everywhere else stands the title."""
    titles = page.study.titles
    assert titles["p1-blanket"] == load("p1-blanket").title
    assert titles[HOSTILE] == HOSTILE
    text = re.sub(r"<pre>.*?</pre>|<code>.*?</code>|<[^>]*>", " ", page.text, flags=re.DOTALL)
    before, _, after = text.partition("Name in commands and files")
    for name in ("p1-blanket", "targeted-bundle", "status-quo"):
        assert f"<h3>{titles[name]}" in page.text
        assert name not in before.replace("docs/", "")
        assert name in after
    findings = pd.read_csv(page.folder / "findings.csv")
    assert dict(zip(findings["scenario"], findings["title"], strict=True)) == {
        name: title for name, title in titles.items() if name != page.study.against
    }


def test_standing_costs_are_called_inputs_and_are_no_findings(page):
    section = page.text.partition('<section id="costs">')[2].partition("</section>")[0]
    assert "Standing costs are <b>inputs</b>" in section
    table = section.partition("Inputs: standing costs")[2].partition("</table>")[0]
    title, control = load("p1-blanket").title, "open-weight-control (L1)"
    cells = rf'{title}</th><th scope="row">{re.escape(control)}</th><td>labs</td><td>([^<]*)</td>'
    firms = len(Jurisdictions.of_tables().firms(US))
    (amount,) = re.findall(cells, table)
    assert amount == wording.significant(20e6 * firms)
    assert ">0</td>" not in table
    numbers = page.text.partition('<details id="numbers-costs">')[2].partition("</details>")[0]
    assert "Charges of policies to" in numbers
    assert "Cost of policies to" not in section + numbers
    findings = (page.folder / "findings.csv").read_text(encoding="utf-8")
    assert "cost_policy" not in findings


def test_limits_say_what_follows_from_the_study(make):
    assert any("16 times" in line for line in limits(make((0, 1))))


def test_few_replications_are_said(make):
    assert by_chance(4) == pytest.approx(2 / 16)
    assert by_chance(16) == pytest.approx(2 * (1 + 16) / 2**16)
    assert by_chance(1) == 1.0
    assert "Few replications (4): by chance alone, 12.5 % of cells" in few(
        make((0, 1), replications=4)
    )
    assert few(make((0, 1))) == ""
    for draws, replications, said in ((1, 3, "3 replications"), (3, 1, "3 pairs")):
        study = make((0, 1), draws=draws, replications=replications)
        assert few(study) == f"Too few for a sign other than 0 ({said}): run at least 8."
        assert set(study.rubric().sign) <= {"?", "0"}


def uncertain(draws, replications):
    case = Case("a", fake.scenario("a"), "a")
    values = Draws.of([{"leak_hazard": (i + 1) / 64} for i in range(draws)])
    return Study(Store(), Design((case,), replications, 1, values), described=fake.DESCRIBED)


def test_draws_count_as_pairs_when_few_is_said():
    assert "Few pairs (4): by chance alone, 12.5 % of cells" in few(uncertain(4, 1))
    assert few(uncertain(32, 1)) == few(uncertain(4, 4)) == ""
    assert by_chance(10**6) == 0.0


def test_limits_say_what_draws_and_replications_are():
    (said,) = (line for line in limits(uncertain(32, 1)) if "Each scenario was run" in line)
    assert "Each scenario was run 32 times; run k of every scenario uses the same" in said
    assert "They are 32 draws of the uncertain numbers, each run once, with luck of its" in said
    assert "sets of values of 1 number. The intervals are over all these pairs and hold" in said


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
def test_one_replication_gets_no_words(make, tmp_path):
    text = report.write(make((0, 1, 5), replications=1), tmp_path).read_text(encoding="utf-8")
    assert "One replication shows no chance variation: no words are given. Run at least 8." in text
    for word in ("In short", 'class="rung"', 'class="symbol"', "In words", "undecided</span>"):
        assert word not in text


def test_the_page_says_what_is_measured_and_that_nothing_is_calibrated(page):
    assert "Intervals hold chance" in page.text
    before, _, after = page.text.partition("What the factors measure")
    assert "Where it helps" not in before
    for outcome in page.study.outcomes():
        if page.study.outcome(outcome).headline:
            assert page.study.outcome(outcome).label in after
    assert "consumer (30 %)" in after
    for term in (
        "paired", "bloc", "third country", "restricted country", "stripped open weights", "OOM",
        "utils",
    ):  # fmt: skip
        assert f"<dt>{term}</dt>" in after
    assert (
        "December 2030 only; the findings average the months compared (January 2027 to December "
        "2030)." in page.text
    )


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
@pytest.mark.parametrize("replications", [4, 20])
def test_the_page_says_that_ninety_percent_lie_inside_only_where_that_can_be(
    make, tmp_path, replications
):
    page = report.write(make((0, 1), replications=replications, twin=False), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert ("the range in which 90 % of the replications lie" in text) == (replications == 20)
    assert text.count("are interpolated between them") == (2 if replications == 4 else 0)


def test_one_meaning_of_the_question_mark(page):
    text = "".join(page.text.split())
    assert text.count("?cannottell:morethan10%ofthereplicationsarebetter") == 1
    for other in ("noclearsign", "stronggain", "strongloss", "smallagainstchance"):
        assert other not in text


@pytest.mark.usefixtures("few_pictures", "no_bitmaps")
def test_every_interval_of_a_report_says_what_it_holds(page, make, tmp_path):
    assert page.text.count("5–95 % holds chance.") == 3
    assert "its 5–95 % interval (chance)" in page.text
    assert "(5 to 95 %: chance) at year ends" in page.text
    assert "paired difference (5 to 95 %: chance)" in page.text
    assert (
        "Intervals hold chance; true uncertainty is larger: the model&#39;s form is one of many."
        in page.text
    )
    drawn = make((0, 1, 5), draws=4, replications=4, twin=False)
    text = report.write(drawn, tmp_path).read_text(encoding="utf-8")
    assert text.count("5–95 % holds chance and parameters.") == 3
    assert "(5 to 95 %: chance and parameters) at year ends" in text
    for name in ("table", "rubric", "findings"):
        frame = pd.read_csv(tmp_path / f"{name}.csv")
        assert set(frame["interval_holds"]) == {"chance and parameters"}
    for name in ("us-share", "us-share-changes"):  # draws were run several times
        frame = pd.read_csv(tmp_path / "figures" / f"{name}.csv")
        assert set(frame["interval_holds"]) == {"chance and parameters", "chance"}
    about = json.loads((tmp_path / "figures" / "about.json").read_text(encoding="utf-8"))
    assert about["interval_holds"] == "chance and parameters"


def test_the_page_says_who_stands_for_which_side(page):
    assert (
        f"a change of the paper&#39;s P1 and nothing else: {load('p1-blanket').title}." in page.text
    )
    title = load("targeted-bundle").title
    assert f"a change of P2, P3 or P4 and nothing else: {title}" in page.text


def test_of_a_scenario_of_ones_own_it_is_said_that_the_paper_is_not_compared(view):
    of = {policy.scenario: policy for policy in Findings.of(view).policies}
    own = of[HOSTILE]
    assert len(own.paper) == 1
    assert own.paper[0].startswith("Not compared with the paper")
    assert {(c.paper_text, c.dot) for c in own.cells} == {("", "")}
    for cell in of["p1-blanket"].cells:  # silent cells are silent, every other says what it is
        silent = cell.agreement == "paper silent"
        assert (cell.paper_text == "") == (cell.dot == "") == silent
        assert silent or "(reading of its prose): " in cell.paper_text
