"""A turn: what a question of a variant asks otherwise than the course does, as a map of its inputs and its outputs.

The *course's* side is that of the sheet, of its right answer and its slips; the *class's* side is that of a variant.
"""

import inspect
from dataclasses import dataclass, field

import numpy as np

from lstm_helpers.checks.probe import spelled


class Turned:
    """A function of one side, called from the other.

    takes: {argument: (axis, order)}: the function's block k is block order[k] of what it is given; gives: the same of
    its results, by name; returns: their names, nested as it returns them; asked: the same names, nested as they are
    returned here; exchanged: the arguments and results whose first two axes have changed places. Its source goes into
    boxes, so it needs NumPy and ``inspect`` alone.
    """

    def __init__(self, fn, takes, gives, returns, asked, exchanged=()):
        self.fn, self.takes, self.gives, self.returns, self.asked = fn, takes, gives, returns, asked
        self.exchanged = exchanged

    @property
    def __name__(self):
        return self.fn.__name__

    @property
    def __globals__(self):
        return self.fn.__globals__  # an error is told by the function's own lines

    @property
    def __signature__(self):
        return inspect.signature(self.fn)

    def __call__(self, *args, **kwargs):
        given = {**dict(zip(self.__signature__.parameters, args)), **kwargs}  # noqa: B905
        there = {name: self.across(name, array, self.takes) for name, array in given.items()}
        moved = {name: array for name, array in there.items() if isinstance(array, np.ndarray)}
        before = {name: array.copy() for name, array in moved.items() if array is not given[name]}
        made = self.fn(**there)
        back = {name: (axis, np.argsort(order)) for name, (axis, order) in self.takes.items()}
        for name, array in before.items():
            if array.tobytes() != there[name].tobytes():  # it was changed in place: so is what was given
                given[name][...] = self.across(name, there[name], back)
        parts = self.named(made, self.returns)
        if parts is None:  # other results than were asked for
            return made
        return self.nest({name: self.across(name, part, self.gives) for name, part in parts.items()}, self.asked)

    def across(self, name, array, blocks):
        """An argument or a result of one side, as the other side has it."""
        array = self.blocks(array, *blocks.get(name, (0, ())))
        return self.turned_over(array) if name in self.exchanged else array

    @staticmethod
    def turned_over(array):
        """A copy of an array with its first two axes exchanged; anything else as it is."""
        return array.swapaxes(0, 1).copy() if isinstance(array, np.ndarray) and array.ndim > 1 else array

    @staticmethod
    def blocks(array, axis, order):
        """A copy of an array with its blocks along an axis in another order; anything else as it is."""
        if not len(order) or not isinstance(array, np.ndarray) or array.ndim <= max(axis, ~axis):
            return array
        if array.shape[axis] % len(order):
            return array
        cut = np.split(array, len(order), axis)
        return np.concatenate([cut[k] for k in order], axis)

    @classmethod
    def named(cls, value, names):
        """{name: part} of what a function returned, or None where it is nested otherwise."""
        if isinstance(names, str):
            return {names: value}
        several = isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim)
        if not several or len(value) != len(names):
            return None
        parts = [cls.named(part, name) for part, name in zip(value, names, strict=True)]
        return None if None in parts else {name: part for those in parts for name, part in those.items()}

    @classmethod
    def nest(cls, parts, names):
        """The parts as they are returned, nested as their names."""
        return parts[names] if isinstance(names, str) else tuple(cls.nest(parts, name) for name in names)


@dataclass(frozen=True)
class Turn:
    """What a variant asks otherwise in one question.

    layers: the order of the course's layers, such as "ifgo"; order: the variant's; blocked: {array: axis} of the
    arguments and results that hold a block for each layer; returns, asked: the names of the results as the course and
    as the variant returns them; exchanged: the arguments and results that have time first in the course, and the batch
    first in the variant.
    """

    returns: object
    asked: object
    layers: str = ""
    order: str = ""
    blocked: dict = field(default_factory=dict)
    exchanged: tuple = ()

    @property
    def reordered(self):
        return self.layers != self.order

    @property
    def returned(self):
        return self.returns != self.asked

    def without(self, *, order=False, returns=False, axes=False):
        """The turn without one of its kinds, or several."""
        asked, new = self.returns if returns else self.asked, self.layers if order else self.order
        return Turn(self.returns, asked, self.layers, new, self.blocked, () if axes else self.exchanged)

    @property
    def back(self):
        """For each of the course's blocks its number in the variant."""
        return tuple(map(self.order.index, self.layers)) if self.reordered else ()

    @property
    def forth(self):
        """For each of the variant's blocks its number in the course."""
        return tuple(map(self.layers.index, self.order)) if self.reordered else ()

    def into(self, arrays):
        """The variant's inputs, or outputs by their names, from the course's."""
        return self._moved(arrays, self.forth)

    def out_of(self, arrays):
        """The course's inputs, or outputs by their names, from the variant's."""
        return self._moved(arrays, self.back)

    def _moved(self, arrays, order):
        blocked = {name: (axis, order) for name, axis in self.blocked.items()}
        across = Turned(None, blocked, blocked, (), (), self.exchanged).across
        return {name: across(name, array, blocked) for name, array in arrays.items()}

    def of(self, fn):
        """The variant's answer that a function of the course gives."""
        takes, gives = ({n: (axis, to) for n, axis in self.blocked.items()} for to in (self.back, self.forth))
        return Turned(fn, takes, gives, self.returns, self.asked, self.exchanged)

    def undone(self, fn):
        """The course's answer that a function of the variant gives."""
        takes, gives = ({n: (axis, to) for n, axis in self.blocked.items()} for to in (self.forth, self.back))
        return Turned(fn, takes, gives, self.asked, self.returns, self.exchanged)

    @property
    def said(self):
        """What differs from the course, as clauses."""
        if self.exchanged:
            yield f"the batch comes first, before time, in {self._named(self.exchanged)}"
        returned = ", and are returned," if set(self.asked) == set(self.order) else ""
        if self.reordered:
            yield f"the layers lie{returned} in the order {', '.join(self.order)}"
        if self.returned and not returned:
            yield f"the results are returned in the order `{spelled(self.asked)}`"

    def _named(self, arrays):
        *most, last = ["in what is returned" if name == self.returns else f"`{name}`" for name in arrays]
        return f"{', '.join(most)} and {last}" if most else last


@dataclass(frozen=True)
class Numbers:
    """The turn of a question by pencil: other numbers, ``given``, as the lesson's module of them makes them."""

    given: object
    reordered = returned = False
    said = ("the numbers are those of your class alone",)
