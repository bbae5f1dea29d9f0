"""How the two files of tweets were made, from the source archive of a released package:

    python -m pip download --no-deps --no-binary :all: vaderSentiment==3.3.2
    python -m lstm_helpers.projects.sentiment.make_data vaderSentiment-3.3.2.tar.gz folder

writes tweets.tsv.gz, which ships with the course, and hidden_tweets.tsv.gz, on which a class is scored.
"""

import gzip
import io
import re
import sys
import tarfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from lstm_helpers import files
from lstm_helpers.data.tweets import cleaned

INNER = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
TABLE = "hutto_ICWSM_2014/tweets_GroundTruth.txt"  # a number, the mean rating, the text
HIDDEN, SEED = 350, 2014
ALIKE, RUN = 0.4, 6  # texts are versions of one if this share of their runs of so many letters is common to both
STOOD_IN = re.compile(r"@anonymous|http://url_removed")  # for what the authors took out


def rated(archive):
    """[(rating, text)] of the archive, in its order; the four texts with a rating of exactly 0 are left out."""
    with tarfile.open(archive) as outer, tarfile.open(fileobj=io.BytesIO(outer.extractfile(INNER).read())) as inner:
        lines = inner.extractfile(TABLE).read().decode("utf-8").splitlines()
    rows = [line.split("\t", 2) for line in lines]
    return [(float(rating), cleaned(text)) for _, rating, text in rows if float(rating)]


def families(texts):
    """(N,): the same number for texts that are versions of one, whatever their case, punctuation and added words."""
    letters = [re.sub("[^a-z]", "", STOOD_IN.sub("", text.lower())) for text in texts]
    runs = [{word[k : k + RUN] for k in range(max(1, len(word) - RUN + 1))} if word else set() for word in letters]
    holders, family = defaultdict(list), list(range(len(texts)))
    for new, mine in enumerate(runs):
        common = Counter(old for run in mine for old in holders[run])
        met = {family[old] for old, n in common.items() if n > ALIKE * len(runs[old] | mine)} | {new}
        if len(met) > 1:
            family = [min(met) if f in met else f for f in family]
        for run in mine:
            holders[run].append(new)
    return np.unique(family, return_inverse=True)[1]


def written(rows):
    """The bytes of a file with a line for each row: rating, family, text."""
    text = "".join(f"{rating:.4f}\t{family}\t{text}\n" for rating, family, text in rows)
    return gzip.compress(text.encode("utf-8"), mtime=0)


def main(archive, folder):
    rows = rated(archive)
    family = families([text for _, text in rows])
    rows = [(rating, f, text) for (rating, text), f in zip(rows, family, strict=True)]
    alone = np.flatnonzero(np.bincount(family)[family] == 1)  # a hidden text has no version that ships
    hidden = {*np.random.default_rng(SEED).choice(alone, HIDDEN, replace=False).tolist()}
    for name, part in (("tweets", False), ("hidden_tweets", True)):
        chosen = [row for k, row in enumerate(rows) if (k in hidden) == part]
        files.write(Path(folder) / f"{name}.tsv.gz", written(chosen))
        print(f"{name}.tsv.gz: {len(chosen):,} texts, {len({f for _, f, _ in chosen}):,} families")


if __name__ == "__main__":
    main(*sys.argv[1:])
