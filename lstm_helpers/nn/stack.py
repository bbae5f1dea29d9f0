"""Recurrent layers on top of one another, in one direction or in both."""

from collections.abc import MutableMapping

import numpy as np

from lstm_helpers.nn.base import expect, expect_forward_pass


class _Joined(MutableMapping):
    """The dictionaries ``kind`` ("params" or "grads") of named layers as one: "l0.W_x" is W_x of the layer l0.

    It holds no array of its own: what is set here is set in the layer, and the other way round.
    """

    def __init__(self, layers, kind):
        self._layers, self._kind = layers, kind

    def _place(self, name):
        layer, _, rest = name.partition(".")
        if layer not in self._layers:
            raise KeyError(name)
        return getattr(self._layers[layer], self._kind), rest

    def __getitem__(self, name):
        inner, rest = self._place(name)
        return inner[rest]

    def __setitem__(self, name, array):
        inner, rest = self._place(name)
        inner[rest] = array

    def __delitem__(self, name):
        inner, rest = self._place(name)
        del inner[rest]

    def __iter__(self):
        return (f"{name}.{rest}" for name, layer in self._layers.items() for rest in getattr(layer, self._kind))

    def __len__(self):
        return sum(1 for _ in self)

    def __repr__(self):
        return repr(dict(self))


def _turned(x, lengths):
    """``x (T, B, ...)`` with each sequence backwards within its own length; the padding stays where it is."""
    if lengths is None:
        return np.ascontiguousarray(x[::-1])
    t = np.arange(len(x))[:, None]
    return x[np.where(t < lengths, lengths - 1 - t, t), np.arange(len(lengths))]


