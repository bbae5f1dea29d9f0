"""The loop: every token once, resumed to the last bit, interrupted without loss, and a network that learns."""

import contextlib
import errno
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_helpers import nn
from lstm_helpers.training import (
    SGD,
    Adam,
    AdamW,
    checkpoint,
    chunks,
    constant,
    cosine,
    counted,
    fit,
    gradients,
    parameters,
)

# ---- chunks ---------------------------------------------------------------------------------------------------------


@given(st.integers(2, 200), st.integers(1, 7), st.integers(1, 9))
def test_chunks_cover_every_token_once_and_in_order(n, batch, length):
    rows = (n - 1) // batch
    if not rows:
        with pytest.raises(ValueError, match=f"expected more items than streams, batch = {batch}"):
            chunks(np.arange(n), batch, length)
        return
    pieces = list(chunks(np.arange(n), batch, length))
    inputs = np.concatenate([x for x, _ in pieces])
    targets = np.concatenate([y for _, y in pieces])
    assert all(len(x) == length for x, _ in pieces[:-1])
    assert 1 <= len(pieces[-1][0]) <= length
    # Stream after stream, the whole sequence is read; fewer than one row is left.
    assert np.array_equal(inputs.T.ravel(), np.arange(rows * batch))
    assert n - 1 - rows * batch < batch
    assert np.array_equal(targets, inputs + 1)


def test_chunks_of_vectors_are_copies():
    sequence = np.arange(40.0).reshape(20, 2)
    before = sequence.copy()
    x, y = next(chunks(sequence, 3, 4))
    assert x.shape == y.shape == (4, 3, 2)
    assert np.array_equal(x[:, 1], sequence[6:10])
    assert np.array_equal(y[:, 1], sequence[7:11])
    x[:], y[:] = -1, -1
    assert np.array_equal(sequence, before)


def test_chunks_are_checked_at_once():
    for batch, length in ((0, 3), (3, 0)):
        with pytest.raises(ValueError, match="batch and length of 1 or more"):
            chunks(np.arange(9), batch, length)


def test_state_carried_over_chunks_equals_one_long_run():
    rng = np.random.default_rng(0)
    lstm, sequence = nn.LSTM(2, 5, rng=rng, dtype=np.float64), rng.normal(size=(101, 2))
    whole, whole_state = lstm.forward(sequence[:100].reshape(4, 25, 2).swapaxes(0, 1).copy())
    state, parts = None, []
    for x, _ in chunks(sequence, 4, 7):
        h, state = lstm.forward(x, state)
        parts.append(h)
    assert len(parts) == 4
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(state, whole_state, rtol=0, atol=1e-12)


# ---- a small network to train: carried state, dropout, batches that the generator draws ------------------------------

TEXT = np.random.default_rng(1).normal(size=(61, 3))


class Network:
    """An LSTM that predicts the next vector from the last, with dropout on its input."""

    def __init__(self, make=Adam, seed=0):
        self.rng = np.random.default_rng(seed)
        self.lstm = nn.LSTM(3, 3, rng=self.rng, dtype=np.float64)
        self.optimiser = make(parameters(lstm=self.lstm), 0.05)
        self.carry = {}
        self.seen = []

    def step(self, batch):
        x, y = batch
        self.seen.append(x)
        h, self.carry["state"] = self.lstm.forward(x * (self.rng.random(x.shape) > 0.1), self.carry.get("state"))
        self.lstm.backward(2 * (h - y) / y.size)
        return np.mean((h - y) ** 2), gradients(lstm=self.lstm)

    def batches(self, rng):
        """7 a pass, from a place that the generator draws."""
        return chunks(TEXT[rng.integers(5) : 56 + rng.integers(5)], 2, 4)

    def evaluate(self):
        x, y = next(chunks(TEXT, 1, 60))
        return np.mean((self.lstm.forward(x, train=False)[0] - y) ** 2)

    def fit(self, **options):
        options = {"rng": self.rng, "carry": self.carry, "clip": 0.5, "progress": False} | options
        return fit(self.step, self.batches, self.optimiser, **options)

    def everything(self):
        return self.lstm.params | self.optimiser.state() | {"rng": str(self.rng.bit_generator.state)}


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


