"""Random small inputs of compiled functions."""

from hypothesis import strategies as st

from tests.reference import draws

bits64 = st.integers(0, 2**64 - 1)
unit = st.floats(0.0, 1.0)
SALTS = [draws.salt(f"slot {number}") for number in range(128)]


def single(low, high):
    return st.floats(low, high, width=32)
