"""The browser's random numbers in Python: what ``random`` and ``orthogonal`` in maths.js draw from the same seed."""

import numpy as np


class Random:
    """The generator of maths.js, mulberry32. Arrays are drawn in the order of their numbers, row by row."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self, low, high, shape):
        """Numbers from low to high."""
        count = int(np.prod(shape))
        states = (self.state + 0x6D2B79F5 * np.arange(1, count + 1, dtype=np.uint64)).astype(np.uint32)
        self.state = int(states[-1]) if count else self.state
        t = (states ^ (states >> 15)) * (states | 1)
        t ^= t + (t ^ (t >> 7)) * (t | 61)
        return low + (high - low) * ((t ^ (t >> 14)) / 2**32).reshape(shape)

    def integers(self, n, shape):
        """Whole numbers from 0 to n - 1."""
        return np.floor(n * self.uniform(0, 1, shape)).astype(int)

    def normal(self, shape):
        """Normal numbers of mean 0 and standard deviation 1, by Box and Muller."""
        size, angle = np.moveaxis(self.uniform(0, 1, (*shape, 2)), -1, 0)
        return np.sqrt(-2 * np.log(1 - size)) * np.cos(2 * np.pi * angle)


def orthogonal(H, rng):
    """A random orthogonal matrix (H, H), drawn evenly: normal columns, each made orthogonal to those before."""
    q, r = np.linalg.qr(rng.normal((H, H)).T)
    return q * np.sign(np.diag(r))
