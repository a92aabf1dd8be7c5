"""What people read in place of the names of cases, scenarios and levers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

from sim.sweep.design import Case
from sim.sweep.levers import Value, short_names, text_of


class Titled:
    """Cases with their titles, and levers with their labels.

    Attributes
    ----------
    cases : list of Case
        Scenarios with their lever values, references included.
    """

    cases: list[Case]

    @property
    def lever_paths(self) -> list[str]:
        """Key paths of all levers, each once, in the order of the cases."""
        return list(dict.fromkeys(path for case in self.cases for path in case.levers))

    @cached_property
    def lever_labels(self) -> dict[str, str]:
        """What people read in place of the key path of each lever."""
        return labels(self.lever_paths)

    def settings(self, values: Mapping[str, Value]) -> str:
        """Return values of levers in words: "know-your-customer friction 0.1, opening cost 0.5".

        Parameters
        ----------
        values
            By key path.

        Returns
        -------
        str
            Empty without levers.
        """
        return ", ".join(f"{self.lever_labels[path]} {text_of(x)}" for path, x in values.items())

    @cached_property
    def titles(self) -> dict[str, str]:
        """What people read in place of the name of each case, no two alike.

        The title of its scenario, or the name of one without a title, with the lever values that
        set the case apart in brackets. Titles that are the same are told apart by the names.
        """
        found = {}
        for case in self.cases:
            levers = f" ({self.settings(case.levers)})" if case.levers else ""
            found[case.name] = f"{case.scenario.label}{levers}"
        return _told_apart(found)

    @cached_property
    def scenario_titles(self) -> dict[str, str]:
        """What people read in place of the name of each scenario, no two alike."""
        return _told_apart({case.scenario.name: case.scenario.label for case in self.cases})


SHORT = {
    "cn": "China",
    "eu": "EU",
    "flop": "FLOP",
    "gpu": "GPU",
    "kyc": "know-your-customer",
    "lockin": "lock-in",
    "prob": "probability",
    "us": "US",
}
"""Words for what names of fields shorten."""


def labels(levers: Iterable[str]) -> dict[str, str]:
    """Return what people read in place of a lever's path: "opening cost", "strength of audits"."""
    return {
        path: " of ".join(_in_words(part) for part in reversed(name.split(".")))
        for path, name in short_names(levers).items()
    }


def _in_words(name: str) -> str:
    return " ".join(SHORT.get(word, word) for word in re.split("[_-]", name))


def _told_apart(titles: Mapping[str, str]) -> dict[str, str]:
    """Return titles by name; those that are the same with their names in brackets."""
    seen = Counter(titles.values())
    return {
        name: f"{title} ({name})" if seen[title] > 1 and title != name else title
        for name, title in titles.items()
    }
