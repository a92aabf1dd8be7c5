"""Files meant to harm: each is refused with one clear message, in little memory.

Nothing is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.messages import ScenarioError
from sim.model.parameters import PARAMETERS
from sim.scenario.scenario import load, parse
from sim.scenario.toml import parse_toml
from sim.sweep.experiment import load_experiment
from tests.marks import slow

ROOT = Path(__file__).resolve().parents[2]
LONGEST = max(PARAMETERS, key=len)

HOSTILE = {
    "too large": b"# " + b"x" * (64 * 1024),
    "not UTF-8": b"name = '\xff\xfe'",
    "UTF-16": 'name = "mine"'.encode("utf-16"),
    "binary": bytes(range(256)),
    "deep lists": b"x = " + b"[" * 900 + b"]" * 900,
    "deep lists on many lines": b"x = " + b"[\n" * 15_000,
    "deep tables": b"x = " + b"{a = " * 300 + b"1" + b"}" * 300,
    "deep dotted key": b"a." * 990 + b"a = 1",
    "many deep dotted keys": b"\n".join(b"a." * 990 + f"b{i} = 1".encode() for i in range(32)),
    "long dotted header": b"[" + b"a." * 30_000 + b"a]",
    "many tables": b"\n".join(f"[a{i}]".encode() for i in range(8000)),
    "many unknown parameters": b"name = 'mine'\n[parameters]\n"
    + b"\n".join(f"leak_hazar{i} = 1".encode() for i in range(990)),
    "many digits": b"adopters = " + b"9" * 1900,
    "many hexadecimal digits": b"adopters = 0x" + b"f" * 1900,
    "huge exponent": b"name = 'mine'\nadopters = 1e400",
    "duplicate key": b"name = 'a'\nname = 'b'",
    "control character": b'name = "mine"\nquestion = "\\u0007"',
    "escape sequence": b'name = "mine"\nquestion = "\\u001b[2J"',
    "bidi in text": 'name = "mine"\nquestion = "\u202eevil"'.encode(),
    "bidi in a key": '"\u2066a" = 1'.encode(),
    "NUL": b'name = "mine\\u0000"',
    "line break in a name": b'name = "mi\\nne"',
    "trailing line break in a name": b'name = "mine\\n"',
    "line separator": 'name = "mine"\nquestion = "a\u2028b"'.encode(),
    "other digits": (
        'name = "mine"\n[policy.x]\nlever = "L1"\nstart = "\u0662\u0660\u0662\u0666-01"'.encode()
    ),
    "markup": b'name = "<script>"',
    "date": b"name = 2026-01-01",
    "empty": b"",
    "only a table": b"[policy.x]",
    "five thousand digits": b"name = 'mine'\nadopters = " + b"9" * 5000,
    "not a number": b"name = 'mine'\n[parameters]\nleak_hazard = nan",
    "infinite": b"name = 'mine'\n[parameters]\nleak_hazard = -inf",
    "a hundred thousand keys": b"\n".join(b"a%d = 1" % i for i in range(100_000)),
    "a path as a name": b'name = "../x"',
    "a name of 300 characters": b'name = "' + b"x" * 300 + b'"',
    "a policy's name is a path": b'name = "mine"\n[policy."../../x"]\nlever = "L1"',
    "a policy's name is markup": b'name = "mine"\n[policy."<b>"]\nlever = "L1"',
    "extends a path": b'name = "mine"\nextends = "../../etc/passwd"',
    "extends itself": b'name = "mine"\nextends = "mine"',
    "every policy at once": b'name = "mine"\nextends = "status-quo"\n[policy."*"]\nstrength = 0.0',
    # What follows made the search for the nearest name slow.
    "many policies without a lever": b"name = 'mine'\n"
    + b"".join(b"[policy.%s%d]\nstrength = 1\n" % (b"p" * 50, i) for i in range(330)),
    "many long unknown parameters": b"name = 'mine'\n[parameters]\n"
    + b"".join(f"{LONGEST}{'x' * 20}{i} = 1\n".encode() for i in range(600)),
    "many unknown fields": b"name = 'mine'\n[policy.x]\nlever = 'L1'\n"
    + b"".join(b"compliance_cost_%s%d = 1\n" % (b"x" * 30, i) for i in range(990)),
    "many unknown countries": b"name = 'mine'\n[policy.x]\nlever = 'L1'\ntargets = [\n"
    + b"".join(b"'%s%d',\n" % (b"C" * 40, i) for i in range(950))
    + b"]",
    "many unknown removals": b"name = 'mine'\nextends = 'status-quo'\nremove = [\n"
    + b"".join(b"'policy.chips-%s%d',\n" % (b"1" * 40, i) for i in range(950))
    + b"]",
}
HARMLESS_OVER_ANOTHER = ("empty", "every policy at once", "extends a path", "extends itself")
"""As an override these are either fine or refused for another reason."""


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_a_hostile_file_is_refused_with_one_printable_message(tmp_path: Path, what: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(HOSTILE[what])
    with pytest.raises(ScenarioError) as caught:
        load(path)
    message = str(caught.value)
    assert message.splitlines()
    assert all(line.isprintable() for line in message.splitlines())
    assert len(message) < 20_000
    assert str(path) in message
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (b"a." * 101 + b"a = 1", "line 1 has 101 dots"),
        (b"# " + b"x" * 2000, "line 1 has 2002 characters"),
    ],
)
def test_lines_that_would_keep_the_parser_busy_are_refused_before_it_starts(
    line: bytes, part: str
) -> None:
    with pytest.raises(ScenarioError, match=part):
        parse_toml(line, "file")


def strange_files(folder: Path) -> list[Path]:
    """What is no file of reasonable size, and links to it."""
    os.mkfifo(folder / "pipe.toml")
    (folder / "folder.toml").mkdir()
    (folder / "huge.toml").touch()
    os.truncate(folder / "huge.toml", 2**30)
    for name, target in (
        ("zero", "/dev/zero"),
        ("loop", "loop.toml"),
        ("link", "pipe.toml"),
        ("gone", "nowhere.toml"),
    ):
        (folder / f"{name}.toml").symlink_to(target)
    return [
        *sorted(folder.iterdir()),
        folder / ("n" * 300 + ".toml"),
        folder / "missing.toml",
        Path("/dev/zero"),
    ]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in [*strange_files(tmp_path), tmp_path / "nul\0.toml"]:
        with pytest.raises(ScenarioError) as caught:
            load(path)
        (problem,) = caught.value.problems
        assert problem.isprintable()
        assert path.name.split("\0")[0] in problem


def test_a_link_to_a_scenario_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nextends = "p1-blanket"\n')
    (tmp_path / "link.toml").symlink_to("mine.toml")
    assert load(tmp_path / "link.toml") == load(tmp_path / "mine.toml")


def test_files_with_other_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b'name = "mine"\r\nextends = "status-quo"\r\n[policy.x]\r\nlever = "L1"\r\n')
    assert load(path).policy["x"].lever == "L1"


COMMANDS = {
    "run": ["run", "{}"],
    "compare": ["compare", "{}"],
    "check": ["check", "{}"],
    "show": ["show", "{}"],
    "diff": ["diff", "status-quo", "{}"],
    "explain": ["explain", "{}", "--month", "2027-06"],
    "experiment": ["experiment", "{}"],
    "override": ["show", "p1-blanket", "--override", "{}"],
}
MANY_CALLS = """
import json, resource, sys
from sim.cli.app import app
codes = []
for line in sys.stdin:
    try:
        app(json.loads(line), prog_name="openstakes")
        codes.append(0)
    except SystemExit as end:
        codes.append(end.code)
