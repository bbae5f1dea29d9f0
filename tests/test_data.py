"""Every data file is the one that its provenance describes, with its licence stated."""

import hashlib
from importlib.resources import files

import pytest

from lstm_helpers import data

FOLDER = files("lstm_helpers.data")
DATA_FILES = sorted(
    f.name for f in FOLDER.iterdir() if f.is_file() and not f.name.endswith((".py", ".pyc", "provenance.toml"))
)


def test_every_data_file_has_provenance_and_every_provenance_a_file():
    assert sorted(data.provenance()) == DATA_FILES
    assert "pride_and_prejudice.txt.xz" in DATA_FILES


@pytest.mark.parametrize("name", DATA_FILES)
def test_a_data_file_is_described_in_full_and_unchanged(name):
    entry = data.provenance()[name]
    for key in ("title", "author", "licence", "source", "made", "holds"):
        assert entry[key].strip(), key
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == entry["sha256"]


def test_the_novel_is_what_its_provenance_says():
    text = data.pride_and_prejudice()
    assert (len(text), len(set(text)), text.isascii()) == (684_767, 75, True)
    assert data.provenance()["pride_and_prejudice.txt.xz"]["holds"].startswith("684,767 characters, 75 distinct")
    assert text.startswith("PRIDE AND PREJUDICE")


def test_the_opening_is_the_famous_sentence_on_one_line():
    first, second = data.opening(400).split("\n")[:2]
    assert first.startswith("It is a truth universally acknowledged, that a single man in possession of a good")
    assert first.endswith("must be in want of a wife.")
    assert second.startswith("However little known")


@pytest.mark.parametrize("characters", [0, 1, 60, 5000])
def test_the_opening_is_as_long_as_asked_and_always_the_same_text(characters):
    assert len(data.opening(characters)) == characters
    assert data.opening().startswith(data.opening(characters))


def test_the_whole_text_from_the_opening_has_the_last_words_too():
    assert data.opening().split()[-5:] == data.pride_and_prejudice().split()[-5:]