class Stack:
    """``layers`` recurrent layers: each reads the h of the one below, the lowest reads x.

    layer_class: any of the recurrent layers, made with ``options``. bidirectional=True gives each layer a second one
    that reads each sequence from its own end; the two h stand side by side, and the layer above reads both.
    residual=True lets each layer but the lowest add what it read to its h, so that it learns only the difference.
    dropout: the chance of a number between two layers to be 0 in training; the others are divided by 1 - dropout, so
    that the expected value stays (not after the last layer, not with train=False). ``rng`` draws the weights, then the
    numbers to drop.

    layers: the inner layers by name: "l0", "l0r" (backwards), "l1", ... params, grads: theirs as one dictionary,
    "l0.W_x", "l0r.W_x", ...: the very arrays of the inner layers.
    States are (layers * directions, B, H) in torch.nn's order: l0, l0r, l1, l1r, ...; those of an MLSTM have the
    shapes that it gives them in place of (B, H).
    Sources: Schuster & Paliwal 1997, "Bidirectional recurrent neural networks"; dropout between layers only:
    Zaremba, Sutskever & Vinyals 2014, "Recurrent neural network regularization"; residual: Wu et al. 2016, "Google's
    neural machine translation system", equation 6.

    >>> from lstm_helpers.nn import LSTM
    >>> stack = Stack(LSTM, 3, 5, layers=2, bidirectional=True, rng=np.random.default_rng(0))
    >>> h, (h_last, c_last) = stack.forward(np.zeros((7, 2, 3), np.float32))
    >>> h.shape, c_last.shape
    ((7, 2, 10), (4, 2, 5))
    """

    def __init__(
        self, layer_class, input_size, hidden_size, *, layers=1, bidirectional=False, residual=False,
        dropout=0.0, rng, dtype=np.float32, **options,
    ):  # fmt: skip
        if layers < 1:
            raise ValueError(f"expected layers of 1 or more, got {layers}")
        if not 0 <= dropout < 1:
            raise ValueError(f"expected dropout from 0 up to, not including, 1, got {dropout}: it is a fraction")
        self.input_size, self.hidden_size, self.dtype = input_size, hidden_size, np.dtype(dtype)
        self.layer_class, self.states = layer_class, layer_class.states
        self.depth, self.bidirectional, self.residual, self.dropout = layers, bidirectional, residual, dropout
        self._rng, self._cache = rng, None
        self.directions = 2 if bidirectional else 1
        self.layers = {}
        for depth in range(layers):
            size = self.directions * hidden_size if depth else input_size
            for end in ("", "r")[: self.directions]:
                self.layers[f"l{depth}{end}"] = layer_class(size, hidden_size, rng=rng, dtype=dtype, **options)

    @property
    def params(self):
        return _Joined(self.layers, "params")

    @property
    def grads(self):
        return _Joined(self.layers, "grads")

    @grads.setter
    def grads(self, given):
        for layer in self.layers.values():
            layer.grads = {}
        self.grads.update(given)

    def forward(self, x, state=None, lengths=None, *, train=True):
        """Run over ``x (T, B, D)`` from ``state``, zeros by default.

        state, lengths, train: as in the single layers, with state arrays of shape (layers * directions, B, H). A layer
        that reads backwards starts at each sequence's own last step, and its final state is that after step 0.
        Returns h (T, B, directions * H) of the last layer, 0 beyond a sequence's length, and the final states.
        Raises ValueError or TypeError with what was given, what was expected and what to do.
        """
        self._cache = None
        lowest = next(iter(self.layers.values()))
        lowest._check_input(x)
        start = self._unpack("state", state, "B")
        lengths = lowest._check_lengths(lengths, *x.shape[:2])
        ends, masks = [], []
        for depth, pair in enumerate(self._floors()):
            if depth:
                masks.append(self._mask(x.shape) if train and self.dropout else None)
                x = x if masks[-1] is None else x * masks[-1]
            outputs = []
            for backwards, (k, layer) in enumerate(pair):
                h, end = layer.forward(_turned(x, lengths) if backwards else x, start[k], lengths, train=train)
                outputs.append(_turned(h, lengths) if backwards else h)
                ends.append(end)
            said = np.concatenate(outputs, axis=-1) if self.bidirectional else outputs[0]
            x = x + said if depth and self.residual else said
        if train:
            self._cache = x.shape, lengths, masks
        return x, self._pack(ends)

    def backward(self, dh, dstate=None, *, accumulate=False, input_gradient=True):
        """From the gradients of the last ``forward``'s results to those of its inputs; sets ``grads``.

        dh (T, B, directions * H); dstate as the returned state, zeros by default; accumulate=True adds to ``grads``;
        input_gradient=False saves the lowest layers the work for dx, which data do not need.
        Returns dx (T, B, D), or None without input_gradient, and the gradient of the initial state.
        Raises RuntimeError without a forward pass.
        """
        shape, lengths, masks = expect_forward_pass(self._cache)
        expect("dh", dh, shape, "the shape of the h that forward returned")
        dh, dend = np.asarray(dh, self.dtype), self._unpack("dstate", dstate, shape[1])
        H, starts = self.hidden_size, [None] * len(self.layers)
        for depth, pair in reversed(list(enumerate(self._floors()))):
            wanted, dxs = depth > 0 or input_gradient, []
            for backwards, (k, layer) in enumerate(pair):
                part = np.ascontiguousarray(dh[..., backwards * H : (backwards + 1) * H])
                part = _turned(part, lengths) if backwards else part
                part, starts[k] = layer.backward(part, dend[k], accumulate=accumulate, input_gradient=wanted)
                dxs += [_turned(part, lengths) if backwards else part] if wanted else []
            past = dh if depth and self.residual else 0  # what goes by the layer, unchanged
            dh = sum(dxs) + past if wanted else None
            if depth and masks[depth - 1] is not None:
                dh = dh * masks[depth - 1]
        return dh, self._pack(starts)

    def _floors(self):
        """The inner layers from the lowest up, with their place in the state: [(0, l0), (1, l0r)], [(2, l1), ...]."""
        places = list(enumerate(self.layers.values()))
        return [places[k : k + self.directions] for k in range(0, len(places), self.directions)]

    def _mask(self, shape):
        kept = self._rng.random(shape) >= self.dropout
        return kept.astype(self.dtype) / self.dtype.type(1 - self.dropout)

    def _pack(self, states):
        """The states of the inner layers, one above the other: one array, or a tuple of them."""
        if len(self.states) == 1:
            return np.stack(states)
        return tuple(np.stack(parts) for parts in zip(*states, strict=True))

    def _unpack(self, name, given, B):
        """What each inner layer is given of ``given``: an array (B, H), a tuple of them, or None."""
        n = len(self.layers)
        if given is None:
            return [None] * n
        parts = (given,) if len(self.states) == 1 else tuple(given)
        if len(parts) != len(self.states):
            wanted = ", ".join(self.states)
            raise ValueError(f"expected {name} ({wanted}), got {len(parts)} in all: give one array for each")
        lowest = next(iter(self.layers.values()))
        for part_name, part in zip(self.states, parts, strict=True):
            if part is not None:
                shape = lowest._state_shape(part_name, B)
                one = "(B, H)" if shape == (B, self.hidden_size) else shape
                hint = f"one {one} for each of the layers {', '.join(self.layers)}, in this order"
                expect(f"{part_name} in {name}", part, (n, *shape), hint)
        inner = [tuple(None if p is None else np.asarray(p)[k] for p in parts) for k in range(n)]
        return inner if len(self.states) > 1 else [state for (state,) in inner]
