"""NumPy against torch.nn: the same weights in both, the same numbers out of both.

torch is imported when a function here is called, not before.
"""

import numpy as np

from lstm_helpers import nn

KINDS = ("RNN", "LSTM", "GRU")  # the same names here and in torch.nn


def params_from_torch(module):
    """The parameters of a torch RNN, LSTM, GRU, or of one of their cells, under our names: copies.

    One layer in one direction (or a cell): W_x, W_h, b; more: the names of ``nn.Stack``, "l0.W_x", "l0r.W_x", ...
    torch keeps W (4H, D), transposed to ours, and two biases whose sum is our one. In a GRU the two biases of the new
    values n do not add up, since r acts on the second alone: b takes the first, and b_hn (H,) the second.
    """
    return _renamed(module, lambda p: p, lambda b_ih, b_hh: b_ih + b_hh)


def grads_from_torch(module):
    """The gradients that torch's ``backward`` left in a module, under the names of ``params_from_torch``: copies.

    b has the gradient of either of the biases it is the sum of. Raises ValueError before a backward pass.
    """
    if any(p.grad is None for p in module.parameters()):
        raise ValueError(f"expected gradients in {module}, found none: call backward on the loss first")
    return _renamed(module, lambda p: p.grad, lambda b_ih, _: b_ih)


def _renamed(module, of, joined):
    """What ``of`` takes from torch's parameters under our names; ``joined`` makes one bias of two."""
    _refuse_projection(module)
    one = getattr(module, "num_layers", 1) == 1 and not getattr(module, "bidirectional", False)
    is_gru = type(module).__name__.startswith("GRU")
    parts = {}
    for suffix, name in _places(module):
        take = lambda kind, suffix=suffix: of(getattr(module, kind + suffix)).detach().cpu().numpy().copy()  # noqa: E731
        W_x, W_h = take("weight_ih").T.copy(), take("weight_hh").T.copy()
        H, zeros = len(W_h), np.zeros(W_x.shape[1], W_x.dtype)
        b_ih, b_hh = (take("bias_ih"), take("bias_hh")) if module.bias else (zeros, zeros)
        inner = {"W_x": W_x, "W_h": W_h, "b": joined(b_ih, b_hh)}
        if is_gru:
            inner["b"][2 * H :] = b_ih[2 * H :]
            inner["b_hn"] = b_hh[2 * H :].copy()
        parts |= {(key if one else f"{name}.{key}"): array for key, array in inner.items()}
    return parts


def _refuse_projection(module):
    """Raise ValueError for an LSTM whose h is smaller than its c: ours has no W_hr, which would be left out."""
    if getattr(module, "proj_size", 0):
        raise ValueError(f"expected an LSTM without projection, got proj_size={module.proj_size}: leave it out")


def _places(module):
    """The ends of torch's names and the names of our inner layers: ("_l0", "l0"), ("_l0_reverse", "l0r"), ..."""
    if not hasattr(module, "num_layers"):  # a cell has no layers, and no ending
        return [("", "l0")]
    ends = [("", ""), ("_reverse", "r")][: 2 if module.bidirectional else 1]
    return [(f"_l{k}{theirs}", f"l{k}{ours}") for k in range(module.num_layers) for theirs, ours in ends]


def from_torch(module):
    """Our layer with the weights of a ``torch.nn.RNN``, ``LSTM`` or ``GRU``: copies.

    One layer in one direction becomes the layer itself, more become an ``nn.Stack``, with the module's dropout.
    Ours takes time first, whatever the module's ``batch_first`` says. Raises TypeError for other modules and
    ValueError for a projection.
    """
    name = type(module).__name__
    if name not in KINDS:
        raise TypeError(f"expected torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU, got {module}")
    params = params_from_torch(module)
    kind, sizes = getattr(nn, name), (module.input_size, module.hidden_size)
    options = {"rng": np.random.default_rng(0), "dtype": next(iter(params.values())).dtype}
    if name == "RNN":
        options["nonlinearity"] = module.nonlinearity
    if module.num_layers == 1 and not module.bidirectional:
        layer = kind(*sizes, **options)
    else:
        shape = {"layers": module.num_layers, "bidirectional": module.bidirectional, "dropout": module.dropout}
        layer = nn.Stack(kind, *sizes, **shape, **options)
    layer.params.update(params)
    return layer


def to_torch(layer):
    """A torch module with the weights of our ``nn.RNN``, ``nn.LSTM``, ``nn.GRU``, or of a stack of them: copies.

    torch has two biases: our b goes to bias_ih, and bias_hh is 0 (in a GRU, b_hn is its last third).
    Raises TypeError for a layer that torch does not have.
    """
    import torch

    inner = layer.layers if isinstance(layer, nn.Stack) else {"l0": layer}
    first = inner["l0"]
    name = type(first).__name__
    if name not in KINDS or not getattr(first, "reset_after", True):
        raise TypeError(f"expected an RNN, LSTM or GRU (reset after the product), got {name}: torch has no other")
    options = {"nonlinearity": first.nonlinearity} if name == "RNN" else {}
    if isinstance(layer, nn.Stack):
        options |= {"num_layers": layer.depth, "bidirectional": layer.bidirectional}
        options["dropout"] = layer.dropout if layer.depth > 1 else 0.0  # torch warns where dropout cannot act
    dtype = getattr(torch, layer.dtype.name)
    module = getattr(torch.nn, name)(layer.input_size, layer.hidden_size, dtype=dtype, **options)
    given = {}
    for suffix, place in _places(module):
        p = inner[place].params
        b_hh = np.zeros_like(p["b"])
        if "b_hn" in p:
            b_hh[-layer.hidden_size :] = p["b_hn"]
        given |= {
            f"weight_ih{suffix}": p["W_x"].T, f"weight_hh{suffix}": p["W_h"].T,
            f"bias_ih{suffix}": p["b"], f"bias_hh{suffix}": b_hh,
        }  # fmt: skip
    module.load_state_dict({key: torch.tensor(np.ascontiguousarray(w)) for key, w in given.items()})
    return module


class Comparison:
    """Rows (name, shape, largest difference, relative difference); prints as a table."""

    def __init__(self, rows, tolerance):
        self.rows, self.tolerance = rows, tolerance

    @property
    def ok(self):
        return all(relative <= self.tolerance for *_, relative in self.rows)

    def __str__(self):
        wide = max([8, *(len(name) for name, *_ in self.rows)])
        lines = [f"{'tensor':<{wide}} {'shape':<14} equal to {self.tolerance:g}"]
        for name, shape, difference, relative in self.rows:
            equal = "yes" if relative <= self.tolerance else f"no: off by {difference:.2g}"
            lines.append(f"{name:<{wide}} {str(shape):<14} {equal}")
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
