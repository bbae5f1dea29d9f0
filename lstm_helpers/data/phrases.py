"""Short English texts of programs and what their translators made of them in French: 7,852 pairs of 2 to 12 words."""

import lzma
import re
from functools import cache
from importlib.resources import files

import numpy as np

SPLIT = 15  # the seed of the split: another one is another test


@cache
def phrases():
    """(English, French) of all pairs, in the order of the file: the programs one after the other."""
    text = lzma.decompress(files("lstm_helpers.data").joinpath("interface_en_fr.tsv.xz").read_bytes()).decode("utf-8")
    return [tuple(line.split("\t")) for line in text.splitlines()]


def split(pairs=None):
    """Training (80 %), validation (10 %) and test (10 %), drawn by SPLIT."""
    pairs = phrases() if pairs is None else pairs
    order = np.random.default_rng(SPLIT).permutation(len(pairs))
    tenth = len(pairs) // 10
    parts = order[2 * tenth :], order[tenth : 2 * tenth], order[:tenth]
    return tuple([pairs[k] for k in part] for part in parts)


def words(text):
    """The words and marks of a text, in small letters.

    >>> words("L'hôte n'existe pas.")
    ['l', "'", 'hôte', 'n', "'", 'existe', 'pas', '.']
    """
    return re.findall(r"\w+|[^\w\s]", text.lower())
