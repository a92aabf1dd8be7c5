"""The study: what a finished sweep says, case against reference, paired by draw and replication."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.analysis.comparison import Floats
from sim.analysis.countries import MapShares
from sim.analysis.paired import PairedResults

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure


class Study(PairedResults):
    """Paired analysis of a sweep: tables, labelled arrays and files.

    Parameters and attributes are those of `Results`; `PairedResults` compares each case with its
    reference. A case is a scenario with its lever values; without levers it has the scenario's
    name.

    Methods raise KeyError for a case or an outcome that the study does not have.
    """

    if TYPE_CHECKING:  # given by `sim.report`, which knows studies; a study knows no pictures

        def plot(
            self,
            outcome: str,
            scenarios: str | Sequence[str] | None = None,
            *,
            kind: str = "bands",
            month: str | Sequence[str] | None = None,
            lever: str | Sequence[str] | None = None,
        ) -> Figure:
            """Draw an outcome (see `sim.report.plot`)."""

        def plotted(
            self,
            outcome: str,
            scenarios: str | Sequence[str] | None = None,
            *,
            kind: str = "bands",
            month: str | Sequence[str] | None = None,
            lever: str | Sequence[str] | None = None,
        ) -> pd.DataFrame:
            """Return the numbers that `plot` draws (see `sim.report.plotted`)."""

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Study:
        """Return the study of a results folder, every part of which is checked.

        Parameters
        ----------
        folder
            Folder of a comparison or a sweep.

        Returns
        -------
        Study
            Series are read from the folder when they are asked for.

        Raises
        ------
        StoreError
            If the folder holds no results, or damaged ones.
        """
        from sim.sweep.folder import Folder

        return cls(*Folder.open(folder))

    def __repr__(self) -> str:
        names = ", ".join(case.name for case in self.cases[:10]) + (
            " ..." if len(self.cases) > 10 else ""
        )
        draws = f"{self.draws} draws, " if self.draws > 1 else ""
        times = f"{self.replications} replication{'' if self.replications == 1 else 's'}"
        return f"<Study of {names}; {draws}{times}, seed {self.seed}>"

    @property
    def no_report(self) -> str:
        """Why there can be no report on this study, or "" if there can."""
        return "" if self.outcomes() else "no run finished"

    @property
    def is_grid(self) -> bool:
        """Whether its report is the page of a grid: levers vary, or not all series were kept."""
        keep = self.design.keep
        return bool(self.lever_paths) or keep.outcomes is not None or keep.months != "all"

    def compared_with(self, name: str) -> Study:
        """Return the same runs, every scenario compared with another one of them.

        Nothing is run: all scenarios of a study met the same draws and random numbers, so that any
        two of them are pairs.

        Parameters
        ----------
        name
            Name of a case, or of a scenario that has one case only.

        Returns
        -------
        Study
            Its first case is the reference; the reference until now is one of the others.

        Raises
        ------
        KeyError
            If there is no such case.
        ScenarioError
            If a case has another horizon than the new reference.
        """
        from sim.analysis.references import with_reference

        design = with_reference(self.design, self.cases, name)
        return type(self)(self.store, design, variant=self._variant, described=self._given)

    # Frames and labelled arrays

    def dataset(
        self, outcomes: Sequence[str] | None = None, scenarios: Sequence[str] | None = None
    ) -> xr.Dataset:
        """Return outcomes as labelled arrays.

        Parameters
        ----------
        outcomes
            Names of outcomes that were kept. Default: all of them. A number takes four bytes: all
            outcomes of one run over 96 months take about 110 kB.
        scenarios
            Names of cases. Default: all of them, references included.

        Returns
        -------
        xarray.Dataset
            One float32 variable (scenario, draw, replication, month) for each outcome, in the
            outcome's unit, with attributes `unit`, `label`, `definition` and `measure`. Months are
            "YYYY-MM", draws and replications count from 0. Coordinates on `scenario`: `against`
            (name of the reference) and one for each lever (its key path; nan, or "" among texts,
            where a case does not have it). Coordinates on `draw`: one for each uncertain number.
            Attributes: `seed`, `version` of this package, `question` of the experiment ("" if there
            is none). Failed runs are nan, and so are months beyond a case's own horizon: `month`
            holds those of the longest.
        """
        from sim.analysis.frames import dataset

        return dataset(self, self._chosen(outcomes), scenarios)

    def frame(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a tidy frame.

        Parameters
        ----------
        outcomes
            Names of outcomes that were kept. Default: all of them.

        Returns
        -------
        DataFrame
            Columns scenario, draw, replication, month ("YYYY-MM"), outcome and value (in the
            outcome's unit). Names are categories. Runs that failed have no rows.
        """
        from sim.analysis.frames import tidy

        return tidy(self, self._chosen(outcomes))

    def summary(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return mean and 5, 25, 50, 75 and 95 % points over runs.

        Parameters
        ----------
        outcomes
            Names of outcomes that were kept. Default: all of them.

        Returns
        -------
        DataFrame
            One row per scenario, outcome and month: columns scenario, outcome, month ("YYYY-MM"),
            mean, p5, p25, p50, p75 and p95, in the outcome's unit, and interval_holds: what lies
            between runs, "chance" or "chance and parameters".
        """
        from sim.analysis.frames import summary

        return summary(self, self._chosen(outcomes))

    def runs(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the design beside the outcomes: one row for each run that finished.

        Parameters
        ----------
        outcomes
            Names of outcomes that were kept. Default: all of them.

        Returns
        -------
        DataFrame
            Columns: scenario, point (id of the design point), draw, replication, one for each lever
            (its path), one for each uncertain number (its name) and one for each outcome: its mean,
            in its unit, over the same months in every row (`common_window`).
        """
        from sim.analysis.frames import runs

        return runs(self, self._chosen(outcomes))

    def countries(self) -> pd.DataFrame:
        """Return use by country, means over runs.

        Returns
        -------
        DataFrame
            One row per scenario, month kept, country and channel. Columns: scenario, month, country
            (ISO alpha-3), channel, use (0-1), US, CN, other (shares of use by origin, 0-1) and
            panel (adopters behind the shares, all runs together).
        """
        from sim.analysis.frames import countries

        return countries(self)

    def families(self) -> pd.DataFrame:
        """Return use by country and family, means over runs; empty unless `keep.families` asked.

        Returns
        -------
        DataFrame
            One row per scenario, month kept, country, channel and family. Columns: scenario, month,
            country (ISO alpha-3), channel, family (slug of the lab) and share (of use, 0-1).
        """
        from sim.analysis.frames import families

        return families(self)

    # Countries

    def map_shares(self, scenario: str, channel: str = "all") -> MapShares:
        """Return each country's shares of use by origin at the last month, pooled over runs.

        Parameters
        ----------
        scenario
            Name of a case.
        channel
            One of `sim.vocabulary.CHANNELS`, or "all": their mix, by the weights among the
            scenario's parameters.

        Returns
        -------
        shares : ndarray of float64, shape (country, origin)
            Countries as in `sim.data.countries`; origins US, CN, other; 0-1.
        effective : ndarray of float64, shape (country,)
            Effective sample: panel times replications for one channel, for the mix its
            variance-weighted equivalent. A country's figure may be shown where it is at least 100.

        Raises
        ------
        KeyError
            If the study has no such case, or there is no such channel.
        """
        from sim.analysis.countries import map_shares

        return map_shares(self, scenario, channel)

    def country_sums(self, scenario: str) -> tuple[Floats, Floats, int]:
        """Return sums of use by country over a case's pairs.

        Parameters
        ----------
        scenario
            Name of a case.

        Returns
        -------
        table : ndarray of float64, shape (month kept for countries, country, channel,
            `sim.sweep.parts.USE`)
            Use and shares of use (0-1) summed.
        panel : ndarray of float64, shape (month kept for countries, country, channel)
            Adopters behind the shares.
        pairs : int
            Number of pairs in the sums.
        """
        from sim.analysis.countries import country_sums

        return country_sums(self, scenario)

    # Out of the study

    def to_csv(self, folder: str | os.PathLike[str], encoding: str = "utf-8") -> list[Path]:
        """Write table, rubric, series (the `summary`), runs and countries as CSV into a folder.

        Parameters
        ----------
        folder
            It is made if it is missing.
        encoding
            "utf-8", or "utf-8-sig" with the mark by which Excel knows UTF-8.

        Returns
        -------
        list of Path
            The files. What is missing or not finite is blank.

        Raises
        ------
        StoreError
            If one of them would take the place of a file that this package did not write (see
            `sim.sweep.written`).
        """
        from sim.sweep.written import write

        return write(Path(folder), self.csv_files(encoding))

    def csv_files(
        self, encoding: str = "utf-8", table: pd.DataFrame | None = None
    ) -> dict[str, bytes]:
        """Return what `to_csv` writes.

        Parameters
        ----------
        encoding
            As for `to_csv`.
        table
            What `table` gives, if it is there already.

        Returns
        -------
        dict
            Name and content of each file.
        """
        from sim.analysis.frames import csv_files

        return csv_files(self, encoding, table)

    def to_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Write all series into one Parquet file.

        Parameters
        ----------
        path
            Of the file; its folder is made if it is missing.

        Returns
        -------
        Path
            The file: columns scenario, draw, replication, month ("YYYY-MM") and one for each
            outcome, in its unit.

        Raises
        ------
        StoreError
            If there is a file or a link of that name that this method did not write.
        """
        from sim.analysis.frames import to_parquet

        return to_parquet(self, Path(path))

    def to_iamc(self, outcomes: Sequence[str] | None = None) -> pd.DataFrame:
        """Return yearly statistics in the form of the IAMC, which pyam and its kin read.

        Parameters
        ----------
        outcomes
            Names of outcomes that were kept. Default: all of them.

        Returns
        -------
        DataFrame
            One row per number: columns model ("openstakes" and its version), scenario (name of the
            case), region ("World" unless the outcome is measured elsewhere), variable (name of the
            outcome without its region, "|" and mean, p5, p25, median, p75 or p95 over runs), unit,
            year and value: of the mean over those months of the year that were kept. A case without
            a finished run has no rows.
        """
        from sim.analysis.iamc import iamc

        return iamc(self, self._chosen(outcomes))
