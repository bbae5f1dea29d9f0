"""Counting as a language model: the baselines that a character network has to beat."""

import collections
import math

import numpy as np
import pytest

from lstm_helpers.baselines.ngrams import WittenBell, compressed_bits
from lstm_helpers.data import pride_and_prejudice


@pytest.fixture(scope="module")
def ids():
    text = pride_and_prejudice()
    return np.unique(np.array(list(text)), return_inverse=True)[1]


def by_dictionaries(learned, new, V, order):
    """-log p of each number of ``new`` but the first order - 1, with tables of contexts and what followed."""
    seen = [collections.defaultdict(collections.Counter) for _ in range(order)]
    for place, k in enumerate(learned):
        for n in range(min(order, place + 1)):
            seen[n][tuple(learned[place - n : place])][k] += 1
    costs = []
    for place in range(order - 1, len(new)):
        p = 1 / V
        for n in range(order):
            after = seen[n].get(tuple(new[place - n : place]))
            if after:
                s, u = sum(after.values()), len(after)
                p = (after[new[place]] + u * p) / (s + u)
        costs.append(-math.log(p))
    return costs


def test_counts_agree_with_the_textbook_way_of_counting(ids):
    learned, new = ids[:3000].tolist(), ids[200_000:200_300].tolist()
    for order in (1, 2, 4):
        ours = WittenBell(learned, 75, order).nats(new, order - 1)[-1]
        assert ours == pytest.approx(by_dictionaries(learned, new, 75, order))


def test_the_distribution_after_a_context_sums_to_one_and_is_what_nats_uses(ids):
    counts = WittenBell(ids[:50_000], 75, 5)
    for place in range(60_000, 60_040):
        p = counts.distribution(ids[:place])
        assert p.sum() == pytest.approx(1)
        assert (p > 0).all()
        assert -np.log(p[ids[place]]) == pytest.approx(counts.nats(ids[: place + 1], place)[-1, 0])
    assert counts.distribution(ids[:2]).sum() == pytest.approx(1)  # a context shorter than the order


def test_counts_say_what_they_need(ids):
    with pytest.raises(ValueError, match="expected order from 1 to 10 with V = 75, got 11"):
        WittenBell(ids[:100], 75, 11)
    with pytest.raises(ValueError, match="expected start of 2 or more"):
        WittenBell(ids[:100], 75, 3).nats(ids[:100], 1)


def test_a_packer_pays_little_for_what_it_has_seen_and_much_for_noise():
    text = pride_and_prejudice()
    noise = "".join(map(chr, np.random.default_rng(0).integers(33, 97, 20_000)))
    for name, bits in compressed_bits(text[:20_000], text[:20_000]).items():
        assert bits < (3 if name == "bz2" else 0.5)  # bz2 sorts: it does not refer back
    assert all(5.5 < bits < 7 for bits in compressed_bits(text[:20_000], noise).values())
