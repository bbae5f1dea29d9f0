"""The mathematics in NumPy, named as in torch.nn: time-major arrays (T, B, D)."""

from lstm_helpers.nn.attention import AdditiveAttention, DotAttention, GeneralAttention, SelfAttention
from lstm_helpers.nn.exponential import MLSTM, SLSTM
from lstm_helpers.nn.gru import GRU
from lstm_helpers.nn.layers import Embedding, Linear
from lstm_helpers.nn.linear import MinGRU, MinLSTM
from lstm_helpers.nn.losses import mean_squared_error, softmax_cross_entropy
from lstm_helpers.nn.lstm import LSTM
from lstm_helpers.nn.rnn import RNN
from lstm_helpers.nn.stack import Stack
from lstm_helpers.nn.variants import LSTM1997, CoupledLSTM, LayerNormLSTM, PeepholeLSTM

__all__ = [
    "AdditiveAttention",
    "CoupledLSTM",
    "DotAttention",
    "Embedding",
    "GRU",
    "GeneralAttention",
    "LSTM",
    "LSTM1997",
    "LayerNormLSTM",
    "Linear",
    "MLSTM",
    "MinGRU",
    "MinLSTM",
    "PeepholeLSTM",
    "RNN",
    "SLSTM",
    "SelfAttention",
    "Stack",
    "mean_squared_error",
    "softmax_cross_entropy",
]
