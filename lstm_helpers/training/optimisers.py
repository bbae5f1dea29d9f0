"""Optimisers that remember how large gradients are. What they share, and SGD, is in ``training.base``."""

import math

import numpy as np

from lstm_helpers.training.base import SGD


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
        if self.weight_decay:
            p *= 1 - lr * self.weight_decay
        change = np.subtract(grad, mean, np.empty_like(mean))
        change *= 1 - beta1
        mean += change
        np.multiply(grad, grad, change)
        change *= 1 - beta2
        square *= beta2
        square += change
        # Both start at 0 and are too small at first: divided by 1 - beta**steps they are not. Here the division of
        # the root has moved to the other numbers of its fraction.
        by = math.sqrt(1 - beta2**self.steps)
        np.sqrt(square, change)
        change += self.eps * by
        np.divide(mean, change, change)
        change *= lr * by / (1 - beta1**self.steps)
        p -= change


class AdamW(Adam):
    """Adam that also shrinks every parameter by lr * weight_decay at each step, apart from the gradient.

    Source: Loshchilov & Hutter 2019, algorithm 2. As torch.optim.AdamW.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr, betas, eps)
        self.weight_decay = weight_decay
