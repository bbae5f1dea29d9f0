"""NumPy against torch.nn: the same weights in both, the same numbers out of both.

torch is imported when a function here is called, not before.
"""

import numpy as np

from lstm_helpers import nn


def params_from_torch(module):
    """The parameters of a one-layer torch RNN, LSTM, RNNCell or LSTMCell as our W_x, W_h, b: copies.

    torch keeps W (4H, D), transposed to ours, and two biases whose sum is our one. Raises ValueError for more
    layers or directions than one.
    """
    suffix = "" if hasattr(module, "weight_ih") else "_l0"
    if getattr(module, "num_layers", 1) != 1 or getattr(module, "bidirectional", False):
        raise ValueError(f"expected one layer in one direction, got {module}: take one layer at a time")
    take = lambda name: getattr(module, name + suffix).detach().cpu().numpy()  # noqa: E731
    has_bias = getattr(module, "bias", True)
    W_x, W_h = (take(name).T.copy() for name in ("weight_ih", "weight_hh"))
    b = take("bias_ih") + take("bias_hh") if has_bias else np.zeros(W_x.shape[1], W_x.dtype)
    return {"W_x": W_x, "W_h": W_h, "b": b}


def from_torch(module):
    """Our layer with the weights of a one-layer ``torch.nn.LSTM`` or (tanh) ``torch.nn.RNN``.

    Ours takes time first, whatever the module's ``batch_first`` says. Raises TypeError for other modules and
    ValueError for more layers or directions than one, or a projection.
    """
    name = type(module).__name__
    if name not in ("LSTM", "RNN") or getattr(module, "nonlinearity", "tanh") != "tanh":
        raise TypeError(f"expected torch.nn.LSTM or torch.nn.RNN with tanh, got {module}")
    if getattr(module, "proj_size", 0):
        raise ValueError(f"expected an LSTM without projection, got proj_size={module.proj_size}: leave it out")
    params = params_from_torch(module)
    layer = getattr(nn, name)(
        module.input_size, module.hidden_size, rng=np.random.default_rng(0), dtype=params["W_x"].dtype
    )
    layer.params.update(params)
    return layer


def to_torch(layer):
    """A one-layer torch module with the weights of our ``nn.LSTM`` or ``nn.RNN``: copies.

    torch has two biases: our b goes to bias_ih, and bias_hh is 0.
    """
    import torch

    dtype = getattr(torch, layer.dtype.name)
    module = getattr(torch.nn, type(layer).__name__)(layer.input_size, layer.hidden_size, dtype=dtype)
    p = layer.params
    given = {
        "weight_ih_l0": p["W_x"].T, "weight_hh_l0": p["W_h"].T,
        "bias_ih_l0": p["b"], "bias_hh_l0": np.zeros_like(p["b"]),
    }  # fmt: skip
    module.load_state_dict({name: torch.tensor(np.ascontiguousarray(w)) for name, w in given.items()})
    return module


class Comparison:
    """Rows (name, shape, largest difference, relative difference); prints as a table."""

    def __init__(self, rows, tolerance):
        self.rows, self.tolerance = rows, tolerance

    @property
    def ok(self):
        return all(relative <= self.tolerance for *_, relative in self.rows)

    def __str__(self):
        lines = [f"{'tensor':<8} {'shape':<14} equal to {self.tolerance:g}"]
        lines += [
            f"{n:<8} {str(s):<14} {'yes' if r <= self.tolerance else f'no: off by {d:.2g}'}" for n, s, d, r in self.rows
        ]
        return "\n".join(lines)

    __repr__ = __str__


def compare(ours, theirs, tolerance=1e-6):
    """Compare two dictionaries of arrays (or torch tensors) of the same names, tensor by tensor.

    The relative difference is max|a - b| / max|b| over the whole tensor (and max|a - b| where b is all zero).
    """
    if ours.keys() != theirs.keys():
        raise ValueError(f"expected the same names on both sides, got {sorted(ours)} and {sorted(theirs)}")
    rows = []
    for name, a in ours.items():
        a, b = (np.asarray(v.detach() if hasattr(v, "detach") else v, np.float64) for v in (a, theirs[name]))
        if a.shape != b.shape:
            raise ValueError(f"expected {name} of shape {b.shape}, as the other side has it, got {a.shape}")
        difference = float(np.abs(a - b).max(initial=0))
        rows.append((name, a.shape, difference, difference / (np.abs(b).max(initial=0) or 1.0)))
    return Comparison(rows, tolerance)
