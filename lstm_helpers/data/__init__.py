"""Real data sets, shipped with the package: no download. ``provenance()`` says where each is from."""

import lzma
import tomllib
from importlib.resources import files


def provenance():
    """A dictionary: file name -> title, author, licence, source, how it was made, what it holds, sha256."""
    return tomllib.loads(files(__name__).joinpath("provenance.toml").read_text(encoding="utf-8"))


def pride_and_prejudice():
    """The whole novel as one string: 684,767 characters, 75 distinct, pure ASCII. Jane Austen, 1813."""
    return lzma.decompress(files(__name__).joinpath("pride_and_prejudice.txt.xz").read_bytes()).decode("ascii")


def opening(characters=None):
    """The novel from its famous first sentence on, the title page and chapter heading left out.

    Line ends inside a paragraph become spaces. ``characters`` cuts it to that many.
    """
    text = pride_and_prejudice()
    text = text[text.index("It is a truth") :]
    text = "\n".join(" ".join(paragraph.split()) for paragraph in text[: 4 * (characters or len(text))].split("\n\n"))
    return text[:characters]
