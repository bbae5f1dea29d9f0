"""Mutation test of the checks: every mutant of every solution function dies, but for those that are no different."""

import hashlib
import inspect
from pathlib import Path

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge, probe
from tests.checks import mutants as mutation
from tests.checks.solved import compiled, functions

SEEDS = (checks.SEED, 20261122)  # a mutant has to die under each

LAST_AXIS = "the last axis of a (B, H) array is axis 1"
FROM_THE_END = "of 4H columns, the one 2H from the end is column 2H"
BEYOND = "a slice that ends beyond the last column ends at the last column"
PRODUCT = "a product does not depend on the order of its factors"
# Why a mutant that lives is none: the changed line, and why it computes the same. Verified on 2,000 random inputs.
SAME = {
    "return np.where(z > 0, 1, e) / (1 + e)": "at z = 0 both numerators are 1",
    "H = h_prev.shape[1]": LAST_AXIS,
    "H = h_prev.shape[--1]": LAST_AXIS,
    "H = c_prev.shape[-1]": "c_prev and h_prev have the same shape",
    "gate = slice(H, -2 * H)": FROM_THE_END,
    "gate = slice(-2 * H, 3 * H)": FROM_THE_END,
    "f = sigmoid(z[:, H:-2 * H])": FROM_THE_END,
    "g = np.tanh(z[:, -2 * H:3 * H])": FROM_THE_END,
    "gate = slice(3 * H, 4 * H + 1)": BEYOND,
    "gate = slice(3 * H, 4 ** H)": BEYOND,
    "gate = slice(3 * H, 5 * H)": BEYOND,
    "gate = slice(3 * H, 8 * H)": BEYOND,
    "c = cell_update(c_prev, f, i, g)": PRODUCT,
    "c = cell_update(f, c_prev, g, i)": PRODUCT,
    "z = np.concatenate([h_prev, x], axis=-1) @ W + b": LAST_AXIS,
    "i, f, g, o = np.split(z, 4, axis=-1)": LAST_AXIS,
    "return np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g ** 2), do * o * (1 - o)], axis=-1)": LAST_AXIS,  # noqa: E501
    "i, f, g, o = np.split(gates, 4, axis=-1)": LAST_AXIS,
    "b[H:-2 * H] = np.log(u)": FROM_THE_END,
    "w = np.empty_like(f)": "i and f have the same shape",
    "for t in reversed(range(len(f))):": "i and f have as many steps",
    "for t in reversed(range(len(w))):": "w has as many steps as i",
    "count = np.sum(lengths)": "as many steps count as the lengths add up to",
    "mask = np.arange(len(target))[:, None] < lengths": "pred and target have the same shape",
    "if epoch - best >= patience:": "epoch - best grows by at most 1 an epoch, and training stops at patience",
    "for k in np.ndindex(grad.shape):": "grad has the shape of w",
    "scale = min(limit / norm, 1)": "the smaller of two does not depend on their order",
    "for t in reversed(range(len(dh))):": "dh has as many steps as x",
    "for t in reversed(range(len(dx))):": "dx has as many steps as x",
    "for t in reversed(range(len(gates))):": "gates has as many steps as x",
    "relative = np.abs(numerical - ours).max() / np.abs(numerical).max()": "a distance does not depend on the order",
    "T, B, D = (lengths.max(), len(lengths), rows.shape[-1])": "the last axis of a (N, D) array is axis 1",
    "hs.append(m * h_new)": "a mask is 1 or 0, and then m * h is m * h_new",
    "s = counts.sum(axis=-1, keepdims=True)": LAST_AXIS,
    "u = np.maximum((counts > 0).sum(axis=-1, keepdims=True), 1)": LAST_AXIS,
    "u = np.maximum((counts != 0).sum(axis=1, keepdims=True), 1)": "counts are never negative",
    "u = np.maximum(1, (counts > 0).sum(axis=1, keepdims=True))": "a maximum does not depend on the order",
    "chosen = np.take_along_axis(log_p, targets[..., None])[..., 0]": "the default axis is the last",
    "chosen = np.take_along_axis(log_p, targets[..., None], axis=2)[..., -1]": "that axis has one entry",
    "e = np.exp(z - z.max(axis=-1, keepdims=True))": LAST_AXIS,
    "return e / e.sum(axis=-1, keepdims=True)": LAST_AXIS,
    "ranked = -np.sort(-p)": "np.sort sorts along the last axis",
    "ranked = -np.sort(-p, axis=-1)": LAST_AXIS,
    "before = np.cumsum(ranked, axis=-1) - ranked": LAST_AXIS,
    "least = np.where(before < top, ranked, 1).min(axis=-1, keepdims=True)": LAST_AXIS,
    "least = np.where(before < top, ranked, 2).min(axis=1, keepdims=True)": "no probability is above 1",
    "return kept / kept.sum(axis=-1, keepdims=True)": LAST_AXIS,
    "x = np.eye(len(b_y))[ids[t]]": "W_x and b_y both have V entries",
    "nats.append(-log_p[np.arange(len(c)), ids[t + 1]])": "c and h have the same rows",
    "nats.append(-log_p[np.arange(len(log_p)), ids[t + 1]])": "log_p and h have the same rows",
    "nats.append(-log_p[np.arange(len(x)), ids[t + 1]])": "x and h have the same rows",
}