print(json.dumps([codes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def many_calls(calls: list[list[str]], folder: Path) -> tuple[list[int], int, str]:
    """Call the command many times in one process: its statuses, most memory (kB) and messages."""
    lines = "\n".join(json.dumps(call) for call in calls)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", MANY_CALLS]
    done = subprocess.run(
        command,
        input=lines,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    *printed, last = done.stdout.splitlines()
    assert printed == [], done.stderr
    return *json.loads(last), done.stderr


@pytest.mark.parametrize(
    "command", [c if c in ("check", "experiment", "run") else slow(c) for c in sorted(COMMANDS)]
)
def test_every_command_refuses_hostile_files_in_little_memory(tmp_path: Path, command: str) -> None:
    files = strange_files(tmp_path)
    for number, (what, content) in enumerate(sorted(HOSTILE.items())):
        if command == "override" and what in HARMLESS_OVER_ANOTHER:
            continue
        (tmp_path / f"mine-{number}").mkdir()
        files.append(tmp_path / f"mine-{number}" / "mine.toml")
        files[-1].write_bytes(content)
    before = sorted(tmp_path.rglob("*"))
    calls = [[word.format(file) for word in COMMANDS[command]] for file in files]
    bare = many_calls([["check", "p1-blankett"]], tmp_path)
    codes, memory, messages = many_calls(calls, tmp_path)
    assert bare[0] == [2]
    assert [file for file, code in zip(files, codes, strict=True) if code != 2] == []
    assert "Traceback" not in messages
    assert memory - bare[1] < 60_000
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["../x", "x" * 300, "<b>", "", "\u202ep1", "a b", "nul\0"])
def test_a_hostile_name_of_a_scenario_is_refused_by_every_command(
    tmp_path: Path, name: str
) -> None:
    calls = [[word.format(name) for word in words] for words in COMMANDS.values()]
    codes, _, messages = many_calls(calls, tmp_path)
    assert codes == [2] * len(calls)
    assert all(line.isprintable() for line in messages.splitlines())
    assert list(tmp_path.iterdir()) == []


def test_an_experiment_refuses_a_hostile_scenario_beside_it(tmp_path: Path) -> None:
    (tmp_path / "try.toml").write_text('name = "try"\nscenarios = ["mine"]\n')
    for content in HOSTILE.values():
        (tmp_path / "mine.toml").write_bytes(content)
        with pytest.raises(ScenarioError):
            load_experiment(tmp_path / "try.toml")


KEYS = ["name", "policy", "parameters", "horizon", "crisis", "adopters", "history"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    st.sampled_from([*KEYS, "assumptions", "zzz"]),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_value_makes_the_reader_fail_otherwise(value: object, key: str) -> None:
    try:
        text = tomli_w.dumps({"name": "mine", key: value})
    except (TypeError, ValueError, AttributeError):
        return
    try:
        scenario = parse(text)
    except ScenarioError:
        return
    assert parse(scenario.as_toml()) == scenario


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_no_bytes_make_the_reader_fail_otherwise(content: bytes) -> None:
    with contextlib.suppress(ScenarioError):
        assert isinstance(parse_toml(content, "file"), dict)
