"""Case against reference: the months compared, paired differences, and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Self

from sim.analysis import windows
from sim.analysis.comparison import Floats, by_draw
from sim.analysis.results import Results
from sim.months import month_index
from sim.sweep.design import STATED, WITHOUT_ASSUMED

if TYPE_CHECKING:
    import pandas as pd


class PairedResults(Results):
    """Results in which each case is compared with its reference, pair by pair.

    Statistics are taken over the pairs that finished in both.
    """

    @cached_property
    def without_assumed(self) -> Self | None:
        """The same study with all assumed responses at 0, or None if that was not run."""
        if self._variant != STATED or all(
            case.variant != WITHOUT_ASSUMED for case in self.design.cases
        ):
            return None
        return type(self)(self.store, self.design, variant=WITHOUT_ASSUMED, described=self._given)

    def window(self, scenario: str) -> tuple[int, int]:
        """Return the months over which a case is compared with its reference.

        They are months 13 to 60 after the first difference between the two, cut at the horizon.
        Where the horizon ends before month 13, all months from the first difference on are taken. A
        case that never differs is compared over the whole horizon, and so is a reference with
        itself.

        Parameters
        ----------
        scenario
            Name of a case.

        Returns
        -------
        first, last : int
            First and last month (0 = 2023-01).
        """
        case = self.case(scenario)
        return self._windows[case.against, case.name]

    @cached_property
    def _windows(self) -> dict[tuple[str, str], windows.Window]:
        return {
            (case.against, case.name): windows.window(
                self.scenario(case.against), self.scenario(case.name)
            )
            for case in self.cases
        }

    def months_compared(self, scenario: str) -> list[str]:
        """Return the months that are in the means of a case: those of its window that were kept.

        Parameters
        ----------
        scenario
            Name of a case.

        Returns
        -------
        list of str
            As "YYYY-MM", in order; empty if no month of the window was kept.
        """
        first, last = self.window(scenario)
        return [month for month in self.months(scenario) if first <= month_index(month) <= last]

    def common_window(self) -> tuple[int, int]:
        """Return the overlap of all windows: months in which all cases are compared.

        Returns
        -------
        first, last : int
            First and last month (0 = 2023-01). Where the windows do not overlap, from the first
            month of any to the last month of any.
        """
        others = [case for case in self.cases if case.name != case.against]
        found = [self.window(case.name) for case in others or self.cases]
        return windows.overlap(found) or windows.span(found)

    def other_differences(self, scenario: str) -> list[tuple[str, object, object]]:
        """Return in what a case differs from its reference beside policy.

        Parameters
        ----------
        scenario
            Name of a case.

        Returns
        -------
        list of (str, object, object)
            Key path, value and the reference's value. Parameters that are drawn are the same in
            both.
        """
        from sim.scenario.differences import other_differences

        drawn = {f"parameters.{name}" for name in self.design.draws.names}
        found = other_differences(
            self.scenario(scenario), self.scenario(self.case(scenario).against)
        )
        return [row for row in found if row[0] not in drawn]

    def paired_differences(self, scenario: str, outcomes: Sequence[str]) -> dict[str, Floats]:
        """Return case minus reference, each averaged over the window, as `table` has it.

        Parameters
        ----------
        scenario
            Name of a case.
        outcomes
            Names of outcomes that were kept. They are read together.

        Returns
        -------
        dict
            For each outcome an array (pair,) of float64 in its unit; nan where a run of the two
            failed. `pair_index` tells draws from replications.
        """
        chosen, window = self._chosen(outcomes), self.window(scenario)
        ours, theirs = (
            self.means(name, chosen, window) for name in (scenario, self.case(scenario).against)
        )
        return dict(zip(chosen, (ours - theirs).T, strict=True))

    def differences(self, scenario: str, outcome: str) -> Floats:
        """Return case minus reference by draw; with one draw, by replication.

        Parameters
        ----------
        scenario
            Name of a case.
        outcome
            Name of an outcome that was kept.

        Returns
        -------
        ndarray of float64, shape (draw,) or, with one draw, (replication,)
            In the outcome's unit. The difference of a draw is the mean over replications that
            finished in both; nan if there is none.
        """
        return by_draw(self.paired_differences(scenario, [outcome])[outcome], self.pair_index)

    def table(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return every paired comparison: one row per case (references left out) and outcome.

        Parameters
        ----------
        outcomes
            Names of outcomes that were kept. Default: all of them.

        Returns
        -------
        DataFrame
            Columns: scenario (name of the case), title (`titles`), one for each lever, outcome,
            unit, reference and difference (means, in the unit), median, low and high (5 and 95 %
            points) of the changes over pairs of a draw and a replication, scale (what changes are
            in: "points", "percent" of the reference's mean in the draw, or "unit" of an outcome
            that is a difference and has no sign), p_higher, p_lower and
            p_floor (shares of pairs above, below and within the floor: 0.5 points, 2 %), sign (read
            towards the goal: "++", "+", "0", "?", "-", "--"; of an outcome without a goal "higher",
            "lower", "0" or "?"), word (clear, likely, no material change, likely no material
            change, cannot tell), input (of a cost: "all" of the difference is set by fields of the
            scenario, or "part" of it, see `sim.analysis.inputs`; no cost has a sign, and its word
            is "input", "partly input" or ""), interval_holds ("chance" or "chance and
            parameters"), first_month and last_month (the first and the last month in the means,
            `months_compared`; "" if there is none), months (their number), pairs.
        """
        from sim.analysis.tables import table

        return table(self, self._chosen(outcomes))

    def rubric(self) -> pd.DataFrame:
        """Return one row per scenario and factor of the rubric, with the paper's sign beside ours.

        The paper compares its policies with no new policy: its signs stand beside unchanged
        scenarios that are compared with an unchanged status quo and differ from it in policy alone,
        and nowhere else.

        Returns
        -------
        DataFrame
            Columns: scenario, title, factor, outcome, unit, reference, difference, median, low,
            high, scale, p_better and p_worse (shares of pairs beyond the floor on either side of
            the goal; nan if a move is neither), p_floor, sign, word and interval_holds, all as in
            `table`, paper, agreement (agrees, disagrees, undecided, paper silent; of any scenario
            or reference that is not the paper's: not compared with the paper), sign_without_assumed
            (the sign when all assumed responses are 0, empty if that was not run), first_month,
            last_month and months (the months in the means, as in `table`; those of `reference` too)
            and also_differs (what beside policy differs from the reference, `other_differences`).
        """
        from sim.analysis.tables import rubric

        return rubric(self)

    def chain(self) -> pd.DataFrame:
        """Return what moved under each case on the way to each headline that moved.

        Returns
        -------
        DataFrame
            One row per step. Columns: scenario, title, headline (outcome that ends the chain),
            step (from 1; the headline is the last), outcome, label, unit, phase and why (in which
            phase and why it follows from the step before; "" at the first), also (at a headline:
            outcomes beside the chain that moved and feed it), then as in `table`:
            reference, difference, median, low, high, scale, p_higher, p_lower, p_floor, sign, word,
            interval_holds and pairs. A step moved by the rubric's rule (clear or likely), and as
            the model's table of edges says (`sim.model.chain`). A headline that moved without any
            such step is a chain of one.
        """
        from sim.analysis.chains import chain

        return chain(self)

    def actors(self) -> pd.DataFrame:
        """Return who gains and who loses: paired differences by actor.

        Returns
        -------
        DataFrame
            One row per case (references left out), group and actor. Columns: scenario, title,
            group, actor, outcome (`other_share_abroad` is what the US and China leave of use
            abroad), unit, reference, difference, median, low, high, p25, p75, chance_low and
            chance_high (of chance alone, around the median; nan unless draws were run several
            times), scale, p_better and p_worse (shares of pairs beyond the floor on the actor's
            good and bad side; of harm on everybody else's; nan if a move is neither), p_floor, sign
            (read from that side; "" of a cost), word, verdict ("gains", "loses", "no material
            change", "cannot tell"; "" if a move is neither),
            input (as in `table`), interval_holds, first_month, last_month and pairs.
        """
        from sim.analysis.actors import actors

        return actors(self)

    def country_changes(self) -> pd.DataFrame:
        """Return how the US and Chinese shares of use change in each country, with ranks.

        Returns
        -------
        DataFrame
            One row per case (references left out), origin ("US", "CN") and country whose effective
            sample is at least 100 in both, the highest change first. Columns: scenario, title,
            origin, country (ISO alpha-3), name, bloc, mean (over draws, with one draw over
            replications; in points), low and high (of the mean; wide enough that the intervals of
            all countries hold at once in nine cases of ten), rank (one more than `above`: countries
            that cannot be told apart share it), above and below (countries whose intervals lie
            wholly above and below), sample (draws or replications), effective_sample, first_month
            and last_month (of the months averaged).
        """
        from sim.analysis.countries import changes

        return changes(self)