def _dies(check, fn, cases, wanted):
    for (_, case), want in zip(cases, wanted, strict=True):
        seen = next(probe.watch_all(fn, [case], check.probe, check.returns, seconds=1.0))
        if judge.differs(check, seen, want, case):
            return True
    return False


def _same_on_random_inputs(check, fn, original, rounds):
    rng = np.random.default_rng(7)
    inputs = 0
    while inputs < rounds:
        for _, case in check.cases(rng):
            watch = [next(probe.watch_all(f, [case], check.probe, check.returns)) for f in (fn, original)]
            if judge.differs(check, *watch, case):
                return False
            inputs += 1
    return True


def _survivors(exercise, name, source):
    check = checks.find(name)
    drawn = [check.draw(seed) for seed in SEEDS]
    wanted = [judge.observe(check, check.oracle, cases) for cases in drawn]
    survivors, total = [], 0
    for what, line, mutant in mutation.mutants(source):
        total += 1
        fn = compiled(mutant, exercise)
        if not all(_dies(check, fn, cases, want) for cases, want in zip(drawn, wanted, strict=True)):
            survivors.append((what, line, mutant))
    return survivors, total


def _changed_line(mutant, source):
    lines = [line.strip() for line in mutant.splitlines() if line not in source.splitlines()]
    return lines[0] if len(lines) == 1 else mutant


def _key(source):
    """A hash of all that the score depends on: the solution, the engine, the sheets and the mutation operators."""
    files = sorted(Path(inspect.getfile(checks)).parent.glob("*.py")) + [
        Path(mutation.__file__),
        Path(__file__),
    ]
    return hashlib.sha256(source.encode() + b"".join(f.read_bytes() for f in files)).hexdigest()[:16]


@pytest.mark.parametrize(("exercise", "name", "source"), functions(), ids=lambda v: v if len(v) < 30 else "")
def test_every_mutant_dies_but_the_equivalent_ones(exercise, name, source, request, capsys):
    cache, slot = request.config.cache, f"mutation/{_key(source)}/{name}"
    if (found := cache.get(slot, None)) is None:
        survivors, total = _survivors(exercise, name, source)
        check, original = checks.find(name), compiled(source, exercise)
        unexplained = [
            (what, line, text)
            for what, line, text in survivors
            if _changed_line(text, source) not in SAME
            or not _same_on_random_inputs(check, compiled(text, exercise), original, 2000)
        ]
        found = [total, len(survivors), unexplained]
        cache.set(slot, found)
    total, equivalent, unexplained = found
    with capsys.disabled():
        print(f"\n  {name}: {total - equivalent} of {total} mutants killed, {equivalent} equivalent", end=" ")
    assert total > 0
    assert not unexplained, "\n\n".join(f"survives ({what}, line {line}):\n{text}" for what, line, text in unexplained)
    request.config.stash.setdefault(SCORES, {})[name] = (total, equivalent)


SCORES = pytest.StashKey[dict]()


def test_the_kill_score_over_all_functions(request, capsys):
    scores = request.config.stash.get(SCORES, {})
    if set(scores) != {name for _, name, _ in functions()}:
        pytest.fail("the score needs every function's mutants: run the whole file")
    total, equivalent = map(sum, zip(*scores.values(), strict=True))
    with capsys.disabled():
        print(f"\n  kill score: {total - equivalent} of {total}; {equivalent} exempted as equivalent", end=" ")
    assert equivalent <= 0.03 * total
