"""The mathematics in NumPy, named as in torch.nn: time-major arrays (T, B, D)."""

from lstm_helpers.nn.lstm import LSTM
from lstm_helpers.nn.rnn import RNN

__all__ = ["LSTM", "RNN"]
