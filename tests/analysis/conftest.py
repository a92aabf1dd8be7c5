"""Studies that tests of several subjects read; each is made once in a session."""

import pytest

from tests.analysis.studies import fails_in_places, study, uncertain


@pytest.fixture(scope="session")
def three():
    return study()


@pytest.fixture(scope="session")
def drawn():
    return uncertain()


@pytest.fixture(scope="session")
def holed():
    return uncertain(fails_in_places)