MAKERS = {"adam": Adam, "adamw": AdamW, "momentum": lambda p, lr: SGD(p, lr, momentum=0.9)}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("stop", [1, 7, 10, 19])  # 7 is the end of a pass
def test_10_steps_and_10_more_equal_20(make, stop, tmp_path):
    options = {"schedule": cosine(0.05, 20)}
    straight = Network(make)
    expected = straight.fit(steps=20, **options)
    first = Network(make)
    first.fit(steps=stop, checkpoint=tmp_path / "run.npz", **options)
    second = Network(make, seed=99)  # other weights, another generator: all of it comes from the file
    history = second.fit(steps=20, checkpoint=tmp_path / "run.npz", **options)
    assert same(second.everything(), straight.everything())
    assert len(second.seen) == 20 - stop
    assert history.seconds == sorted(history.seconds)  # they too go on
    for name in ("step", "loss", "lr", "norm"):
        assert getattr(history, name) == getattr(expected, name)
    assert isinstance(second.carry["state"], tuple)
    assert np.array_equal(second.carry["state"], straight.carry["state"])


def test_looks_and_patience_go_on_as_if_never_stopped(tmp_path):
    options = {"every": 3, "patience": 2, "schedule": constant(0.3)}
    straight, split = Network(), None
    expected = straight.fit(steps=60, evaluate=straight.evaluate, **options)
    assert expected.ended == "patience"
    for seed, steps in enumerate((4, 7, 8, 21, 60, 60)):
        split = Network(seed=seed)
        history = split.fit(steps=steps, checkpoint=tmp_path / "r.npz", evaluate=split.evaluate, **options)
    assert history.validation == expected.validation
    assert history.validation_step == expected.validation_step
    assert (history.ended, len(history.step)) == (expected.ended, len(expected.step))
    assert same(split.lstm.params, straight.lstm.params)


def test_a_new_process_goes_on_to_the_last_bit(tmp_path):
    straight = Network()
    straight.fit(steps=20)
    code = """
        import sys
        import numpy as np
        from tests.training.test_loop import Network
        network = Network(seed=int(sys.argv[1]))
        network.fit(steps=int(sys.argv[1]), checkpoint=sys.argv[2])
        np.savez(sys.argv[3], **network.lstm.params)
    """
    for steps in ("10", "20"):
        seed_zero = (
            textwrap.dedent(code) if steps == "20" else textwrap.dedent(code).replace("seed=int(sys.argv[1])", "")
        )
        command = [sys.executable, "-c", seed_zero, steps, str(tmp_path / "run.npz"), str(tmp_path / "end.npz")]
        subprocess.run(command, check=True)
    with np.load(tmp_path / "end.npz") as end:
        assert same(straight.lstm.params, dict(end))


