"""Learning-rate schedules. Each returns a function: step (0, 1, 2, ...) -> learning rate.

>>> lr = warm_up(cosine(1e-3, steps=1000), steps=100)
>>> lr(0), lr(99), lr(1000)
(1e-05, ..., 0.0)
"""

import math


def constant(lr):
    """The same learning rate at every step."""
    return lambda step: lr


def step_decay(lr, every, factor=0.1):
    """``lr`` times ``factor`` after each ``every`` steps. As torch's StepLR.

    Raises ValueError for ``every`` below 1.
    """
    _expect_steps("every", every, 1)
    return lambda step: lr * factor ** (step // every)


def cosine(lr, steps, least=0.0):
    """Half a cosine from ``lr`` at step 0 to ``least`` at step ``steps``, and ``least`` from there on.

    Source: Loshchilov & Hutter 2017, equation 5, without restarts. Up to ``steps`` as torch's CosineAnnealingLR.
    Raises ValueError for ``steps`` below 1.
    """
    _expect_steps("steps", steps, 1)
    return lambda step: least + (lr - least) * (1 + math.cos(math.pi * min(step / steps, 1))) / 2


def warm_up(schedule, steps):
    """``schedule``, times 1/steps, 2/steps, ..., 1 in the first ``steps`` steps. As torch's LinearLR from 1/steps.

    With 0 steps it is ``schedule`` itself. Raises ValueError for fewer.
    """
    _expect_steps("steps", steps, 0)
    return lambda step: schedule(step) * min((step + 1) / max(steps, 1), 1)


def _expect_steps(name, given, least):
    if not given >= least:
        raise ValueError(f"expected {name} of {least} or more, got {given}: it counts training steps")
