"""Where training starts: each function fills a recurrent layer, or all layers of a stack, in place.

>>> lstm = LSTM(3, 5, rng=rng)
>>> orthogonal(lstm, rng=rng)
>>> forget_bias(lstm, 1.0)
"""

import numpy as np

from lstm_helpers.nn.lstm import GATES, LSTM
from lstm_helpers.nn.recurrent import Recurrent
from lstm_helpers.nn.stack import Stack


def uniform(layer, *, rng):
    """All weights and b from +-1/sqrt(H), as torch.nn and as every layer of ``nn`` does when it is made."""
    for part in _parts(layer):
        bound = part.hidden_size**-0.5
        for name, array in part.params.items():
            if not name.startswith(("gain", "bias")):  # those of a layer norm start at 1 and 0
                array[...] = rng.uniform(-bound, bound, array.shape)


def orthogonal(layer, *, rng):
    """Each gate's block of W_h, (H, H), becomes a random orthogonal matrix: it keeps the length of h_{t-1}.

    Source: Saxe, McClelland & Ganguli 2014. Drawn evenly (Haar) by QR with the signs of R's diagonal set to +.
    """
    for part in _parts(layer):
        H, W_h = part.hidden_size, part.params["W_h"]
        for start in range(0, W_h.shape[1], H):
            q, r = np.linalg.qr(rng.standard_normal((H, H)))
            W_h[:, start : start + H] = q * np.sign(np.diag(r))


def forget_bias(layer, value):
    """The forget gate's slice of b becomes ``value``; 1 lets the cell remember from the start.

    Source: Gers, Schmidhuber & Cummins 2000; Jozefowicz, Zaremba & Sutskever 2015.
    Raises TypeError for a layer without a forget gate.
    """
    for (f,) in _slices_of_b(layer, "f"):
        f[...] = value


def chrono(layer, longest, *, rng):
    """Biases that spread the units' memory over 1 to ``longest`` steps: b_f = log U(1, longest - 1), b_i = -b_f.

    A forget gate at sigmoid(log u) = u / (u + 1) keeps for about u steps. Source: Tallec & Ollivier 2018, section 3.
    Raises TypeError for a layer without these two gates, ValueError for ``longest`` below 3.
    """
    if longest < 3:
        raise ValueError(f"expected longest of 3 time steps or more, got {longest}: there is no range 1 to longest - 1")
    for f, i in _slices_of_b(layer, "fi"):
        remember = np.log(rng.uniform(1, longest - 1, layer.hidden_size))
        f[...], i[...] = remember, -remember


def _parts(layer):
    """The inner layers of a stack, or the layer itself."""
    if not isinstance(layer, (Recurrent, Stack)):
        raise TypeError(f"expected a recurrent layer or a stack of them, got {type(layer).__name__}")
    return list(layer.layers.values()) if isinstance(layer, Stack) else [layer]


def _slices_of_b(layer, gates):
    """For each of the layers the H entries of b of each of ``gates``, as views."""
    slices = []
    for part in _parts(layer):
        names, H, b = (
            GATES if isinstance(part, LSTM) else getattr(part, "names", ()),
            part.hidden_size,
            part.params["b"],
        )
        for gate in gates:
            if gate not in names:
                raise TypeError(f"expected a layer with a gate {gate}, got {type(part).__name__}: use an LSTM")
        slices.append([b[names.index(gate) * H :][:H] for gate in gates])
    return slices
