"""The primer: a self-test of twelve small questions that says where to start, and pictures of a repeated product."""

import re

import numpy as np

from lstm_helpers.figures import COLOURS, look, show

# topic: (section of the primer, the lesson that needs it, {question: right answer})
TOPICS = {
    "matrix shapes": ("1", 1, {"product": (3, 2), "layer": (5, 8), "weights": (3, 8)}),
    "broadcasting": ("2", 1, {"bias": (5, 8), "column": (5, 3), "columns": (3, 5, 7)}),
    "the chain rule": ("3", 1, {"square": 24.0, "two_paths": 54.0, "tanh": 0.79}),
    "repeated products": ("4", 2, {"again": (8, 0.125), "eigenvalue": 0.9, "longest": 3.0}),
}
NEEDED = 2  # right answers of three: one slip is a slip


def self_test(**answers):
    """Say which answers are right, and where to start. Answers are numbers or tuples; None is not answered yet.

    Raises TypeError for a question that is not asked.
    """
    asked = {name: right for _, _, questions in TOPICS.values() for name, right in questions.items()}
    if unknown := sorted(answers.keys() - asked.keys()):
        raise TypeError(f"there is no question {unknown[0]!r}; there are: {', '.join(asked)}")
    given = {name: value for name, value in answers.items() if value is not None}
    if not given:
        print("Not answered yet: write your answers in place of None, and run the cell again.")
        return
    for name in (name for name, value in given.items() if isinstance(value, str)):
        print(f"{name} is text: write {_meant(name, given[name])}, without quotes.")
    to_read, weak = [], []
    for topic, (section, lesson, questions) in TOPICS.items():
        right = [name for name in questions if name in given and _same(given[name], questions[name])]
        missed = [name for name in questions if name not in right]
        print(f"{topic:17} {len(right)} of {len(questions)} right" + (f"; not yet: {', '.join(missed)}" * bool(missed)))
        if len(right) < NEEDED:
            to_read.append(f"section {section} ({topic}) before lesson {lesson}")
        elif missed:
            weak.append(f"{missed[0]} (section {section}, before lesson {lesson})")
    if to_read:
        print(f"On this page read {', '.join(to_read)}.")
    if weak:
        print(f"Look once more at {', '.join(weak)}.")
    if not to_read:
        print("You have what the course needs: start with lesson 1.")


def _meant(name, text):
    """How to write what a text such as "3x2" or "(3, 2)" holds; where that is not clear, an example."""
    parts = re.split(r"\s*[x×,]\s*|\s+", text.strip(" ()[]"))
    if not all(re.fullmatch(r"-?\d+(\.\d+)?", part) for part in parts):
        return "a tuple such as (2, 7), or a number"
    return f"{name}={parts[0]}" if len(parts) == 1 else f"{name}=({', '.join(parts)})"


def _same(given, right):
    try:
        given = np.asarray(given, float)
    except (TypeError, ValueError):
        return False
    return given.shape == np.shape(right) and bool(np.allclose(given, right, atol=0.005))


# ---------------------------------------------------------------- section 4: the same matrix again and again


def _plane(ax, xlim, ylim):
    ax.set(xlim=xlim, ylim=ylim, aspect="equal", xlabel="first number of the arrow", ylabel="second number")
    ax.axhline(0, color="#999999", linewidth=0.8, zorder=1)
    ax.axvline(0, color="#999999", linewidth=0.8, zorder=1)


def _arrow(ax, tip, colour, width=2.2):
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 16}
    ax.annotate("", tip, (0, 0), arrowprops=style, zorder=3)


def turning_picture(M, steps=(0, 1, 2, 3, 10)):
    """The arrow (0, 1) after so many products with M (2, 2), and the two directions that M only stretches."""
    from matplotlib import pyplot as plt

    arrow = np.array([0.0, 1.0])
    tips = [arrow @ np.linalg.matrix_power(M, k) for k in steps]
    values, vectors = np.linalg.eig(M.T)  # rows v with v M = value v
    with look():
        fig, ax = plt.subplots(figsize=(6.2, 4.4))
        _plane(ax, (-0.45, 1.85), (-0.45, 1.2))
        for value, v in zip(values, vectors.T, strict=True):
            ax.axline((0, 0), tuple(v), color=COLOURS["f"], linestyle="--", linewidth=1.3, zorder=2)
            at = v / v[0] * (1.55 if value == max(values) else 0.8)
            ax.annotate(f"λ = {value:.1f}", at, (5, 3), textcoords="offset points", color="#8a3c00")
        for k, tip in zip(steps, tips, strict=True):
            _arrow(ax, tip, COLOURS["o"], width=3.2 if k == steps[-1] else 2)
            below = k == steps[-1]
            said = "start" if k == 0 else f"{k} step{'s' * (k > 1)}"
            at = (-6, -14) if below else (6, 5)
            ax.annotate(said, tip, at, textcoords="offset points", color="black", ha="right" if below else "left")
        ax.set_title("The same matrix again and again turns the arrow")
    told = ", ".join(f"({tip[0]:.2f}, {tip[1]:.2f}) after {k}" for k, tip in zip(steps, tips, strict=True))
    long, short = sorted(values, reverse=True)
    return show(
        fig,
        f"Arrows from the origin: {told} products with M. They turn towards a dashed line, the direction with "
        f"eigenvalue {long:.1f}; a second dashed line is the direction with eigenvalue {short:.1f}.",
    )


def one_step_picture(M):
    """All arrows of length 1 before and after one product with M (2, 2), and the one that becomes longest."""
    from matplotlib import pyplot as plt

    angle = np.linspace(0, 2 * np.pi, 400)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    before = np.linalg.svd(M)[0][:, 0]
    before = before * np.sign(before[1])
    after = before @ M
    with look():
        fig, ax = plt.subplots(figsize=(6.2, 4.4))
        _plane(ax, (-1.7, 1.7), (-1.15, 1.15))
        ax.plot(*circle.T, color="#777777", linewidth=1.6)
        ax.plot(*(circle @ M).T, color=COLOURS["o"])
        _arrow(ax, before, "#555555")
        _arrow(ax, after, COLOURS["o"])
        ax.annotate("length 1", before, (6, 4), textcoords="offset points", color="#444444")
        ax.annotate(
            f"after: {np.linalg.norm(after):.2f}", after, (-2, 9), textcoords="offset points", color=COLOURS["o"]
        )
        ax.set_title("One step turns the circle into an ellipse")
    return show(
        fig,
        "A grey circle of radius 1, the tips of all arrows of length 1, and the blue ellipse that one product with M "
        f"makes of it; its longest arrow has length {np.linalg.norm(after):.2f}. The arrow that becomes the longest is "
        f"drawn before, ({before[0]:.2f}, {before[1]:.2f}), and after, ({after[0]:.2f}, {after[1]:.2f}).",
    )
