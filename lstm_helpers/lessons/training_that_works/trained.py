"""What ``train_adding`` has to bring about: from weights and batches that are drawn here, a network that can add."""

import numpy as np

from lstm_helpers.data.tasks import adding
from lstm_helpers.lessons.training_that_works.answers import chrono_bias
from lstm_helpers.nn.lstm import lstm_forward_cached

T, B, H = 50, 32, 16
STEPS, LR = 300, 0.03  # batches of the training, and its learning rate
FRESH = 1000  # sequences that nobody trained on
FAR = 0.04  # an answer further off than this is wrong: Hochreiter & Schmidhuber 1997, section 5.4
WRONG = 0.1  # the largest share of wrong answers: of 14 seeds the reference left 0.042 once, else below 0.01
PARAMS = ("W_x", "W_h", "b", "W_out", "b_out")


def start(rng, H, longest):
    """{name: array} of an LSTM for the adding problem, and of its read-out: memories spread up to ``longest`` steps."""
    draw = lambda *shape: rng.uniform(-1, 1, shape) / np.sqrt(H)  # noqa: E731
    b = chrono_bias(draw(4 * H), rng.uniform(1, longest - 1, H))
    return dict(zip(PARAMS, (draw(2, 4 * H), draw(H, 4 * H), b, draw(H), np.zeros(1)), strict=True))


def sequences(rng, batch):
    """x (T, batch, 2) and target (batch,) of the adding problem, all of T steps; the marks lie in the first half."""
    x, target, _ = adding(rng, T, batch)
    return x[:T].astype(np.float64), target.astype(np.float64)


def as_case(params, batches, lr):
    """One case of the check: the arguments of ``train_adding``, each array by its place."""
    case = {f"params.{name}": array for name, array in params.items()}
    for k, (x, target) in enumerate(batches):
        case |= {f"batches.{k}.x": x, f"batches.{k}.target": target}
    return case | {"lr": np.array(lr)}


def training(rng):
    """The one case of the outcome: a whole training."""
    params = start(rng, H, T)
    yield f"a training of {STEPS} batches", as_case(params, [sequences(rng, B) for _ in range(STEPS)], LR)


def wrong_answers(params):
    """Which share of the fresh sequences a network answers wrong, from 0 to 1."""
    x, target = sequences(np.random.default_rng(1997), FRESH)
    zeros = np.zeros((FRESH, len(params["W_h"])))
    with np.errstate(all="ignore"):
        h, _, _ = lstm_forward_cached(x, zeros, zeros, params["W_x"], params["W_h"], params["b"])
        error = np.abs(h[-1] @ params["W_out"] + params["b_out"] - target)
    return 1 - np.mean(error <= FAR)  # NaN is wrong, too


def marks(outputs, cases, points):
    """All points if the network that was trained answers fresh sequences; (points, what is said, the cause or "")."""
    ((trained,), (case,)) = outputs, cases
    if off := [name for name in PARAMS if trained[name].shape != case[f"params.{name}"].shape]:
        return 0, f"After {STEPS} batches {off[0]} has shape {trained[off[0]].shape}.", "a parameter changes its shape"
    share = wrong_answers({name: array.astype(np.float64) for name, array in trained.items()})
    said = f"Trained on {STEPS} batches of {B} sequences, T = {T}: {share:.1%} of {FRESH:,} fresh sequences"
    if share <= WRONG:
        return points, f"{said} were answered wrong. Your own pieces, put together, have learned to add.", ""
    return (
        0,
        f"{said} were answered wrong, expected at most {WRONG:.0%}. One batch and a few batches come out right: what "
        "does your loop do after that?",
        "a long training goes another way than its first batches",
    )
