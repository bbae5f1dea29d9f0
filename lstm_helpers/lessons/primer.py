"""The self-test of the primer: nine small questions that say where in the course to start."""

import numpy as np

TOPICS = {  # topic: (section of the primer, {question: right answer})
    "matrix shapes": ("1", {"product": (3, 2), "layer": (5, 8), "weights": (3, 8)}),
    "broadcasting": ("2", {"bias": (5, 8), "column": (5, 3), "columns": (3, 5, 7)}),
    "the chain rule": ("3", {"square": 24.0, "two_paths": 54.0, "tanh": 0.79}),
}
NEEDED = 2  # right answers of three: one slip is a slip


def self_test(**answers):
    """Say which answers are right, and where to start. Answers are numbers or tuples; None is not answered yet.

    Raises TypeError for a question that is not asked.
    """
    asked = {name: right for _, questions in TOPICS.values() for name, right in questions.items()}
    if unknown := sorted(answers.keys() - asked.keys()):
        raise TypeError(f"there is no question {unknown[0]!r}; there are: {', '.join(asked)}")
    given = {name: value for name, value in answers.items() if value is not None}
    if not given:
        print("Not answered yet: write your answers in place of None, and run the cell again.")
        return
    for name in (name for name, value in given.items() if isinstance(value, str)):
        print(f"{name} is text: write {name}={given[name].strip()}, without the quotes.")
    to_read = []
    for topic, (section, questions) in TOPICS.items():
        right = [name for name in questions if name in given and _same(given[name], questions[name])]
        missed = [name for name in questions if name not in right]
        print(f"{topic:15} {len(right)} of {len(questions)} right" + (f"; not yet: {', '.join(missed)}" * bool(missed)))
        if len(right) < NEEDED:
            to_read.append(f"section {section} ({topic})")
    if not to_read:
        print("You have what the course needs: start with lesson 1.")
    else:
        print(f"Read {' and '.join(to_read)} of this page first, then start with lesson 1.")


def _same(given, right):
    try:
        given = np.asarray(given, float)
    except (TypeError, ValueError):
        return False
    return given.shape == np.shape(right) and bool(np.allclose(given, right, atol=0.005))
