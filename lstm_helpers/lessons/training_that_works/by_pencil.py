"""The numbers of the pencil question of lesson 7, and those that slips give."""

import numpy as np


def work_out(
    *,
    m_old=0.5,
    v_old=0.9,
    m_new=None,
    v_new=None,
    m_by=None,
    v_by=None,
    m_keep=1,
    v_keep=1,
    grads=(2.0, 3.0),
    square=np.square,
    root=np.sqrt,
    start=3.0,
    lr=1.0,
    step=None,
):
    """The six numbers of the pencil question, or of a slip in it.

    m_old, m_new: the weights of old and new in m; m_by(t): what m is divided by in step t; m_keep: 0 forgets the old m;
    step(m_hat, v_hat, grad): the step, if it is another one.
    """
    m_new, v_new = 1 - m_old if m_new is None else m_new, 1 - v_old if v_new is None else v_new
    m_by, v_by = m_by or (lambda t: 1 - m_old**t), v_by or (lambda t: 1 - v_old**t)
    step = step or (lambda m_hat, v_hat, grad: m_hat / root(v_hat))
    p, m, v, numbers = start, 0.0, 0.0, {}
    for t, grad in enumerate(grads, 1):
        m = m_keep * m_old * m + m_new * grad
        v = v_keep * v_old * v + v_new * square(grad)
        p -= lr * step(m / m_by(t), v / v_by(t), grad)
        numbers |= {f"m{t}": m, f"v{t}": v, f"p{t}": p}
    return numbers


def second_step(*, m=2.0, v=1.26, m_by=0.75, v_by=0.19, p=2.0, root=np.sqrt):
    """The six numbers, with a slip in the second step alone."""
    return {**work_out(), "m2": m, "v2": v, "p2": p - m / m_by / root(v / v_by)}


CORRECTED = {"m1": 2.0, "v1": 4.0, "m2": 2 / 0.75, "v2": 1.26 / 0.19}

SECOND = "At the second step t is 2: "

