"""Schedules equal torch's, step by step."""

import pytest
import torch
from torch.optim import lr_scheduler

from lstm_helpers.training import constant, cosine, step_decay, warm_up

LR, N = 0.3, 20


def theirs(*make):
    """The learning rates that torch's schedulers, multiplied, set for steps 0 to N."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    scheduler = lr_scheduler.ChainedScheduler([m(optimiser) for m in make])
    rates = []
    for _ in range(N + 1):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


def torch_warm_up(o):
    return lr_scheduler.LinearLR(o, start_factor=1 / 5, total_iters=4)


CASES = {
    "constant": (constant(LR), [lambda o: lr_scheduler.ConstantLR(o, factor=1)]),
    "step decay": (step_decay(LR, 6, 0.5), [lambda o: lr_scheduler.StepLR(o, 6, 0.5)]),
    "cosine": (cosine(LR, N), [lambda o: lr_scheduler.CosineAnnealingLR(o, N)]),
    "cosine to a least": (cosine(LR, N, 0.01), [lambda o: lr_scheduler.CosineAnnealingLR(o, N, 0.01)]),
    "warm-up": (warm_up(constant(LR), 5), [torch_warm_up]),
    "warm-up, decay": (warm_up(step_decay(LR, 3), 5), [lambda o: lr_scheduler.StepLR(o, 3), torch_warm_up]),
}


@pytest.mark.parametrize("name", CASES)
def test_equals_torch(name):
    ours, schedulers = CASES[name]
    assert [ours(k) for k in range(N + 1)] == pytest.approx(theirs(*schedulers), rel=1e-12, abs=1e-15)


def test_cosine_stays_at_its_least():
    assert cosine(1.0, 10, 0.1)(10) == cosine(1.0, 10, 0.1)(1000) == 0.1


def test_warm_up_reaches_its_schedule_and_stays():
    rates = [warm_up(constant(1.0), 4)(k) for k in range(6)]
    assert rates == [0.25, 0.5, 0.75, 1, 1, 1]


def test_no_warm_up_is_the_schedule_itself():
    assert [warm_up(constant(0.5), 0)(k) for k in range(3)] == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda: cosine(1.0, 0), "expected steps of 1 or more, got 0"),
        (lambda: step_decay(1.0, 0), "expected every of 1 or more, got 0"),
        (lambda: warm_up(constant(1.0), -1), "expected steps of 0 or more, got -1"),
    ],
)
def test_a_schedule_over_no_steps_is_refused_when_it_is_made(act, says):
    with pytest.raises(ValueError, match=says):
        act()
