"""Every public call says what it takes and gives."""

import inspect
import re

import pytest

from sim import api, report
from sim.analysis.study import Study

CALLS = {
    name: call
    for name, call in inspect.getmembers(Study)
    if name[0] != "_" and inspect.isroutine(call) and callable(call)
}
CALLS |= {f"report.{name}": getattr(report, name) for name in report.__all__}
CALLS |= {name: getattr(api, name) for name in ("run", "compare", "run_sweep")}


@pytest.mark.parametrize("name", CALLS)
def test_a_public_call_says_what_it_takes_and_gives(name):
    text, signature = inspect.getdoc(CALLS[name]), inspect.signature(CALLS[name])
    section = re.split(r"\n\w+\n-+\n", text.partition("Parameters\n----------\n")[2])[0]
    listed = {word for line in section.splitlines() for word in line.split(" : ")[0].split(", ")}
    assert {word for word in signature.parameters if word not in ("self", "study")} <= listed
    assert signature.return_annotation == "None" or re.search(
        r"^(Returns|Yields)\n-+$", text, re.MULTILINE
    )
