"""Optimisers over dictionaries of arrays. Parameters change in place, so the layers that own them see it.

Each has ``params``, ``lr`` (change it whenever you like) and ``step(grads)``. ``state()`` is a flat dictionary of
everything the next step needs besides the parameters; ``load(state)`` takes it back.
"""

import math

import numpy as np


def parameters(**layers):
    """The parameters of several layers as one dictionary: "lstm.W_x", "readout.b", ... The arrays are the layers' own.

    >>> list(parameters(lstm=lstm))
    ['lstm.W_x', 'lstm.W_h', 'lstm.b']
    """
    return {f"{name}.{part}": array for name, layer in layers.items() for part, array in layer.params.items()}


def gradients(**layers):
    """The gradients of several layers, named as ``parameters`` names them. Call it after ``backward``."""
    return {f"{name}.{part}": array for name, layer in layers.items() for part, array in layer.grads.items()}


class SGD:
    """Stochastic gradient descent: v = momentum * v + grad, param -= lr * v. As torch.optim.SGD."""

    slots = ("velocity",)  # what is remembered of each parameter

    def __init__(self, params, lr, momentum=0.0):
        self.params, self.lr, self.steps = params, lr, 0
        self.momentum = momentum
        self.memory = {slot: {name: np.zeros_like(p) for name, p in params.items()} for slot in self.slots}

    def step(self, grads):
        """Update every parameter once, in place.

        grads: the names of ``params``, each of its parameter's shape.
        Raises ValueError for other names or shapes, FloatingPointError for NaN or inf; no parameter has changed then.
        """
        _check(self.params, grads)
        self.steps += 1
        for name, p in self.params.items():
            self._update(p, grads[name], float(self.lr), *(self.memory[slot][name] for slot in self.slots))

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


class Adam(SGD):
    """Steps of about lr, whatever the gradient's size: its running mean over the root of its running mean square.

    Source: Kingma & Ba 2015, algorithm 1. As torch.optim.Adam.
    """

    slots = ("mean", "square")
    weight_decay = 0.0

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, lr)
        self.betas, self.eps = betas, eps

    def _update(self, p, grad, lr, mean, square):
        beta1, beta2 = self.betas
        p *= 1 - lr * self.weight_decay
        mean += (1 - beta1) * (grad - mean)
        square *= beta2
        square += (1 - beta2) * grad * grad
        # Both start at 0 and are too small at first: the divisions by 1 - beta**steps make up for it.
        root = np.sqrt(square) / math.sqrt(1 - beta2**self.steps) + self.eps
        p -= lr / (1 - beta1**self.steps) * (mean / root)


class AdamW(Adam):
    """Adam that also shrinks every parameter by lr * weight_decay at each step, apart from the gradient.

    Source: Loshchilov & Hutter 2019, algorithm 2. As torch.optim.AdamW.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps)
        self.weight_decay = weight_decay


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
        if not np.isfinite(grad).all():
            raise FloatingPointError(
                f"the gradient of {name} holds {'NaN' if np.isnan(grad).any() else 'inf'}; no parameter was changed. "
                "Lower lr, clip the gradients (clip=1.0), and look whether the loss was finite one step before"
            )
