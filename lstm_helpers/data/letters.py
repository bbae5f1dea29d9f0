"""A text as numbers: its alphabet, and the parts that a model is trained, chosen and tested on."""

import numpy as np


def split(sequence):
    """The first 85 % to train on, the next 5 % to choose by, and the last 10 %, to be opened once."""
    first, second = len(sequence) * 85 // 100, len(sequence) * 90 // 100
    return sequence[:first], sequence[first:second], sequence[second:]


class Alphabet:
    """The distinct characters of a text, sorted, and their numbers 0 to V - 1.

    >>> letters = Alphabet("hello")
    >>> letters.encode("hole").tolist(), letters.decode([1, 0, 2, 2, 3])
    ([1, 3, 2, 0], 'hello')
    """

    def __init__(self, text):
        self.characters = sorted(set(text))
        self._number = {character: k for k, character in enumerate(self.characters)}

    def __len__(self):
        return len(self.characters)

    def encode(self, text):
        """The numbers of the characters of ``text``: an integer array (N,). Raises KeyError for an unknown one."""
        if unknown := sorted(set(text) - self._number.keys()):
            raise KeyError(
                f"expected characters of this alphabet, got {''.join(unknown)}: it knows {''.join(self.characters)} "
                "only, so replace them"
            )
        return np.array([self._number[character] for character in text], dtype=np.int64)

    def decode(self, ids):
        """The text of the numbers ``ids``."""
        return "".join(self.characters[k] for k in ids)