SLIPS = [
    ("no bias correction", work_out(m_by=lambda t: 1, v_by=lambda t: 1), "Divide m by 1 - 0.5**t and v by 1 - 0.9**t."),
    ("the root is missing", work_out(root=lambda v: v), "The step divides by the root of v_hat."),
    ("the two rates are exchanged", work_out(m_old=0.9, v_old=0.5), "0.5 belongs to the mean, 0.9 to the mean square."),
    (
        "the gradient in place of its mean",
        work_out(step=lambda m_hat, v_hat, grad: grad / np.sqrt(v_hat)),
        "The numerator is m_hat, the corrected mean.",
    ),
    ("the step goes uphill", {**work_out(), "p1": 4.0, "p2": 6.0 - work_out()["p2"]}, "Subtract the step from p."),
    (
        "the second correction uses t = 1",
        second_step(m_by=0.5, v_by=0.1),
        "At the second step t is 2: 1 - 0.25 and 1 - 0.81.",
    ),
    (
        "the old means are dropped",
        work_out(m_keep=0, v_keep=0),
        "m2 = 0.5 * m1 + 0.5 * 3, and v2 = 0.9 * v1 + 0.1 * 9.",
    ),
    (
        "the corrected means in place of m and v",
        {**work_out(), **CORRECTED},
        "m and v are asked; what is divided by 1 - 0.5**t and 1 - 0.9**t is used in the step alone.",
    ),
    (
        "the second step goes on from the corrected means",
        second_step(m=2.5, v=4.5),
        "m2 = 0.5 * m1 + 0.5 * 3, with m1 before its correction; v2 likewise.",
    ),
    (
        "the corrected means are written down, and the second step goes on from them",
        {**second_step(m=2.5, v=4.5), "m1": 2.0, "v1": 4.0, "m2": 2.5 / 0.75, "v2": 4.5 / 0.19},
        "m and v are asked before their correction, and go on so: m2 = 0.5 * m1 + 0.5 * 3 with m1 = 1; v2 likewise.",
    ),
    (
        "the gradient is not squared",
        work_out(square=lambda grad: grad),
        "v takes in the square: v1 = 0.9 * 0 + 0.1 * 4.",
    ),
    (
        "the second step starts from 3 again",
        {**work_out(), "p2": work_out()["p2"] + 1},
        "p2 = p1 - step: it goes on from p1.",
    ),
    ("m is not corrected", work_out(m_by=lambda t: 1), "Divide m by 1 - 0.5**t in the step."),
    ("v is not corrected", work_out(v_by=lambda t: 1), "Divide v by 1 - 0.9**t in the step."),
    (
        "multiplied by the corrections",
        work_out(m_by=lambda t: 1 / (1 - 0.5**t), v_by=lambda t: 1 / (1 - 0.9**t)),
        "m and v are too small at first, so the corrections make them larger: divide.",
    ),
    (
        "the corrections add",
        work_out(m_by=lambda t: 1 + 0.5**t, v_by=lambda t: 1 + 0.9**t),
        "The corrections divide by 1 minus the power.",
    ),
    ("both corrections use 0.5", work_out(v_by=lambda t: 1 - 0.5**t), "v is divided by 1 - 0.9**t."),
    ("both corrections use 0.9", work_out(m_by=lambda t: 1 - 0.9**t), "m is divided by 1 - 0.5**t."),
    (
        "the corrections are exchanged",
        work_out(m_by=lambda t: 1 - 0.9**t, v_by=lambda t: 1 - 0.5**t),
        "m is divided by 1 - 0.5**t and v by 1 - 0.9**t.",
    ),
    (
        "divided by the power itself",
        work_out(m_by=lambda t: 0.5**t, v_by=lambda t: 0.9**t),
        "m is divided by 1 - 0.5**t and v by 1 - 0.9**t.",
    ),
    (
        "the correction of v comes after its root",
        work_out(v_by=lambda t: (1 - 0.9**t) ** 2),
        "Correct v first, then take the root.",
    ),
    ("both rates are 0.9", work_out(m_old=0.9), "0.5 belongs to the mean: m1 = 0.5 * 0 + 0.5 * 2."),
    ("both rates are 0.5", work_out(v_old=0.5), "0.9 belongs to the mean square: v1 = 0.9 * 0 + 0.1 * 4."),
    ("the rates of question 2", work_out(m_old=0.9, v_old=0.999), "Here the rates are 0.5 for m and 0.9 for v."),
    (
        "the weights of old and new are exchanged in v",
        work_out(v_old=0.1, v_by=lambda t: 1 - 0.9**t),
        "The old v has the weight 0.9, the new square 0.1.",
    ),
    (
        "the weights of old and new are exchanged in v, and in its correction",
        work_out(v_old=0.1),
        "The old v has the weight 0.9, the new square 0.1.",
    ),
    ("m takes in the gradient whole", work_out(m_new=1), "The new gradient has the weight 0.5: m1 = 0.5 * 2."),
    ("v takes in the square whole", work_out(v_new=1), "The new square has the weight 0.1: v1 = 0.1 * 4."),
    (
        "m and v take in the new values whole",
        work_out(m_new=1, v_new=1),
        "The new values have the weights 0.5 and 0.1: m1 = 0.5 * 2 and v1 = 0.1 * 4.",
    ),
    (
        "the gradient is doubled, not squared",
        work_out(square=lambda grad: 2 * grad),
        "v takes in the square, at the second step 3 * 3 = 9.",
    ),
    (
        "the weight of the new square is squared",
        work_out(square=lambda grad: 0.1 * grad**2),
        "The square is that of the gradient alone: v1 = 0.1 * 4.",
    ),
    (
        "no square, and m is not corrected",
        work_out(square=lambda grad: grad, m_by=lambda t: 1),
        "v takes in the square, v1 = 0.1 * 4; and m is divided by 1 - 0.5**t in the step.",
    ),
    (
        "no square, and no bias correction",
        work_out(square=lambda grad: grad, m_by=lambda t: 1, v_by=lambda t: 1),
        "v takes in the square, v1 = 0.1 * 4; and the step uses m / (1 - 0.5**t) and v / (1 - 0.9**t).",
    ),
    (
        "the root of the whole fraction",
        work_out(step=lambda m_hat, v_hat, grad: np.sqrt(m_hat / v_hat)),
        "The root is taken of the corrected v alone.",
    ),
    (
        "multiplied by the root",
        work_out(step=lambda m_hat, v_hat, grad: m_hat * np.sqrt(v_hat)),
        "The step divides by the root of the corrected v.",
    ),
    (
        "plain gradient descent",
        work_out(step=lambda m_hat, v_hat, grad: grad),
        "The step is the corrected m over the root of the corrected v.",
    ),
    (
        "the corrected mean alone makes the step",
        work_out(step=lambda m_hat, v_hat, grad: m_hat),
        "Divide the step by the root of the corrected v.",
    ),
    (
        "the mean alone makes the step",
        work_out(m_by=lambda t: 1, step=lambda m_hat, v_hat, grad: m_hat),
        "The step is the corrected m over the root of the corrected v.",
    ),
    (
        "the gradient and v, both as they are",
        work_out(v_by=lambda t: 1, step=lambda m_hat, v_hat, grad: grad / np.sqrt(v_hat)),
        "The step is the corrected m over the root of the corrected v.",
    ),
    ("lr is 0.1", work_out(lr=0.1), "Here lr is 1."),
    ("p stays 3", work_out(lr=0.001), "Here lr is 1, and the first step is as long as that."),
    (
        "the rates are exchanged, but not in the corrections",
        work_out(m_old=0.9, v_old=0.5, m_by=lambda t: 1 - 0.5**t, v_by=lambda t: 1 - 0.9**t),
        "0.5 belongs to the mean, 0.9 to the mean square.",
    ),
    (
        "the corrected means of the first step in place of m1 and v1",
        {**work_out(), "m1": 2.0, "v1": 4.0},
        "m1 and v1 are asked as they are; the corrected ones are used in the step alone.",
    ),
    ("v1 alone without the square", {**work_out(), "v1": 0.2}, "v1 = 0.9 * 0 + 0.1 * 4: the square of 2 is 4."),
    ("v1 is 4, the square itself", {**work_out(), "v1": 4.0}, "v1 = 0.9 * 0 + 0.1 * 4: v is asked as it is."),
    ("v2 alone without the square", {**work_out(), "v2": 0.66}, "v2 = 0.9 * v1 + 0.1 * 9: the square of 3 is 9."),
    ("p starts from 0", work_out(start=0.0), "p starts from 3."),
    (
        "the gradients are exchanged",
        work_out(grads=(3.0, 2.0)),
        "The gradient is 2 at the first step and 3 at the second.",
    ),
    ("the gradient is 2 at both steps", work_out(grads=(2.0, 2.0)), "At the second step the gradient is 3."),
    ("the gradient is 3 at both steps", work_out(grads=(3.0, 3.0)), "At the first step the gradient is 2."),
    (
        "the steps in place of p",
        {**work_out(), "p1": 1.0, "p2": 2 - work_out()["p2"]},
        "p1 = 3 - step, and p2 goes on from there.",
    ),
    ("the second step in place of p2", {**work_out(), "p2": 2 - work_out()["p2"]}, "p2 = p1 - step."),
    ("the second step is added", {**work_out(), "p2": 4 - work_out()["p2"]}, "Subtract the step: p2 = p1 - step."),
    ("m2 starts from 0 again", second_step(m=1.5), "m2 = 0.5 * m1 + 0.5 * 3: it goes on from m1."),
    ("v2 starts from 0 again", second_step(v=0.9), "v2 = 0.9 * v1 + 0.1 * 9: it goes on from v1."),
    ("m2 holds 1 of the first step, not 0.5", second_step(m=2.5), "m2 = 0.5 * m1 + 0.5 * 3, and m1 is 1."),
    ("v2 takes in v1 whole", second_step(v=1.3), "v2 = 0.9 * v1 + 0.1 * 9: v1 has the weight 0.9."),
    (
        "m2 and v2 take in m1 and v1 whole",
        second_step(m=2.5, v=1.3),
        "m2 = 0.5 * m1 + 0.5 * 3 and v2 = 0.9 * v1 + 0.1 * 9: m1 and v1 are weighted, too.",
    ),
    ("the second gradient is not squared", second_step(v=0.66), "v2 = 0.9 * v1 + 0.1 * 9: the square of 3 is 9."),
    ("v2 starts from the corrected v1", second_step(v=4.5), "v2 = 0.9 * v1 + 0.1 * 9, with v1 before its correction."),
    ("a slip of the decimal point in 0.1 * 9", second_step(v=0.45), "v2 = 0.36 + 0.9."),
    ("the second correction of m uses t = 1", second_step(m_by=0.5), SECOND + "m is divided by 1 - 0.25."),
    ("the second correction of v uses t = 1", second_step(v_by=0.1), SECOND + "v is divided by 1 - 0.81."),
    ("the second step is not corrected", second_step(m_by=1, v_by=1), SECOND + "divide by 1 - 0.25 and by 1 - 0.81."),
    ("m is not corrected at the second step", second_step(m_by=1), SECOND + "m is divided by 1 - 0.25."),
    ("v is not corrected at the second step", second_step(v_by=1), SECOND + "v is divided by 1 - 0.81."),
    ("m2 is divided by 0.25", second_step(m_by=0.25), "The correction is 1 - 0.5**2 = 0.75."),
    ("v2 is divided by 0.81", second_step(v_by=0.81), "The correction is 1 - 0.9**2 = 0.19."),
    (
        "m2 and v2 are divided by the powers",
        second_step(m_by=0.25, v_by=0.81),
        "The corrections are 1 - 0.5**2 = 0.75 and 1 - 0.9**2 = 0.19.",
    ),
    ("the root is missing at the second step", second_step(root=lambda v: v), "The step divides by the root of v_hat."),
    (
        "the second step uses m1",
        {**work_out(), "p2": 2 - 1 / 0.75 / np.sqrt(1.26 / 0.19)},
        "The second step uses the new m2.",
    ),
    (
        "the second step uses v1",
        {**work_out(), "p2": 2 - 2 / 0.75 / np.sqrt(0.4 / 0.19)},
        "The second step uses the new v2.",
    ),
    (
        "the second step uses m1 and v1",
        {**work_out(), "p2": 2 - 1 / 0.75 / np.sqrt(0.4 / 0.19)},
        "The second step uses the new m2 and v2.",
    ),
    (
        "the second step is as long as lr",
        {**work_out(), "p2": 1.0},
        "That holds for the first step alone: work it out.",
    ),
    (
        "the corrected m in place of m",
        {**work_out(), "m1": 2.0, "m2": 2 / 0.75},
        "m is asked as it is; what is divided by 1 - 0.5**t is used in the step alone.",
    ),
    (
        "the corrected v in place of v",
        {**work_out(), "v1": 4.0, "v2": 1.26 / 0.19},
        "v is asked as it is; what is divided by 1 - 0.9**t is used in the step alone.",
    ),
    (
        "the corrected means of the second step in place of m2 and v2",
        {**work_out(), "m2": 2 / 0.75, "v2": 1.26 / 0.19},
        "m2 and v2 are asked as they are; the corrected ones are used in the step alone.",
    ),
]