def test_an_unfinished_write_leaves_the_old_checkpoint(tmp_path):
    file = tmp_path / "run.npz"
    Network().fit(steps=10, checkpoint=file)
    old = file.read_bytes()
    code = """
        import os, sys
        import numpy as np
        from tests.training.test_loop import Network

        def killed(stream, **arrays):
            stream.write(b"half a file")
            stream.flush()
            os._exit(9)

        np.savez = killed
        Network().fit(steps=15, checkpoint=sys.argv[1])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(file)])
    assert done.returncode == 9
    assert file.read_bytes() == old
    straight, resumed = Network(), Network(seed=5)
    straight.fit(steps=20)
    resumed.fit(steps=20, checkpoint=file)
    assert same(resumed.lstm.params, straight.lstm.params)
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_a_checkpoint_holds_no_pickle_and_another_network_is_refused(tmp_path):
    file = tmp_path / "run.npz"
    network = Network()
    network.fit(epochs=2, evaluate=network.evaluate, checkpoint=file)
    with np.load(file, allow_pickle=False) as saved:
        assert all(saved[name].dtype != object for name in saved.files)
    other = nn.LSTM(3, 4, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"run\.npz is the checkpoint of another network \(lstm\.W_h does not match\)"):
        fit(network.step, network.batches, Adam(parameters(lstm=other)), rng=network.rng, epochs=1, checkpoint=file)
    before = {k: p.copy() for k, p in network.lstm.params.items()}
    sgd = SGD(parameters(lstm=network.lstm), 0.1)
    with pytest.raises(ValueError, match="expected the state of SGD"):
        fit(network.step, network.batches, sgd, rng=network.rng, epochs=1, checkpoint=file)
    assert same(network.lstm.params, before)


# ---- stopping -------------------------------------------------------------------------------------------------------


class Slope:
    """One parameter that goes up by 1 a step, and validation values as they are listed."""

    def __init__(self, *values):
        self.params = {"w": np.zeros(1)}
        self.optimiser, self.values = SGD(self.params, lr=1.0), list(values)

    def step(self, batch):
        return 0.0, {"w": np.array([-1.0])}

    def fit(self, step=None, **options):
        options = {"rng": np.random.default_rng(0), "progress": False} | options
        evaluate = (lambda: self.values.pop(0)) if self.values else None
        return fit(step or self.step, lambda rng: range(3), self.optimiser, evaluate=evaluate, **options)


def test_patience_ends_the_run_and_the_best_parameters_come_back():
    slope = Slope(5.0, 3.0, 4.0, 3.0, 1.0)
    history = slope.fit(epochs=5, patience=2)
    assert history.ended == "patience"
    assert history.validation == [5, 3, 4, 3]
    assert history.validation_step == [3, 6, 9, 12]
    assert history.best == (6, 3.0)
    assert slope.params["w"] == 6


def test_an_improvement_sets_patience_back():
    slope = Slope(5.0, 6.0, 4.0, 6.0, 3.0)
    assert slope.fit(epochs=5, patience=2).ended == "finished"
    assert slope.params["w"] == 15


def test_a_nan_is_never_the_best():
    slope = Slope(np.nan, 2.0, np.nan)
    assert slope.fit(epochs=3).best == (6, 2.0)
    assert slope.params["w"] == 6


def test_without_evaluate_the_last_parameters_stay():
    slope = Slope()
    history = slope.fit(epochs=2)
    assert slope.params["w"] == 6
    assert history.best is None
    assert history.step == [1, 2, 3, 4, 5, 6]
    assert history.norm == [1.0] * 6
    assert history.lr == [1.0] * 6
    assert history.seconds == sorted(history.seconds)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 30), st.lists(st.floats(0, 1), min_size=10, max_size=10))
def test_an_interrupt_at_any_step_keeps_the_best_so_far(at, values):
    slope = Slope(*values)
    calls = []

    def step(batch):
        calls.append(batch)
        if len(calls) == at:
            raise KeyboardInterrupt
        return slope.step(batch)

    history = slope.fit(step, epochs=10)
    looks = (at - 1) // 3
    assert history.ended == "interrupted"
    assert len(history.step) == at - 1
    assert history.validation == values[:looks]
    assert slope.params["w"] == (3 * (1 + int(np.argmin(values[:looks]))) if looks else at - 1)


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)


@pytest.mark.parametrize("at", [1, 2, 3, 5])
def test_ctrl_c_ends_after_the_step_in_hand_and_the_run_can_go_on(at, tmp_path):
    handler = signal.getsignal(signal.SIGINT)
    straight, network = Network(), Network()
    straight.fit(steps=10)
    step = network.step

    def pressed(batch):
        if len(network.seen) == at - 1:
            press_ctrl_c()
        return step(batch)

    network.step = pressed
    history = network.fit(steps=10, checkpoint=tmp_path / "run.npz")
    assert history.ended == "interrupted"
    assert len(history.step) == at
    assert signal.getsignal(signal.SIGINT) is handler
    network.step = step
    assert network.fit(steps=10, checkpoint=tmp_path / "run.npz").ended == "finished"
    assert same(network.everything(), straight.everything())


def test_a_second_ctrl_c_ends_at_once_and_leaves_the_file(tmp_path):
    slope, reached = Slope(2.0, 1.0, 3.0), []

    def step(batch):
        if slope.params["w"] == 7:
            press_ctrl_c()
            reached.append("first")
            press_ctrl_c()
            reached.append("second")
        return slope.step(batch)

    history = slope.fit(step, epochs=3, checkpoint=tmp_path / "run.npz")
    assert reached == ["first"]
    assert history.ended == "interrupted"
    assert slope.params["w"] == 6
    again = Slope(5.0)
    assert len(again.fit(epochs=3, checkpoint=tmp_path / "run.npz").step) == 9


def test_it_runs_where_signals_do_not_reach():
    from concurrent.futures import ThreadPoolExecutor

    slope = Slope()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(slope.fit, epochs=1).result().ended == "finished"


# ---- the rest -------------------------------------------------------------------------------------------------------


def test_each_pass_has_batches_of_its_own_and_starts_without_a_carried_state():
    network, states = Network(), []
    step = network.step
    network.step = lambda batch: (states.append("state" in network.carry), step(batch))[1]
    network.fit(epochs=2)
    passes = len(states) // 2
    assert states == ([False] + [True] * (passes - 1)) * 2
    assert not np.array_equal(network.seen[0], network.seen[passes])


def test_the_schedule_and_the_clip_reach_the_optimiser():
    slope = Slope()
    history = slope.fit(epochs=1, schedule=lambda step: [1.0, 10.0, 100.0][step], clip=0.5)
    assert history.lr == [1, 10, 100]
    assert Slope().fit(epochs=1, clip=None).norm == [1, 1, 1]
    assert slope.params["w"] == pytest.approx(0.5 * 111, rel=1e-5)


def test_the_progress_bar_shows_the_loss_and_its_absence_imports_nothing(capsys):
    Slope(1.0, 0.25).fit(epochs=2, progress=True)
    shown = capsys.readouterr()
    assert "loss=" in shown.err + shown.out
    code = "import sys, lstm_helpers.training; print([m for m in ('tqdm', 'torch', 'matplotlib') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_the_progress_bar_of_passes_tells_the_time_left_where_it_is_told_how_many_steps_there_will_be(capsys):
    Slope(1.0, 0.25).fit(epochs=2, progress=6)
    shown = capsys.readouterr()
    assert "6/6 [" in shown.err + shown.out


def test_a_run_that_ends_with_fewer_steps_than_were_expected_leaves_a_full_bar(capsys):
    Slope(1.0, 0.25).fit(epochs=2, progress=7)
    shown = capsys.readouterr()
    assert "6/6 [" in (shown.err + shown.out).split("\r")[-1]


def test_a_count_of_what_is_done_is_shown_in_a_notebook_alone_and_gone_at_the_end(capsys, monkeypatch):
    monkeypatch.delenv("LSTM_COURSE_STRICT", raising=False)
    assert list(counted("abc", "run")) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=True))
    assert list(counted(iter("abc"), "run", 3)) == ["a", "b", "c"]
    shown = capsys.readouterr().out.split("\r")
    assert shown[1] == "run 1 of 3"
    assert shown[-2:] == [" " * len("run 3 of 3"), ""]
    monkeypatch.setenv("LSTM_COURSE_STRICT", "1")
    assert list(counted("abc", "run")) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "epochs or steps, one of them"),
        ({"epochs": 1, "steps": 1}, "epochs or steps, one of them"),
        ({"epochs": 1, "patience": 2}, "give evaluate"),
        ({"steps": 9, "evaluate": lambda: 0.0}, "every=100"),
        ({"epochs": 1, "evaluate": lambda: 0.0, "patience": 0}, "expected patience of 1 or more, got 0"),
        ({"epochs": 1, "every": 0}, "expected every of 1 or more, got 0"),
        ({"epochs": -1}, "expected epochs of 0 or more, got -1"),
        ({"steps": -1}, "expected steps of 0 or more, got -1"),
        ({"epochs": 1, "clip": 0}, "expected a limit above 0, got 0"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(options, message):
    slope = Slope()
    with pytest.raises(ValueError, match=message):
        fit(slope.step, lambda rng: range(3), slope.optimiser, rng=np.random.default_rng(0), progress=False, **options)


def test_no_passes_and_no_steps_are_a_finished_run():
    for nothing in ({"epochs": 0}, {"steps": 0}):
        slope = Slope()
        history = slope.fit(**nothing)
        assert (history.ended, history.step, slope.params["w"]) == ("finished", [], 0)


def test_batches_that_run_dry_are_refused():
    slope, used = Slope(), iter(range(3))
    options = {"rng": np.random.default_rng(0), "epochs": 2, "progress": False}
    with pytest.raises(TypeError, match=r"got a list: give batches=lambda rng"):
        fit(slope.step, [1, 2], slope.optimiser, **options)
    with pytest.raises(ValueError, match="fresh list or generator at each call"):
        fit(slope.step, lambda rng: used, slope.optimiser, **options)


def test_an_lstm_learns_to_remember_the_first_of_ten_bits():
    rng = np.random.default_rng(0)
    lstm = nn.LSTM(1, 16, rng=rng, forget_bias=1.0)
    W, b = rng.normal(size=(16, 1)).astype(np.float32) * 0.1, np.zeros(1, np.float32)
    optimiser = Adam(parameters(lstm=lstm) | {"readout.W": W, "readout.b": b}, lr=0.01)

    def draw(rng):
        bits = rng.integers(0, 2, (10, 64, 1))
        return (2 * bits - 1).astype(np.float32), bits[0].astype(np.float32)

    def step(batch):
        x, y = batch
        h, _ = lstm.forward(x)
        p = 1 / (1 + np.exp(-(h[-1] @ W + b)))
        dlogit = (p - y) / len(y)
        lstm.backward(np.concatenate([np.zeros_like(h[:-1]), (dlogit @ W.T)[None]]))
        loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
        return loss, gradients(lstm=lstm) | {"readout.W": h[-1].T @ dlogit, "readout.b": dlogit.sum(axis=0)}

    def wrong(seed=1):
        batches = [draw(np.random.default_rng((seed, k))) for k in range(4)]
        scores = [lstm.forward(x, train=False)[0][-1] @ W + b for x, _ in batches]
        return np.mean([(s > 0) != (y > 0.5) for s, (_, y) in zip(scores, batches, strict=True)])

    assert wrong(2) > 0.3
    batches = lambda rng: (draw(rng) for _ in range(50))  # noqa: E731
    history = fit(step, batches, optimiser, rng=rng, epochs=8, clip=1.0, evaluate=wrong, patience=3, progress=False)
    assert wrong(2) < 0.05
    assert len(history.step) <= 400


# ---- checkpoints: any generator, any state, any file -----------------------------------------------------------------

GENERATORS = [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]


@pytest.mark.parametrize("kind", GENERATORS, ids=lambda kind: kind.__name__)
def test_every_generator_goes_on_to_the_last_bit(kind, tmp_path):
    def network(seed):
        made = Network(seed=seed)
        made.rng = np.random.Generator(kind(seed))
        return made

    straight, first, second = network(0), network(0), network(7)
    straight.fit(steps=15)
    first.fit(steps=9, checkpoint=tmp_path / "run.npz")
    second.fit(steps=15, checkpoint=tmp_path / "run.npz")
    assert same(second.everything() | {"rng": None}, straight.everything() | {"rng": None})
    assert second.rng.integers(2**63, size=9).tolist() == straight.rng.integers(2**63, size=9).tolist()


def test_another_kind_of_generator_is_refused_and_nothing_changes(tmp_path):
    Network().fit(steps=3, checkpoint=tmp_path / "run.npz")
    other = Network(seed=1)
    other.rng = np.random.Generator(np.random.SFC64(0))
    before = {k: np.copy(v) for k, v in other.everything().items()}
    with pytest.raises(ValueError, match=r"run\.npz goes on with a generator PCG64, got rng with SFC64"):
        other.fit(steps=4, checkpoint=tmp_path / "run.npz")
    assert same(other.everything(), before)
    with pytest.raises(TypeError, match="expected rng to be a NumPy generator, got a RandomState"):
        other.fit(steps=4, rng=np.random.RandomState(0))


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5),
    st.sampled_from([np.float32(0.1), np.int64(-3), np.bool_(True), np.array(2.5), np.zeros((0, 3), np.float32)]),
    st.builds(lambda n: np.arange(n, dtype=np.uint8).reshape(2, -1), st.sampled_from([2, 6])),
)  # fmt: skip
CARRIED = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=4), inner, max_size=3),
    ),
    max_leaves=6,
)


def alike(a, b):
    """The same values and the same types, all the way down; NaN equals NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return a == b or a != a


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.dictionaries(st.text(max_size=4), CARRIED, max_size=3))
def test_whatever_is_carried_comes_back(tmp_path_factory, carried):
    file = tmp_path_factory.mktemp("run") / "run.npz"
    slope, carry = Slope(), {}

    def step(batch):
        carry.update(carried)
        return slope.step(batch)

    slope.fit(step, steps=2, carry=carry, checkpoint=file)
    back = {}
    slope.fit(step, steps=2, carry=back, checkpoint=file)  # at its goal already
    assert alike(back, carried)
    with np.load(file, allow_pickle=False) as saved:
        assert not any(saved[name].dtype.hasobject for name in saved.files)


