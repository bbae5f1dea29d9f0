"""Real data sets, shipped with the package: no download. ``provenance()`` says where each is from."""

import tomllib
from importlib.resources import files


def provenance():
    """A dictionary: file name -> title, author, licence, source, how it was made, what it holds, sha256."""
    return tomllib.loads(files(__name__).joinpath("provenance.toml").read_text(encoding="utf-8"))


def pride_and_prejudice():
    """The whole novel as one string: 684,767 characters, 75 distinct, pure ASCII. Jane Austen, 1813."""
    plain = files(__name__).joinpath("pride_and_prejudice.txt")
    if plain.is_file():  # in the browser, whose Python has no lzma
        return plain.read_text(encoding="ascii")
    import lzma

    return lzma.decompress(files(__name__).joinpath("pride_and_prejudice.txt.xz").read_bytes()).decode("ascii")


def spoken_digits():
    """2,700 recordings of one spoken digit each, 6 to 92 frames long: (list of arrays (T, 13), digits (2700,)).

    A frame is 25 ms, described by 13 mel-frequency cepstral coefficients. Who speaks is not told, so a random split has
    the same six voices on both sides: an accuracy on it says nothing about a new voice. 300 more, 30 of each digit, are
    kept back: the project speech scores a class on them.
    """
    import numpy as np

    with np.load(files(__name__).joinpath("spoken_digits.npz"), allow_pickle=False) as held:
        frames, lengths, digits = (held[name] for name in ("X", "lengths", "y"))
    return np.split(frames.astype(np.float32), np.cumsum(lengths.astype(int))[:-1]), digits.astype(int)


def opening(characters=None):
    """The novel from its famous first sentence on, the title page and chapter heading left out.

    Line ends inside a paragraph become spaces. ``characters`` cuts it to that many.
    """
    text = pride_and_prejudice()
    text = text[text.index("It is a truth") :]
    text = "\n".join(" ".join(paragraph.split()) for paragraph in text[: 4 * (characters or len(text))].split("\n\n"))
    return text[:characters]
