"""The networks that lesson 11 looks into: one-hot characters, an LSTM, a readout."""

from importlib import resources

import numpy as np

from lstm_helpers import nn
from lstm_helpers.training import gradients, parameters

MODELS = resources.files("lstm_helpers.data").joinpath("models")


class Reader:
    """One-hot characters -> LSTM -> readout: scores of what comes next. layer: whose LSTM, ``yours.LSTM`` too."""

    def __init__(self, V, H, *, rng, layer=nn.LSTM):
        self.lstm, self.readout = layer(V, H, rng=rng, forget_bias=1.0), nn.Linear(H, V, rng=rng)
        self.one_hot = np.eye(V, dtype=np.float32)

    @property
    def params(self):
        return parameters(lstm=self.lstm, readout=self.readout)

    def learn(self, ids):
        """Loss and gradients of one batch of texts (T + 1, B)."""
        h, _ = self.lstm.forward(self.one_hot[ids[:-1]])
        loss, dscores = nn.softmax_cross_entropy(self.readout.forward(h), ids[1:])
        self.lstm.backward(self.readout.backward(dscores), input_gradient=False)
        return loss, gradients(lstm=self.lstm, readout=self.readout)


def stored(file, layer=nn.LSTM):
    """The Reader whose weights are in a file of the course. layer: whose LSTM reads with them."""
    with file.open("rb") as stream, np.load(stream) as held:
        weights = {name: held[name] for name in held.files}
    V, H = len(weights["lstm.W_x"]), len(weights["lstm.W_h"])
    model = Reader(V, H, rng=np.random.default_rng(0), layer=layer)
    for name, array in model.params.items():
        array[...] = weights[name]
    return model


def log_softmax(scores):
    """log p from scores, over the last axis, safe for large ones."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
