"""What optimisers share: dictionaries of arrays, and the plainest of them, SGD.

Parameters change in place, so the layers that own them see it.

Each has ``params``, ``lr`` (change it whenever you like) and ``step(grads)``. ``state()`` is a flat dictionary of
everything the next step needs besides the parameters; ``load(state)`` takes it back.
"""

import numpy as np

from lstm_helpers.training.clipping import expect_finite_gradients

BLOCK = 2**14  # numbers that are updated at once: they and what is remembered of them stay in the cache


def parameters(**layers):
    """The parameters of several layers as one dictionary: "lstm.W_x", "readout.b", ... The arrays are the layers' own.

    An array that two layers share (tied weights) stands there once, under its first name. Transposed it is the same:
    ``readout.params["W"] = embedding.params["W"].T``.

    >>> list(parameters(lstm=lstm))
    ['lstm.W_x', 'lstm.W_h', 'lstm.b']
    """
    named = _named("params", layers)
    tied = _tied(named)
    return {name: array for name, array in named.items() if name not in tied}


def gradients(**layers):
    """The gradients of several layers, named as ``parameters`` names them. Call it after ``backward``.

    The gradient of a shared array is the sum of those that its layers found.
    """
    return _joined(_named("grads", layers), _tied(_named("params", layers)))


def _named(kind, layers):
    return {f"{name}.{part}": array for name, layer in layers.items() for part, array in getattr(layer, kind).items()}


def _tied(params):
    """Names of arrays that have another name already: name -> (the first name, whether it is the transpose of it)."""
    if all(array.base is None for array in params.values()) and len({id(a) for a in params.values()}) == len(params):
        return {}  # what shares memory is one object, or a view
    seen, tied = {}, {}
    for name, array in params.items():
        start, *_ = array.__array_interface__["data"]
        for transposed, view in ((False, array), (True, array.T)):
            place = start, view.shape, view.strides, view.dtype
            if array.size and place in seen:
                tied[name] = seen[place], transposed
                break
        else:
            seen[start, array.shape, array.strides, array.dtype] = name
    return tied


def _joined(grads, tied):
    """``grads`` with those of each shared array added up under its first name."""
    if not tied:
        return grads
    joined = {name: grad for name, grad in grads.items() if name not in tied}
    for name, (first, transposed) in tied.items():
        # One layer under two names has one gradient, which must not count twice.
        if name in grads and grads[name] is not grads.get(first):
            grad = grads[name].T if transposed else grads[name]
            joined[first] = joined[first] + grad if first in joined else grad
    return joined


class SGD:
    """Stochastic gradient descent: v = momentum * v + grad, param -= lr * v. As torch.optim.SGD."""

    slots = ("velocity",)  # what is remembered of each parameter

    def __init__(self, params, lr, momentum=0.0):
        self._tied = _tied(params)
        self.params = {name: p for name, p in params.items() if name not in self._tied}
        _expect_apart(self.params)
        self.lr, self.steps = lr, 0
        self.momentum = momentum
        self.memory = {slot: {name: np.zeros_like(p) for name, p in self.params.items()} for slot in self.slots}

    def joined(self, grads):
        """``grads`` with those of an array that was given under two names added up under the first of them."""
        return _joined(grads, self._tied)

    def step(self, grads):
        """Update every parameter once, in place.

        grads: the names of ``params``, each of its parameter's shape.
        Raises ValueError for other names or shapes, FloatingPointError for NaN or inf; no parameter has changed then.
        """
        grads = self.joined(grads)
        _check(self.params, grads)
        self.steps += 1
        lr = float(self.lr)
        for name, p in self.params.items():
            memory = [self.memory[slot][name] for slot in self.slots]
            grad = np.asarray(grads[name], p.dtype)
            for part in _blocks(p):
                self._update(p[part], grad[part], lr, *(array[part] for array in memory))

    def _update(self, p, grad, lr, velocity):
        velocity *= self.momentum
        velocity += grad
        p -= lr * velocity

    def state(self):
        """Numbers and copies of arrays: {"lr": ..., "steps": ..., "velocity.lstm.W_x": ...}."""
        arrays = {f"{slot}.{name}": a.copy() for slot, of in self.memory.items() for name, a in of.items()}
        return {"lr": float(self.lr), "steps": self.steps} | arrays

    def load(self, state):
        """Go on from ``state``. Raises ValueError if it is not the state of such an optimiser and such parameters."""
        mine = self.state()
        if {k: np.shape(v) for k, v in mine.items()} != {k: np.shape(v) for k, v in state.items()}:
            odd = sorted(mine.keys() ^ state.keys()) or [k for k in mine if np.shape(mine[k]) != np.shape(state[k])]
            raise ValueError(
                f"expected the state of {type(self).__name__} for the same parameters, but {odd[0]} does not match: "
                "build the optimiser and the layers as they were when the state was saved"
            )
        self.lr, self.steps = float(state["lr"]), int(state["steps"])
        for slot, of in self.memory.items():
            for name, array in of.items():
                array[...] = state[f"{slot}.{name}"]


def _blocks(array):
    """Slices of the first axis that hold about BLOCK numbers each."""
    if array.size <= BLOCK:
        return [...]
    rows = max(1, BLOCK * len(array) // array.size)
    return [slice(start, start + rows) for start in range(0, len(array), rows)]


def _expect_apart(params):
    """Raise ValueError if two arrays share a part of their memory: a step would change that part twice."""
    names = list(params)
    for k, name in enumerate(names):
        for other in names[:k]:
            if np.may_share_memory(params[name], params[other]) and np.shares_memory(params[name], params[other]):
                raise ValueError(
                    f"{other} and {name} share a part of their memory, which would be changed twice in a step: "
                    "give arrays of their own, or the same whole array (or its transpose) under both names"
                )


def _check(params, grads):
    """Raise unless ``grads`` fits ``params`` and is finite."""
    if params.keys() != grads.keys():
        missing, unknown = params.keys() - grads.keys(), grads.keys() - params.keys()
        raise ValueError(
            "expected one gradient for each parameter"
            + (f"; no gradient for {sorted(missing)}: call backward first" if missing else "")
            + (f"; no parameter named {sorted(unknown)}: give the optimiser all that is trained" if unknown else "")
        )
    for name, grad in grads.items():
        if np.shape(grad) != params[name].shape:
            raise ValueError(f"expected a gradient of shape {params[name].shape} for {name}, got {np.shape(grad)}")
    expect_finite_gradients(grads)