@pytest.mark.parametrize(
    ("carried", "says"),
    [
        ({1, 2}, r"in carry/state, got a set"),
        ((np.zeros(2), [object()]), r"in carry/state/1/0, got a object"),
        (np.array([None]), r"in carry/state, got a ndarray"),
        ({1: 2}, r"in carry/state, got a dictionary whose keys are not all text"),
        (np.ma.masked_array([1, 2]), r"in carry/state, got a MaskedArray"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_stored_is_refused_after_the_first_step(carried, says, tmp_path):
    slope, carry, steps = Slope(), {}, []

    def step(batch):
        steps.append(batch)
        carry["state"] = carried
        return slope.step(batch)

    with pytest.raises(TypeError, match=says):
        slope.fit(step, epochs=9, carry=carry, checkpoint=tmp_path / "run.npz")
    assert len(steps) == 1
    slope.fit(step, epochs=1, carry=carry)  # without a checkpoint it may be anything


def damaged(whole):
    """A checkpoint's bytes, damaged in every way that a disk, an editor or another program finds."""
    other = io.BytesIO()
    np.savez(other, weights=np.zeros(3))
    lone = io.BytesIO()
    np.save(lone, np.zeros(3))
    poor = io.BytesIO()
    np.savez(poor, json='{"dict": {"params": {"dict": {}}}}')
    listed = io.BytesIO()
    np.savez(listed, json="[1, 2]")
    yield from (b"", b"PK", b"hello, world\n" * 40, pickle.dumps({"a": 1}))
    yield from (stream.getvalue() for stream in (other, lone, poor, listed))
    yield from (whole[: len(whole) * k // 7] for k in range(1, 7))
    for k in range(1, 12):
        place = len(whole) * k // 12
        yield whole[:place] + bytes(9) + whole[place + 9 :]


def test_a_damaged_or_foreign_file_is_refused_plainly_and_nothing_changes(tmp_path):
    file = tmp_path / "run.npz"
    Network().fit(steps=9, checkpoint=file)
    refused = 0
    for content in damaged(file.read_bytes()):
        file.write_bytes(content)
        network = Network(seed=3)
        before = {k: np.copy(v) for k, v in network.everything().items()}
        with contextlib.suppress(ValueError):
            network.fit(steps=9, checkpoint=file)
            continue
        refusal = r"^run\.npz is not a whole checkpoint of fit \(.+\): delete it to start"
        with pytest.raises(ValueError, match=refusal) as caught:
            network.fit(steps=9, checkpoint=file)
        assert "pickle" not in str(caught.value), "nobody is told to load a foreign file unsafely"
        assert same(network.everything(), before)
        assert file.read_bytes() == content
        refused += 1
    assert refused >= 22  # the others hit bytes that zip does not look at


def test_a_file_of_the_first_format_still_goes_on(tmp_path):
    file = tmp_path / "run.npz"
    straight, first, second = Network(), Network(), Network(seed=9)
    straight.fit(steps=20)
    history = first.fit(steps=10, checkpoint=tmp_path / "now.npz")
    arrays = {f"params/lstm.{k}": v for k, v in first.lstm.params.items()}
    arrays |= {f"optimiser/{k}": v for k, v in first.optimiser.state().items()}
    arrays |= {f"tuple/{n}/state": part for n, part in enumerate(first.carry["state"])}
    now = checkpoint.read(tmp_path / "now.npz")
    rest = {name: now[name] for name in ("waited", "passes", "position", "seed")}
    rest |= {"rng": first.rng.bit_generator.state, "history": asdict(history)}
    np.savez(file, json=json.dumps(rest), **arrays)
    second.fit(steps=20, checkpoint=file)
    assert same(second.everything(), straight.everything())
    assert isinstance(second.carry["state"], tuple)


def test_a_missing_folder_is_made(tmp_path):
    file = tmp_path / "runs" / "one" / "run.npz"
    Slope().fit(epochs=1, checkpoint=file)
    assert [p.name for p in file.parent.iterdir()] == ["run.npz"]


def test_a_place_that_cannot_be_written_is_refused_before_the_first_step(tmp_path):
    (tmp_path / "file").write_text("")
    slope = Slope()
    for place in (tmp_path, tmp_path / "file" / "run.npz"):
        with pytest.raises(OSError, match="expected checkpoint to name a file that can be written, got "):
            slope.fit(epochs=1, checkpoint=place)
    assert slope.params["w"] == 0


def test_a_disk_that_is_full_later_stops_neither_the_run_nor_the_older_file(tmp_path, monkeypatch):
    file, whole = tmp_path / "run.npz", np.savez
    slope = Slope(3.0, 2.0, 1.0)
    calls = []

    def full(stream, **arrays):
        calls.append(arrays)
        if len(calls) > 1:
            stream.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(stream, **arrays)

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(RuntimeWarning, match=r"run\.npz could not be written \(No space left on device\)"):
        history = slope.fit(epochs=3, checkpoint=file)
    assert (history.ended, len(calls)) == ("finished", 4)
    assert slope.params["w"] == 9
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]
    assert checkpoint.read(file)["passes"] == 1
