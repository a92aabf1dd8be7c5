"""The frontier: the best releases so far, and the best ideas in the open."""

from __future__ import annotations

from bisect import bisect_right

from sim.vocabulary import CN, ORIGINS, US

_ORIGIN_GROUPS = tuple(origin.lower() for origin in ORIGINS)
GROUPS = (*_ORIGIN_GROUPS, "open", "closed", "all")
SCORES = ("true", "measured")
NOTHING = -1e9

Idea = tuple[float, int]
"""Efficiency (log10), and the origin of who found it."""


class Frontier:
    """Capability of the best releases so far.

    Attributes
    ----------
    best : dict of str to dict of str to float
        By score ("true" or "measured") and group of releases.
    paths : the same with a list for each float
        One entry for what came out before the first month, then one for the end of each month.
    """

    def __init__(self) -> None:
        self.best = {score: dict.fromkeys(GROUPS, NOTHING) for score in SCORES}
        self.paths: dict[str, dict[str, list[float]]] = {
            score: {group: [] for group in GROUPS} for score in SCORES
        }
        # The best open release, and the best one of any other lab.
        self._top = ((NOTHING, -1), (NOTHING, -1))
        self._open = [NOTHING] * len(ORIGINS)
        self._open_measured = [NOTHING] * len(ORIGINS)

    @property
    def level(self) -> float:
        """Capability of the best release."""
        return self.best["true"]["all"]

    def enter(
        self, lab: int, origin: int, capability: float, measured: float, opened: bool
    ) -> None:
        """Enter a release."""
        groups = ("all", _ORIGIN_GROUPS[origin], "open" if opened else "closed")
        for best, score in ((self.best["true"], capability), (self.best["measured"], measured)):
            for group in groups:
                if score > best[group]:
                    best[group] = score
        if opened:
            first, second = self._top
            if capability > first[0]:
                self._top = ((capability, lab), second if first[1] == lab else first)
            elif capability > second[0] and first[1] != lab:
                self._top = (first, (capability, lab))
            self._open[origin] = max(self._open[origin], capability)
            self._open_measured[origin] = max(self._open_measured[origin], measured)

    def close_month(self) -> None:
        """Enter the best of all groups into their paths."""
        for score, paths in self.paths.items():
            for group, path in paths.items():
                path.append(self.best[score][group])

    def best_open(self, excluding_lab: int | None = None) -> float:
        """Capability of the best open release, perhaps without one lab's."""
        first, second = self._top
        return second[0] if first[1] == excluding_lab else first[0]

    def best_open_measured(self, excluding_origin: int) -> float:
        """Measured capability of the best open release without one origin's."""
        return max(x for o, x in enumerate(self._open_measured) if o != excluding_origin)

    def best_open_of(self, origin: int) -> float:
        """Capability of an origin's best open release."""
        return self._open[origin]

    def lag(self, score: str, reference: str, group: str, month: int | None = None) -> float:
        """Months since the reference's best first exceeded the group's best.

        As it stands, or as it stood at the end of a past month.
        """
        leader, follower = self.paths[score][reference], self.paths[score][group]
        last = len(leader) - 1 if month is None else month + 1  # paths begin before the first month
        return float(max(0, last - bisect_right(leader, follower[last], 0, last + 1)))


class Ideas:
    """The best efficiency known in public.

    Ideas of controlled releases reach China with their weights.
    """

    def __init__(self) -> None:
        self._world = self._china = (NOTHING, US)
        self._held: dict[int, Idea] = {}

    def pool(self, origin: int) -> Idea:
        """Best idea that labs of an origin can reach."""
        return self._china if origin == CN else self._world

    def spread(self, idea: Idea) -> None:
        """An idea becomes known everywhere."""
        self._world, self._china = max(self._world, idea), max(self._china, idea)

    def hold(self, row: int, idea: Idea) -> None:
        """An idea becomes known outside China.

        It is held back there until the release's weights are free.
        """
        self._world = max(self._world, idea)
        self._held[row] = idea

    def free(self, row: int) -> None:
        """The weights of a release are free."""
        idea = self._held.pop(row, None)
        if idea is not None:
            self._china = max(self._china, idea)

    def held(self) -> list[int]:
        """Rows of the releases whose ideas are held back: those under control and on no mirror."""
        return list(self._held)
