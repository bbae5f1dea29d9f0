"""The cells of a row and where each of them starts; what they have in common is in ``training``."""

import numpy as np

from lstm_helpers import nn
from lstm_helpers.nn import initialisers


def lstm(inputs, hidden, longest, rng):
    """With chrono biases."""
    layer = nn.LSTM(inputs, hidden, rng=rng)
    initialisers.chrono(layer, longest, rng=rng)
    return layer


def peephole_lstm(inputs, hidden, longest, rng):
    """With chrono biases."""
    layer = nn.PeepholeLSTM(inputs, hidden, rng=rng)
    initialisers.chrono(layer, longest, rng=rng)
    return layer


def lstm_1997(inputs, hidden, longest, rng):
    """Chrono's biases of the input gate: nothing is forgotten. (The paper starts its input gates at -1 to -6.)"""
    layer = nn.LSTM1997(inputs, hidden, rng=rng)
    layer.params["b"][:hidden] = -np.log(rng.uniform(1, longest - 1, hidden))
    return layer


def rnn(inputs, hidden, longest, rng):
    """Twice the units, which is about as many weights as an LSTM's."""
    return nn.RNN(inputs, 2 * hidden, rng=rng)


CELLS = {"LSTM": lstm, "LSTM with peepholes": peephole_lstm, "LSTM of 1997": lstm_1997, "RNN": rnn}
