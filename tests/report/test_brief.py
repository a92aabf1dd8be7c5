"""The brief is two pages, inert, the same to the byte, and says only what the tables say."""

from __future__ import annotations

import csv
import html
import io
import re
import shutil
import subprocess

import pytest

from sim.analysis.frames import csv_bytes
from sim.report import against_data, brief
from sim.report.brief import context
from sim.report.findings import Findings
from sim.report.page import POLICY, _findings_frame
from sim.report.paper import LINK
from sim.report.templating import template
from sim.report.view import View
from tests.report.conftest import HOSTILE
from tests.report.reader import Reader
from tests.report.told import BUNDLE, HEADLINES, P1, P2, P3, Small, Told, split

NUMBER = re.compile(r"[−+]?\d+(?:\.\d+)?")
CHROMIUM = shutil.which("chromium")


class Parts(Reader):
    """Collects the part of findings.csv that each element with numbers is of."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_starttag(self, tag, attrs):
        super().handle_starttag(tag, attrs)
        self.parts += [value for name, value in attrs if name == "data-part"]


@pytest.fixture(scope="module")
def study() -> Small:
    """Status quo, blanket control, targeted bundle and the scenario with a hostile name."""
    return Small((0, 1, 5, 6))


@pytest.fixture(scope="module")
def text(study) -> str:
    return rendered(study)


@pytest.fixture(scope="module")
def read(text) -> Parts:
    reader = Parts()
    reader.feed(text)
    assert not reader.open
    return reader


def rendered(study, question="Who gains?", title="Policies") -> str:
    view = View(study)
    filled = context(view, Findings.of(view), title, question)
    return template(brief.TEMPLATE).render(filled, content_policy=POLICY)


def test_months_stand_with_each_policy_where_they_differ(text):
    class Late(Small):
        def window(self, name):
            first, last = super().window(name)
            return (first + 12 * (name == BUNDLE), last)

    both = [f"mean of {x}" for x in ("January 2027 to December 2030", "the months under")]
    assert [x in seen(text) for x in both] == [True, False]
    late = seen(rendered(Late((0, 1, 5, 6))))
    assert [x in late for x in both] == [False, True]
    assert late.count("January 2027 to December 2030") == 2
    assert late.count("January 2028 to December 2030") == 1


def read_back(frame) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_bytes(frame).decode())))


def seen(text: str) -> str:
    """Return what a reader sees of a page, without tags."""
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def two_digits(x: float) -> float:
    return float(f"{x:.1e}")


def test_every_number_of_a_finding_is_in_the_table_of_findings(study, read):
    view = View(study)
    table = read_back(_findings_frame(view, Findings.of(view)))
    rows = {(row["part"], row["scenario"], row["outcome"]): row for row in table}
    assert len(read.said) == len(read.parts) > 3 * 9
    assert {"headline", "beside", "targeted against blanket"} <= set(read.parts)
    for part, (scenario, outcome, said) in zip(read.parts, read.said, strict=True):
        row = rows[part, scenario, outcome]
        known = [two_digits(float(row[name])) for name in ("median", "low", "high")]
        known += [abs(known[0]), float(row["pairs"]), 10.0]
        chances = [float(row[name]) for name in ("p_higher", "p_lower", "p_floor")]
        known += [int(10 * p + 1e-9) for p in chances]
        found = NUMBER.findall(said)
        assert found, said
        for token in found:
            width = 0.5001 * 10.0 ** -len(token.partition(".")[2])
            number = float(token.replace("−", "-"))
            assert any(abs(number - x) <= width for x in known), (token, said, known)


def test_sentences_have_no_number_that_is_not_of_a_finding(text, study):
    titles = study.titles.values()
    for block in re.findall(r'<ol class="news">.*?</ol>|<h2 id="change">.*?</ul>', text, re.DOTALL):
        rest = seen(re.sub(r'<span class="n".*?</span>', "", block, flags=re.DOTALL))
        for title in titles:
            rest = rest.replace(title, "")
        rest = (
            rest.replace("all of them at 0", "")
            .replace("all such responses at 0", "")
            .replace("assumed responses at 0", "")
        )
        rest = re.sub(r"and \d+ more, in the report", "", rest)
        assert not re.search(r"\d", rest), rest


def test_no_number_has_more_than_two_digits_that_mean_something(read):
    numbers = [token for _, _, said in read.said for token in NUMBER.findall(said)]
    assert len(numbers) >= 100
    for token in numbers:
        digits = token.strip("−+").replace(".", "").lstrip("0")
        assert len(digits if "." in token else digits.rstrip("0")) <= 2, token


def test_levels_are_those_of_the_reference(text, study):
    table = study.table().set_index("outcome")
    for outcome, said in (
        ("us_share_abroad", "US share of AI use abroad"),
        ("cn_share_abroad", "of AI"),
    ):
        level = 100 * float(table.loc[outcome, "reference"].iloc[0])
        (shown,) = re.findall(rf">{said}[^<;]*; ([\d.]+) % in Status quo", text)
        assert float(shown) == pytest.approx(level, abs=0.5)


def test_china_stands_beside_the_us_share_and_misuse_of_others_last(text):
    heads = re.findall(r'<th scope="row">([^<]*)<span', text)
    assert heads[-3:] == ["Global power (US)", "China&#39;s share", "Other misuse"]
    assert len(heads) == 9


def test_dots_say_how_the_papers_sign_stands_and_silence_has_none(text, study):
    rubric = study.rubric()
    matrix = text.partition("<tbody>")[2].partition("</table>")[0]
    for agreement, label in brief.AGREEMENTS.items():
        dots = matrix.count(f'aria-label="{label}"')
        assert dots == (rubric["agreement"] == agreement).sum()
    assert matrix.count('class="dot"') == rubric["agreement"].isin(list(brief.AGREEMENTS)).sum() > 0
    assert "Reading of its prose" in text


def test_the_strip_counts_the_rows_of_the_table_of_targets(text, study):
    rows = read_back(against_data.targets_frame(study))
    shown = re.findall(r'<th scope="row">([^<]*)</th><td class="count">(\d+) of (\d+)</td>', text)
    assert [name for name, *_ in shown] == [
        "Fitted targets", "Imposed targets", "Paths that were never fitted",
    ]  # fmt: skip
    for kind, (_, met, of) in zip(("fitted", "imposed", "path"), shown, strict=True):
        own = [row for row in rows if row["kind"] == kind]
        assert (int(met), int(of)) == (sum(r["in_range"] == "True" for r in own), len(own))
        for row in own:
            told = f"{row['quantity']} ({against_data._number(float(row['value']))} in the record, "
            assert (told in html.unescape(text)) == (row["in_range"] == "False")


def test_a_target_is_met_by_the_ensemble_only_if_the_record_lies_inside_too(monkeypatch):
    one = {"role": "target", "mode": "free", "quantity": "q", "in_range": True, "inside": False}
    one |= {"value": 0.012, "low": 0.003, "high": 0.04, "q05": 0.0347, "q50": 0.07, "q95": 0.133}
    monkeypatch.setattr(against_data, "_rows", lambda study: [one])
    for ensemble, met in ((True, ()), (False, (True,))):
        monkeypatch.setattr(against_data, "is_calibrated", lambda design, is_=ensemble: is_)
        tally = against_data.tallies(Told({}, [P1]))[0]
        assert (tuple(x for x in tally.met if x), len(tally.met)) == (met, 1)
        told = ("q (0.012 in the record, 0.0347 to 0.133 in the model)",)
        assert tally.missed == (() if met else told)


def test_it_is_conditional_and_says_how_to_cite_and_make_it_again(text):
    said = seen(text)
    assert said.count("Conditional comparison under stated assumptions, not a forecast.") == 2
    cited = r"Cite: The openstakes developers, openstakes [\d.a-z]+, seed 7, 16 replications;"
    assert re.search(cited, said)
    assert 'href="report.html#reproduce"' in text


def test_it_links_to_the_report_and_fetches_nothing(text, read):
    assert f'content="{POLICY}"' in html.unescape(text)
    links = {a["href"] for _, a in read.elements if "href" in a}
    assert links == {"report.html", "report.html#reproduce", LINK}
    assert not any("src" in a for _, a in read.elements)
    assert not {"script", "iframe", "object", "link", "base", "form", "img"} & {
        tag for tag, _ in read.elements
    }
    assert "url(" not in text
    assert "@import" not in text


def test_people_read_titles_and_never_names_of_files(text, study):
    said = seen(text)
    for name in ("p1-blanket", "targeted-bundle", "status-quo"):
        assert name not in said
        assert study.titles[name] in said
    assert HOSTILE in said


@pytest.mark.parametrize(("room", "form"), [(5, "columns"), (4, "rows")])
def test_policies_are_columns_as_long_as_paper_has_room(room, form, monkeypatch):
    monkeypatch.setattr(brief, "COLUMNS", room)
    text = rendered(Told({}))
    assert f'class="matrix {form}"' in text
    heads = text.partition("<thead>")[2].partition("</thead>")[0].count("<th ")
    assert heads == 1 + (5 if form == "columns" else 9)
    assert text.partition("<tbody>")[2].partition("</table>")[0].count("<td") == 5 * 9


def test_one_replication_gets_numbers_and_no_words():
    said = seen(rendered(Small((0, 1), replications=1)))
    assert "One replication shows no chance variation" in said
    for word in ("What to know first", "What would change", "cannot tell", "better ·"):
        assert word not in said


def test_few_pairs_are_said():
    assert "Few replications (4): run more before quoting." in rendered(
        Small((0, 1), replications=4)
    )
    assert "run more before quoting" not in rendered(Small((0, 1)))


def test_without_a_policy_or_a_finding_it_says_so():
    assert "there is nothing to compare it with" in rendered(Small((0,), twin=False))
    text = rendered(Told({(P1, name): split(30.0) for name in HEADLINES}, [P1]))
    assert "These runs settle nothing that can be said aloud" in text


def test_each_targeted_policy_stands_in_the_list_of_its_blanket_control():
    study = Told({(P1, "us_share_abroad"): -6.0}, [P1, P2, BUNDLE])
    part = seen(rendered(study).partition('<div class="duels">')[2].partition("</div>")[0])
    assert part.count("Each against ") == 1
    assert (
        f"Each against {study.titles[P1]}, in points or percent of its level. None is worse" in part
    )
    for name in (P2, BUNDLE):
        assert part.count(f"{study.titles[name]} (against {study.titles[study.against]} it") == 1
    assert "better on Global power (US), +6.0 points (+6.0 to +6.0) ." in part
    assert "same luck" in seen(rendered(study))
    assert "same uncertain numbers and luck" not in seen(rendered(study))


def test_what_would_change_this_is_what_the_study_knows():
    effects = {(P1, "us_share_abroad"): -6.0, (BUNDLE, "other_harm"): split(9.0)}
    study = Told(effects, [P1, BUNDLE], zero={})
    part = seen(rendered(study).partition('<h2 id="change">')[2].partition("</ul>")[0])
    title = study.titles[P1]
    assert f"{title} , Global power (US): lower (worse) becomes no material change, 0" in part
    calm = rendered(Told({}, [P3], zero={})).partition('<h2 id="change">')[2]
    assert "With all such responses at 0 no sign changes." in calm
    assert "was not run with assumed responses at 0" in rendered(Told({}, [P3]))


def chromium(*words: str) -> bytes:
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
    done = subprocess.run([CHROMIUM, *quiet, *words], capture_output=True, timeout=60, check=True)
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_hostile_names_do_nothing_in_a_browser(tmp_path):
    hostile = "</title></style><script>document.title='x'</script><img src=x onerror=1>"
    text = rendered(Small((0, 1, 6)), question=hostile, title=hostile).replace(POLICY, "")
    (tmp_path / "brief.html").write_text(text, encoding="utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    tree = chromium(profile, "--dump-dom", f"file://{tmp_path}/brief.html").decode()
    assert f"<title>{html.escape(hostile, quote=False)}: brief</title>" in tree
    assert "<img" not in tree
    assert "<script" not in tree


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
@pytest.mark.parametrize("paper", ["A4", "letter"])
def test_six_policies_take_two_pages_of_paper(tmp_path, paper):
    text = rendered(Small()).replace("@page { ", f"@page {{ size: {paper}; ")
    (tmp_path / "brief.html").write_text(text, encoding="utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    out = tmp_path / "brief.pdf"
    chromium(profile, f"--print-to-pdf={out}", f"file://{tmp_path}/brief.html")
    assert re.findall(rb"/Type /Pages\s.*?/Count (\d+)", out.read_bytes(), re.DOTALL) == [b"2"]
