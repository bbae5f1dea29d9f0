"""What the projects' torch models have in common. Time comes first, as everywhere in the course: x (T, B, D).

A torch module trains in ``training.fit`` as ours do, and so can be stopped and resumed:

>>> optimiser = AdamW(arrays(module), lr)
>>> fit(step(module, loss, rng), batches, optimiser, rng=rng, epochs=8, checkpoint=file)
"""

import numpy as np
import torch
from torch import nn


def within(lengths, T):
    """Whether each place lies inside its sequence: lengths (B,) -> (T, B), a boolean tensor."""
    return torch.arange(T)[:, None] < torch.as_tensor(lengths)[None]


def reverse_within(x, lengths):
    """``x (T, B, ...)`` with each sequence backwards inside its own length; the padding stays where it is."""
    lengths, t = torch.as_tensor(lengths), torch.arange(len(x))[:, None]
    return x[torch.where(t < lengths, lengths - 1 - t, t), torch.arange(x.shape[1])]


class BiLSTM(nn.Module):
    """Layers of two LSTMs each, one for each direction; the backward one begins at each sequence's own end.

    (T, B, D) -> h (T, B, 2H), for lengths (B,); beyond a length h means nothing. dropout: between two layers, in
    training. ``pack_padded_sequence`` computes the same and took twice as long on two cores.
    """

    def __init__(self, input_size, hidden_size, layers=1, dropout=0.0):
        super().__init__()
        sizes = [input_size] + [2 * hidden_size] * (layers - 1)
        self.forwards = nn.ModuleList(nn.LSTM(size, hidden_size) for size in sizes)
        self.backwards = nn.ModuleList(nn.LSTM(size, hidden_size) for size in sizes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, lengths):
        for k, (ahead, back) in enumerate(zip(self.forwards, self.backwards, strict=True)):
            x = x if k == 0 else self.dropout(x)
            turned = reverse_within(back(reverse_within(x, lengths))[0], lengths)
            x = torch.cat([ahead(x)[0], turned], dim=-1)
        return x


def mean_within(h, lengths):
    """The mean of h (T, B, H) over each sequence's own steps: (B, H)."""
    inside = within(lengths, len(h))[..., None]
    return (h * inside).sum(0) / inside.sum(0)


def max_within(h, lengths):
    """The largest of h (T, B, H) over each sequence's own steps: (B, H)."""
    return h.masked_fill(~within(lengths, len(h))[..., None], -torch.inf).amax(0)


def attention_within(scores, h, lengths):
    """Weights (T, B), the softmax of scores (T, B) over each sequence's own steps, and h mixed by them, (B, H)."""
    weights = scores.masked_fill(~within(lengths, len(h)), -torch.inf).softmax(0)
    return weights, (weights[..., None] * h).sum(0)


def arrays(module):
    """{name: array} of a module's parameters, views of the same memory: an optimiser of ours moves torch's weights."""
    return {name: p.detach().numpy() for name, p in module.named_parameters()}


def put(module, weights):
    """Set a module's parameters to {name: array}, and return the module in evaluation mode, without gradients."""
    for name, array in arrays(module).items():
        array[...] = weights[name]
    return module.eval().requires_grad_(False)


def step(module, loss, rng):
    """The ``step`` of ``training.fit`` for a torch module. loss(batch) -> a scalar tensor.

    Dropout draws from torch's generator, which is seeded by ``rng`` at each step: so a resumed run draws the same.
    """

    def train(batch):
        torch.manual_seed(int(rng.integers(2**31)))
        module.train()
        module.zero_grad()
        value = loss(batch)
        value.backward()
        return value.item(), {
            name: np.zeros_like(p.detach().numpy()) if p.grad is None else p.grad.numpy()
            for name, p in module.named_parameters()
        }

    return train
