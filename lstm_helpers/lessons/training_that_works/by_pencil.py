"""The numbers of the pencil question of lesson 7, and those that slips give."""

from dataclasses import dataclass

import numpy as np

from lstm_helpers.checks import pencil

SECOND = "At the second step t is 2: "


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: the rates of the mean and of the mean square, where p starts, and the
    gradients of both steps. The learning rate is 1."""

    of_m: float = 0.5
    of_v: float = 0.9
    start: float = 3
    grads: tuple = (2, 3)

    def work_out(self, **given):
        """The six numbers of the question; ``given`` takes the place of what is right."""
        return {**self.by(), **given}

    def by(
        self,
        *,
        m_old=None,
        v_old=None,
        m_new=None,
        v_new=None,
        m_by=None,
        v_by=None,
        keep=1,
        grads=None,
        square=np.square,
        root=np.sqrt,
        start=None,
        lr=1.0,
        step=None,
    ):
        """The six numbers by right work, or with a slip in it.

        m_old, m_new: the weights of old and new in m; m_by(t): what m is divided by in step t; keep: 0 forgets the old
        m and v; step(m_hat, v_hat, grad): the step, if it is another one.
        """
        m_old, v_old = self.of_m if m_old is None else m_old, self.of_v if v_old is None else v_old
        m_new, v_new = 1 - m_old if m_new is None else m_new, 1 - v_old if v_new is None else v_new
        m_by, v_by = m_by or (lambda t: 1 - m_old**t), v_by or (lambda t: 1 - v_old**t)
        step = step or (lambda m_hat, v_hat, grad: m_hat / root(v_hat))
        p, m, v, numbers = self.start if start is None else start, 0.0, 0.0, {}
        for t, grad in enumerate(grads or self.grads, 1):
            m = keep * m_old * m + m_new * grad
            v = keep * v_old * v + v_new * square(1.0 * grad)
            p -= lr * step(m / m_by(t), v / v_by(t), grad)
            numbers |= {f"m{t}": m, f"v{t}": v, f"p{t}": p}
        return numbers

    def second_step(self, *, m=None, v=None, m_by=None, v_by=None, root=np.sqrt):
        """The six numbers, with a slip in the second step alone."""
        right = self.by()
        m, v = right["m2"] if m is None else m, right["v2"] if v is None else v
        m_by, v_by = 1 - self.of_m**2 if m_by is None else m_by, 1 - self.of_v**2 if v_by is None else v_by
        return {**right, "m2": m, "v2": v, "p2": right["p1"] - m / m_by / root(v / v_by)}

    def slips(self):
        """Of adam_by_pencil: (name, the numbers that it changes, advice) of each."""
        right, made = self.by(), [*self._in_both_steps(), *self._in_one_step()]
        return [(name, pencil.changed(numbers, right), advice) for name, numbers, advice in made]

    def _in_both_steps(self):
        """Slips that are made in each step, or in the numbers to begin with."""
        a, b, (one, two), start, by, right = self.of_m, self.of_v, self.grads, self.start, self.by, self.by()
        new_a, new_b = round(1 - a, 2), round(1 - b, 2)
        divide = f"m is divided by 1 - {a}**t and v by 1 - {b}**t."
        m1, v1 = f"m1 = {new_a} * {one}", f"v1 = {new_b} * {one * one}"
        told = f"v takes in the square, {v1}"
        step = "The step is the corrected m over the root of the corrected v."
        weigh = f"The old v has the weight {b}, the new square {new_b}."
        belongs = f"{a} belongs to the mean, {b} to the mean square."
        as_it_is = lambda square: square  # noqa: E731
        of_m, of_v = (lambda t: 1 - a**t), (lambda t: 1 - b**t)
        not_corrected = lambda t: 1  # noqa: E731
        gradients = "At the {} step the gradient is {}."
        return [
            (
                "no bias correction",
                by(m_by=not_corrected, v_by=not_corrected),
                f"Divide m by 1 - {a}**t and v by 1 - {b}**t.",
            ),
            ("the root is missing", by(root=as_it_is), "The step divides by the root of v_hat."),
            ("the two rates are exchanged", by(m_old=b, v_old=a), belongs),
            (
                "the gradient in place of its mean",
                by(step=lambda m_hat, v_hat, grad: grad / np.sqrt(v_hat)),
                "The numerator is m_hat, the corrected mean.",
            ),
            (
                "the step goes uphill",
                {**right, "p1": 2 * start - right["p1"], "p2": 2 * start - right["p2"]},
                "Subtract the step from p.",
            ),
            (
                "the old means are dropped",
                by(keep=0),
                f"m2 = {a} * m1 + {new_a} * {two}, and v2 = {b} * v1 + {new_b} * {two * two}.",
            ),
            ("the gradient is not squared", by(square=as_it_is), f"v takes in the square: {self._v1}."),
            ("m is not corrected", by(m_by=not_corrected), f"Divide m by 1 - {a}**t in the step."),
            ("v is not corrected", by(v_by=not_corrected), f"Divide v by 1 - {b}**t in the step."),
            (
                "multiplied by the corrections",
                by(m_by=lambda t: 1 / of_m(t), v_by=lambda t: 1 / of_v(t)),
                "m and v are too small at first, so the corrections make them larger: divide.",
            ),
            (
                "the corrections add",
                by(m_by=lambda t: 1 + a**t, v_by=lambda t: 1 + b**t),
                "The corrections divide by 1 minus the power.",
            ),
            (f"both corrections use {a}", by(v_by=of_m), f"v is divided by 1 - {b}**t."),
            (f"both corrections use {b}", by(m_by=of_v), f"m is divided by 1 - {a}**t."),
            ("the corrections are exchanged", by(m_by=of_v, v_by=of_m), divide),
            ("divided by the power itself", by(m_by=lambda t: a**t, v_by=lambda t: b**t), divide),
            (
                "the correction of v comes after its root",
                by(v_by=lambda t: of_v(t) ** 2),
                "Correct v first, then take the root.",
            ),
            (f"both rates are {b}", by(m_old=b), f"{a} belongs to the mean: m1 = {a} * 0 + {new_a} * {one}."),
            (f"both rates are {a}", by(v_old=a), f"{b} belongs to the mean square: {self._v1}."),
            (
                "the rates of question 2",
                by(m_old=0.9, v_old=0.999),
                f"Here the rates are {a} for m and {b} for v.",
            ),
            ("the weights of old and new are exchanged in v", by(v_old=new_b, v_by=of_v), weigh),
            ("the weights of old and new are exchanged in v, and in its correction", by(v_old=new_b), weigh),
            ("m takes in the gradient whole", by(m_new=1), f"The new gradient has the weight {new_a}: {m1}."),
            ("v takes in the square whole", by(v_new=1), f"The new square has the weight {new_b}: {v1}."),
            (
                "m and v take in the new values whole",
                by(m_new=1, v_new=1),
                f"The new values have the weights {new_a} and {new_b}: {m1} and {v1}.",
            ),
            (
                "the gradient is doubled, not squared",
                by(square=lambda grad: 2 * grad),
                f"v takes in the square, at the second step {two} * {two} = {two * two}.",
            ),
            (
                "the weight of the new square is squared",
                by(square=lambda grad: new_b * grad**2),
                f"The square is that of the gradient alone: {v1}.",
            ),
            (
                "no square, and m is not corrected",
                by(square=as_it_is, m_by=not_corrected),
                f"{told}; and m is divided by 1 - {a}**t in the step.",
            ),
            (
                "no square, and no bias correction",
                by(square=as_it_is, m_by=not_corrected, v_by=not_corrected),
                f"{told}; and the step uses m / (1 - {a}**t) and v / (1 - {b}**t).",
            ),
            (
                "the root of the whole fraction",
                by(step=lambda m_hat, v_hat, grad: np.sqrt(m_hat / v_hat)),
                "The root is taken of the corrected v alone.",
            ),
            (
                "multiplied by the root",
                by(step=lambda m_hat, v_hat, grad: m_hat * np.sqrt(v_hat)),
                "The step divides by the root of the corrected v.",
            ),
            ("plain gradient descent", by(step=lambda m_hat, v_hat, grad: grad), step),
            (
                "the corrected mean alone makes the step",
                by(step=lambda m_hat, v_hat, grad: m_hat),
                "Divide the step by the root of the corrected v.",
            ),
            (
                "the mean alone makes the step",
                by(m_by=not_corrected, step=lambda m_hat, v_hat, grad: m_hat),
                step,
            ),
            (
                "the gradient and v, both as they are",
                by(v_by=not_corrected, step=lambda m_hat, v_hat, grad: grad / np.sqrt(v_hat)),
                step,
            ),
            ("lr is 0.1", by(lr=0.1), "Here lr is 1."),
            (f"p stays {start:g}", by(lr=0.001), "Here lr is 1, and the first step is as long as that."),
            (
                "the rates are exchanged, but not in the corrections",
                by(m_old=b, v_old=a, m_by=of_m, v_by=of_v),
                belongs,
            ),
            ("p starts from 0", by(start=0.0), f"p starts from {start:g}."),
            (
                "the gradients are exchanged",
                by(grads=(two, one)),
                f"The gradient is {one} at the first step and {two} at the second.",
            ),
            (f"the gradient is {one} at both steps", by(grads=(one, one)), gradients.format("second", two)),
            (f"the gradient is {two} at both steps", by(grads=(two, two)), gradients.format("first", one)),
        ]

    def _in_one_step(self):
        """Slips that are made once, or in what is written down."""
        a, b, (one, two), right, second = self.of_m, self.of_v, self.grads, self.by(), self.second_step
        m1, v1, p1, m2, v2, p2 = right.values()
        new_a, new_b, aa, bb = round(1 - a, 2), round(1 - b, 2), round(a * a, 4), round(b * b, 4)
        m_is, v_is = f"m2 = {a} * m1 + {new_a} * {two}", f"v2 = {b} * v1 + {new_b} * {two * two}"
        powers, correction = f"1 - {a}**2 = {1 - aa:g}", f"1 - {b}**2 = {1 - bb:g}"
        by_m, by_v = f"divided by 1 - {aa}", f"divided by 1 - {bb}"
        hat = {"m1": one, "v1": one**2, "m2": m2 / (1 - aa), "v2": v2 / (1 - bb)}
        m_on, v_on = a * one + new_a * two, b * one**2 + new_b * two**2  # from the corrected means
        used = f"what is divided by 1 - {a}**t and 1 - {b}**t is used in the step alone."
        step = lambda m, v: {**right, "p2": p1 - m / (1 - aa) / np.sqrt(v / (1 - bb))}  # noqa: E731
        return [
            (
                "the second correction uses t = 1",
                second(m_by=1 - a, v_by=1 - b),
                f"At the second step t is 2: 1 - {aa} and 1 - {bb}.",
            ),
            ("the corrected means in place of m and v", {**right, **hat}, f"m and v are asked; {used}"),
            (
                "the second step goes on from the corrected means",
                second(m=m_on, v=v_on),
                f"{m_is}, with m1 before its correction; v2 likewise.",
            ),
            (
                "the corrected means are written down, and the second step goes on from them",
                {**second(m=m_on, v=v_on), **hat, "m2": m_on / (1 - aa), "v2": v_on / (1 - bb)},
                f"m and v are asked before their correction, and go on so: {m_is} with m1 = {m1:g}; v2 likewise.",
            ),
            (
                f"the second step starts from {self.start:g} again",
                {**right, "p2": p2 + self.start - p1},
                "p2 = p1 - step: it goes on from p1.",
            ),
            (
                "the corrected means of the first step in place of m1 and v1",
                {**right, "m1": one, "v1": one**2},
                "m1 and v1 are asked as they are; the corrected ones are used in the step alone.",
            ),
            (
                "v1 alone without the square",
                {**right, "v1": new_b * one},
                f"{self._v1}: the square of {one} is {one * one}.",
            ),
            (
                f"v1 is {one * one}, the square itself",
                {**right, "v1": one**2},
                f"{self._v1}: v is asked as it is.",
            ),
            (
                "v2 alone without the square",
                {**right, "v2": b * v1 + new_b * two},
                f"{v_is}: the square of {two} is {two * two}.",
            ),
            (
                "the steps in place of p",
                {**right, "p1": 1.0, "p2": p1 - p2},
                f"p1 = {self.start:g} - step, and p2 goes on from there.",
            ),
            ("the second step in place of p2", {**right, "p2": p1 - p2}, "p2 = p1 - step."),
            ("the second step is added", {**right, "p2": 2 * p1 - p2}, "Subtract the step: p2 = p1 - step."),
            ("m2 starts from 0 again", second(m=new_a * two), f"{m_is}: it goes on from m1."),
            ("v2 starts from 0 again", second(v=new_b * two**2), f"{v_is}: it goes on from v1."),
            (
                f"m2 holds {m1:g} of the first step, not {a * m1:g}",
                second(m=m1 + new_a * two),
                f"{m_is}, and m1 is {m1:g}.",
            ),
            ("v2 takes in v1 whole", second(v=v1 + new_b * two**2), f"{v_is}: v1 has the weight {b}."),
            (
                "m2 and v2 take in m1 and v1 whole",
                second(m=m1 + new_a * two, v=v1 + new_b * two**2),
                f"{m_is} and {v_is}: m1 and v1 are weighted, too.",
            ),
            (
                "the second gradient is not squared",
                second(v=b * v1 + new_b * two),
                f"{v_is}: the square of {two} is {two * two}.",
            ),
            ("v2 starts from the corrected v1", second(v=v_on), f"{v_is}, with v1 before its correction."),
            (
                f"a slip of the decimal point in {new_b} * {two * two}",
                second(v=b * v1 + new_b * two**2 / 10),
                f"v2 = {b * v1:g} + {new_b * two**2:g}.",
            ),
            ("the second correction of m uses t = 1", second(m_by=1 - a), f"{SECOND}m is {by_m}."),
            ("the second correction of v uses t = 1", second(v_by=1 - b), f"{SECOND}v is {by_v}."),
            (
                "the second step is not corrected",
                second(m_by=1, v_by=1),
                f"{SECOND}divide by 1 - {aa} and by 1 - {bb}.",
            ),
            ("m is not corrected at the second step", second(m_by=1), f"{SECOND}m is {by_m}."),
            ("v is not corrected at the second step", second(v_by=1), f"{SECOND}v is {by_v}."),
            (f"m2 is divided by {aa}", second(m_by=aa), f"The correction is {powers}."),
            (f"v2 is divided by {bb}", second(v_by=bb), f"The correction is {correction}."),
            (
                "m2 and v2 are divided by the powers",
                second(m_by=aa, v_by=bb),
                f"The corrections are {powers} and {correction}.",
            ),
            (
                "the root is missing at the second step",
                second(root=lambda v: v),
                "The step divides by the root of v_hat.",
            ),
            ("the second step uses m1", step(m1, v2), "The second step uses the new m2."),
            ("the second step uses v1", step(m2, v1), "The second step uses the new v2."),
            ("the second step uses m1 and v1", step(m1, v1), "The second step uses the new m2 and v2."),
            (
                "the second step is as long as lr",
                {**right, "p2": p1 - 1},
                "That holds for the first step alone: work it out.",
            ),
            (
                "the corrected m in place of m",
                {**right, "m1": hat["m1"], "m2": hat["m2"]},
                f"m is asked as it is; what is divided by 1 - {a}**t is used in the step alone.",
            ),
            (
                "the corrected v in place of v",
                {**right, "v1": hat["v1"], "v2": hat["v2"]},
                f"v is asked as it is; what is divided by 1 - {b}**t is used in the step alone.",
            ),
            (
                "the corrected means of the second step in place of m2 and v2",
                {**right, "m2": hat["m2"], "v2": hat["v2"]},
                "m2 and v2 are asked as they are; the corrected ones are used in the step alone.",
            ),
        ]

    @property
    def _v1(self):
        one = self.grads[0]
        return f"v1 = {self.of_v} * 0 + {round(1 - self.of_v, 2)} * {one * one}"

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        a, b, (one, two), start, right = self.of_m, self.of_v, self.grads, f"{self.start:g}", self.work_out()
        new_a, new_b, aa, bb = round(1 - a, 2), round(1 - b, 2), round(a * a, 4), round(b * b, 4)
        m_hat, v_hat, p1 = right["m2"] / (1 - aa), right["v2"] / (1 - bb), f"{right['p1']:g}"
        numbers = pencil.entries(right)
        return [
            f"{a} instead of 0.9, {b} instead of 0.999, and no",
            f"m \\leftarrow {a}\\,m + {new_a}\\,\\nabla \\qquad v \\leftarrow {b}\\,v + {new_b}\\,\\nabla^2 \\qquad",
            f"(1 - {a}^t)}}{{\\sqrt{{v\\,/\\,(1 - {b}^t)}}}}",
            f"Start: $p = {start}$, $m = v = 0$, lr $= 1$. The gradient is {one} at the first step and {two} "
            "at the second",
            f"# step 1: m/(1-{a}) = {one}, v/(1-{b}) = {one * one}, {start} - {one}/{one} = {p1}.\n"
            f"# step 2: m/{1 - aa:g} = {round(m_hat, 4):g}, v/{1 - bb:g} = {round(v_hat, 4):g}, "
            f"{p1} - {round(m_hat, 4):g}/{np.sqrt(v_hat):.4f}",
            f"adam_by_pencil = {{{numbers}}}",
            f"m1 = {a} * 0 + {new_a} * {one} and {self._v1}. Then",
            f"are m1 / {new_a} and v1 / {new_b}: the",
            f"m2 = {a} * m1 + {new_a} * {two}, v2 = {b} * v1 + {new_b} * {two * two}; "
            f"divide by 1 - {aa} and by 1 - {bb};",
        ]


GIVEN = Given()
OTHERS = [  # such that no two slips make the same numbers
    Given(0.6, 0.9, 5, (5, 3)),
    Given(0.8, 0.9, 5, (4, 3)),
    Given(0.4, 0.9, 6, (4, 2)),
    Given(0.6, 0.8, 4, (6, 3)),
    Given(0.7, 0.9, 6, (4, 2)),
    Given(0.6, 0.8, 5, (2, 5)),
    Given(0.5, 0.7, 4, (5, 2)),
    Given(0.4, 0.9, 3, (3, 4)),
    Given(0.6, 0.9, 5, (3, 4)),
    Given(0.8, 0.9, 4, (3, 5)),
]
