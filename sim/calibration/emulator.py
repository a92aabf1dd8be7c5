"""A quick stand-in for runs: a measure as a quadratic function of a block's parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.calibration.measures import Floats

PENALTIES = np.logspace(-1, 4, 16)


class Emulator:
    """Quadratic ridge regression of scaled measures on normal scores of parameters.

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
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import PolynomialFeatures

        self._model: Any = make_pipeline(PolynomialFeatures(2), RidgeCV(PENALTIES))
        self._model.fit(scores, values)
        self.variance = -float(self._model[-1].best_score_)  # each run left out in turn
        total = float(values.var())
        self.explained = 1.0 - self.variance / total if total > 0.0 else 1.0

    def predict(self, scores: Floats) -> Floats:
        """Return the expected scaled measure: array (candidate,)."""
        expected: Floats = self._model.predict(scores)
        return expected
