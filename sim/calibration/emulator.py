"""A quick stand-in for runs: a measure as a quadratic function of a block's parameters."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from sim.calibration.measures import Floats

PENALTIES = np.logspace(-1, 4, 16)
LEADING = 8
"""Parameters whose products are taken in."""


class Emulator:
    """Ridge regression of a scaled measure on normal scores, their squares and leading products.

    Products are those of the parameters that move the measure most by themselves: with all of a
    block's products the regression has nearly as many terms as there are runs, and explains half as
    much of runs it has not seen.

    Parameters
    ----------
    scores : array (run, parameter)
        Where the parameters stand in their ranges, as normal scores.
    values : array (run,)
        Scaled measures, one noisy run each.

    Attributes
    ----------
    variance : float
        Mean squared error for runs that it has not seen, their own noise included.
    explained : float
        Share of the variance that it explains in runs it has not seen.
    """

    def __init__(self, scores: Floats, values: Floats) -> None:
        from sklearn.linear_model import RidgeCV

        alone = np.abs(RidgeCV(PENALTIES).fit(scores, values).coef_)
        self._leading = np.argsort(-alone, kind="stable")[:LEADING].tolist()
        self._model = RidgeCV(PENALTIES).fit(self._terms(scores), values)
        self.variance = -float(self._model.best_score_)  # each run left out in turn
        total = float(values.var())
        self.explained = 1.0 - self.variance / total if total > 0.0 else 1.0

    def predict(self, scores: Floats) -> Floats:
        """Return the expected scaled measure: array (candidate,)."""
        expected: Floats = self._model.predict(self._terms(scores))
        return expected

    def _terms(self, scores: Floats) -> Floats:
        products = [scores[:, i] * scores[:, j] for i, j in combinations(self._leading, 2)]
        return np.column_stack((scores, scores**2, *products))
