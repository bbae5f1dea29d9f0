"""When training ends: the paper's stopping rules.

``met(recent, run)``: recent holds (mean error, largest error) of the last training sequences, each answered before it
was learned from; ``run.tested(n)`` gives the same of n fresh sequences, as two arrays, and ``run.known()`` those of the
training set, where a row has one. ``every``: training sequences from one look to the next; ``far``: the largest
error of an answer that is not wrong.
"""

from dataclasses import dataclass

CHUNK = 500  # sequences tested at once: most looks end with the first chunk


@dataclass(frozen=True)
class Recent:
    """Fewer than ``allowed`` of the ``last`` training sequences were wrong, their mean error below ``error``."""

    last: int
    allowed: int
    error: float
    far: float
    every = 1

    def met(self, recent, run):
        if len(recent) < self.last:
            return False
        wrong = sum(largest > self.far for _, largest in recent)
        return wrong < self.allowed and sum(mean for mean, _ in recent) / self.last < self.error


@dataclass(frozen=True)
class Successive:
    """None of ``number`` fresh sequences in a row is wrong."""

    number: int
    far: float
    chunk: int = CHUNK
    every: int = 160

    def met(self, recent, run):
        if recent[-1][1] > self.far:
            return False
        return all((run.tested(self.chunk)[1] <= self.far).all() for _ in range(self.number // self.chunk))


@dataclass(frozen=True)
class FreshSet:
    """At most ``allowed`` of ``number`` fresh sequences are wrong, and their mean error is below ``error``."""

    number: int
    allowed: int
    error: float
    far: float
    every: int = 160

    def met(self, recent, run):
        mean, largest = run.tested(self.number)
        return (largest > self.far).sum() <= self.allowed and mean.mean() < self.error


@dataclass(frozen=True)
class TrainingSet:
    """Every sequence of the training set is right."""

    far: float = 0.5
    every: int = 160

    def met(self, recent, run):
        return (run.known()[1] <= self.far).all()


@dataclass(frozen=True)
class BothSets(TrainingSet):
    """Every sequence of the training set is right, and each of ``number`` others."""

    number: int = 256

    def met(self, recent, run):
        fresh = run.tested(self.number)
        return super().met(recent, run) and (fresh[1] <= self.far).all()
