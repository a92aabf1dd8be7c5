"""Streams keyed by seed, replication and decision."""

from math import log, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from sim.model.kernels.numerics import unit64
from sim.model.randomness import GOLDEN, Stream, Streams, mix64
from sim.sweep.runs import RunId
from tests.reference.draws import key

MASK = 2**64 - 1
slots = st.lists(st.integers(0, 10_000), max_size=4)


def drawn(stream, n, *slot):
    return np.array([stream.uniform(*slot, i) for i in range(n)])


def test_mix64_gives_the_published_outputs_of_splitmix64():
    first = [mix64(GOLDEN * n & MASK) for n in (1, 2, 3)]
    assert first == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_python_and_compiled_mix64_agree():
    from sim.model.kernels.numerics import GOLDEN as COMPILED_GOLDEN
    from sim.model.kernels.numerics import mix64 as compiled

    assert int(COMPILED_GOLDEN) == GOLDEN
    for x in (0, 1, GOLDEN, MASK, 2**63, 12345678901234567890):
        assert int(compiled(np.uint64(x))) == mix64(x)


@given(st.integers(0, 2**63), st.lists(st.integers(1, 7), min_size=1, max_size=3))
def test_draws_at_once_are_the_draws_one_by_one(seed, counts):
    stream = Stream(seed, 0, "actors")
    together = stream.uniforms(*map(range, counts))
    assert together.shape == tuple(counts)
    assert all(together[slot] == stream.uniform(*slot) for slot in np.ndindex(*counts))


@given(st.integers(0, 2**63), st.integers(0, 10_000), slots)
def test_draws_lie_between_zero_and_one_and_repeat(seed, replication, slot):
    stream = Stream(seed, replication, "choice")
    u = stream.uniform(*slot)
    assert 0.0 < u < 1.0
    assert stream.uniform(*slot) == u == Stream(seed, replication, "choice").uniform(*slot)


@given(st.integers(0, 2**63), st.lists(st.integers(-10_000, 2**62), max_size=4))
def test_compiled_draws_are_the_plain_bits(seed, slot):
    """Replayed releases have negative numbers."""
    stream = Stream(seed, 0, "choice")
    assert stream.uniform(*slot) == ((stream.bits(*slot) >> 12) + 0.5) * 2.0**-52


def test_the_ends_are_never_reached():
    for bits in (0, MASK):
        assert 0.0 < unit64(np.uint64(bits)) < 1.0


def test_the_key_of_a_stream_never_changes():
    """Stored results can be made again only while it stays."""
    assert [Stream(0, 0, "choice").key, Stream(1, 2, "taste").key] == [
        4777484270739000135,
        10654761890281495705,
    ]


@given(st.integers(0, 2**63), st.integers(0, 99_999), st.integers(0, 99_998))
def test_the_key_follows_from_seed_draw_replication_and_decision_alone(seed, draw, replication):
    luck = RunId("any point", draw, replication).luck
    assert Stream(seed, luck, "choice").key == key(seed, draw, replication, "choice")
    assert key(seed, 0, replication, "choice") == Stream(seed, replication, "choice").key


def test_order_of_draws_does_not_matter():
    one, two = Streams(7, 3), Streams(7, 3)
    decisions = [(name, slot) for name in ("release", "leak", "taste") for slot in range(50)]
    forward = {key: one(key[0]).uniform(key[1], 2) for key in decisions}
    backward = {key: two(key[0]).uniform(key[1], 2) for key in reversed(decisions)}
    assert forward == backward
    assert one("release") is one("release")


def test_a_misspelt_decision_is_an_error_and_no_stream_of_its_own():
    streams = Streams(0, 0)
    for wrong in ("release  mode", "Release", "legal challenge to L1", ""):
        with pytest.raises(KeyError, match="no decision is called"):
            streams(wrong)
        with pytest.raises(KeyError, match="no decision is called"):
            streams.about(wrong, "L1")
    assert (
        streams.about("legal challenge to", "L1").key == Stream(0, 0, "legal challenge to L1").key
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((1, 0, "choice"), (1, 0, "taste")),
        ((1, 0, "choice"), (1, 1, "choice")),
        ((1, 0, "choice"), (2, 0, "choice")),
        ((1, 2, "choice"), (2, 1, "choice")),
        ((1, 11, "choice"), (11, 1, "choice")),
    ],
)
def test_streams_are_unrelated(left, right):
    n = 2000
    a, b = drawn(Stream(*left), n), drawn(Stream(*right), n)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.1
    assert not (a == b).any()


def test_slots_are_unrelated():
    stream = Stream(3, 0, "choice")
    table = np.array([drawn(stream, 1000, month) for month in range(12)])
    assert np.abs(np.corrcoef(table) - np.eye(12)).max() < 0.15
    assert abs(np.corrcoef(table[:, :-1].ravel(), table[:, 1:].ravel())[0, 1]) < 0.04
    assert len(np.unique(table)) == table.size


@given(slots, slots)
def test_different_slots_give_different_draws(a, b):
    stream = Stream(0, 0, "x")
    assert (stream.bits(*a) == stream.bits(*b)) == (a == b)


def test_uniform():
    seen = np.bincount((drawn(Stream(5, 0, "x"), 40_000) * 200).astype(int), minlength=200)
    statistic = ((seen - 200) ** 2 / 200).sum()
    assert chi2.ppf(0.001, 199) < statistic < chi2.ppf(0.999, 199)


def test_normal_and_gumbel():
    stream, n = Stream(6, 0, "x"), 20_000
    normal = np.array([stream.normal(i) for i in range(n)])
    assert normal.mean() == pytest.approx(0.0, abs=4 / n**0.5)
    assert normal.std() == pytest.approx(1.0, abs=4 / (2 * n) ** 0.5)
    gumbel = np.array([stream.gumbel(i) for i in range(n)])
    assert gumbel.mean() == pytest.approx(0.5772157, abs=4 * (pi**2 / 6 / n) ** 0.5)
    assert gumbel.var() == pytest.approx(pi**2 / 6, rel=0.06)
    assert stream.gumbel(3) == -log(-log(stream.uniform(3)))


@pytest.mark.parametrize("mean", [0.0, 0.3, 2.3, 40.0])
def test_poisson(mean):
    stream, n = Stream(8, 0, "x"), 10_000
    counts = np.array([stream.poisson(mean, i) for i in range(n)])
    assert counts.mean() == pytest.approx(mean, abs=4 * (mean / n) ** 0.5)
    assert counts.var() == pytest.approx(mean, rel=0.08)
    assert (counts == 0).mean() == pytest.approx(np.exp(-mean), abs=0.02)
