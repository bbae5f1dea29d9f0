"""What the projects share: the test that is opened once, weights that are handed in, torch modules in our loop."""

import base64
import hashlib
import io
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_helpers import course, nn
from lstm_helpers.projects import held_out, judging, own_files, own_weights, stored, torch_nets
from lstm_helpers.projects.held_out import AlreadyOpened, HeldOut
from lstm_helpers.training import AdamW, History, fit

CHOSEN = {"units": 48, "rate": 0.01}


@pytest.fixture
def ledgers(tmp_path, monkeypatch):
    monkeypatch.setattr(held_out, "OPENED", tmp_path / "opened.csv")
    monkeypatch.setattr(course, "root", lambda: tmp_path)
    return tmp_path


def test_a_test_opens_for_one_set_of_choices(ledgers):
    test = HeldOut("digits, split 7", ("inputs", "answers"))
    assert "inputs" not in repr(test)
    assert test.open(CHOSEN) == ("inputs", "answers")
    assert test.open(dict(reversed(CHOSEN.items()))) == ("inputs", "answers")  # the same choices are no second look
    with pytest.raises(AlreadyOpened, match=r"digits, split 7.*opened on \d{4}-.*validation part.*new split"):
        test.open(CHOSEN | {"units": 64})
    assert HeldOut("digits, split 8", 1).open(CHOSEN | {"units": 64}) == 1
    assert ledgers.joinpath("opened.csv").read_text().count("\n") == 3


def test_a_student_has_one_look_for_a_model_of_their_own_and_leaves_the_courses_ledger_alone(ledgers):
    test = HeldOut("digits, split 7", "parts")
    test.open(CHOSEN)
    assert test.open({"mine": 1}, who="ann") == "parts"
    with pytest.raises(AlreadyOpened):
        test.open({"mine": 2}, who="ann")
    assert "ann" not in ledgers.joinpath("opened.csv").read_text()
    assert "ann" in ledgers.joinpath("work", "opened.csv").read_text()


def shapes(H):
    return {"W_x": (5, 4 * H), "W_h": (H, 4 * H), "W_y": (H, 3)}


def model(H=4):
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=shape) for name, shape in shapes(H).items()}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({}, None),
        ({"W_h": np.ones((16, 4))}, "W_h is transposed"),
        ({"W_h": np.ones((0, 0))}, "W_h is no matrix (H, 4H)"),
        ({"W_h": np.ones((9, 36))}, "more units than are allowed"),
        ({"W_h": np.ones((4, 7))}, "W_h is no matrix (H, 4H)"),
        ({"W_h": np.ones((4, 16, 1))}, "W_h is no matrix (H, 4H)"),
        ({"W_x": np.ones((4, 16)), "W_h": np.ones((5, 16))}, "W_h is no matrix (H, 4H)"),
        ({"W_h": np.array(1.0)}, "W_h is no matrix (H, 4H)"),
        ({"W_y": np.ones((3, 4))}, "W_y is transposed"),
        ({"W_y": np.ones((4, 2))}, "W_y has another shape than that of 4 units"),
        ({"W_x": np.ones((6, 16))}, "a row of W_x for each of 6 letters, expected 5"),
        ({"W_x": np.ones((5, 16), int)}, "whole numbers in place of floats"),
        ({"W_x": np.ones((5, 16), bool)}, "no floating-point numbers"),
        ({"W_x": np.ones((5, 16), np.float16)}, None),
        ({"W_y": np.full((4, 3), np.nan)}, "NaN or huge numbers in the weights"),
        ({"W_y": np.full((4, 3), 1e7)}, "NaN or huge numbers in the weights"),
    ],
)
def test_what_is_no_model_has_a_name(change, cause):
    trouble = judging.no_model(model() | change, "W_h", shapes, 8, "letter")
    assert (trouble[1] if trouble else None) == cause


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**20))
def test_copies_are_alike_in_any_order_sign_and_company_and_others_are_not(seed):
    rng = np.random.default_rng(seed)
    h = np.tanh(np.cumsum(rng.normal(size=(400, 12)), axis=0) / 4)
    order, sign = rng.permutation(12), rng.choice([-1, 1], size=12)
    assert judging.alike((h * sign)[:, order], h) == pytest.approx(1)
    assert judging.alike(h[:, :5], h) == pytest.approx(1)
    assert judging.alike(np.concatenate([h, rng.normal(size=(400, 40))], axis=1), h) == pytest.approx(1)
    assert judging.alike(h + 0.1 * h.std(axis=0) * rng.normal(size=h.shape), h) > 0.98
    assert judging.alike(rng.normal(size=(400, 12)), h) < 0.5


def test_a_unit_that_never_changes_is_like_none():
    h = np.random.default_rng(0).normal(size=(50, 3))
    assert judging.alike(np.ones((50, 3)), h) == 0
    assert judging.told(np.ones((50, 3)), judging.own_parts([h, h[::-1]])) == 0


def test_units_of_a_copy_are_told_however_they_were_mixed_and_what_all_models_share_is_no_copy():
    rng = np.random.default_rng(0)
    common, share = rng.normal(size=(4000, 4)), rng.random((4000, 12))
    first, second, other = (3 * common @ rng.normal(size=(4, 12)) + rng.normal(size=(4000, 12)) for _ in range(3))
    parts = judging.own_parts([first, second])
    both, idle = np.hstack([share * first, (1 - share) * first]), np.hstack([second + 5, 0 * second])
    for copy in (first @ rng.normal(size=(12, 12)), both, idle, np.hstack([other, second])):
        assert judging.told(copy, parts) == pytest.approx(1)
    assert 0.3 < judging.told(first + rng.normal(size=first.shape), parts) < 0.7
    assert judging.alike(other, first) > 0.7  # for what they have in common
    assert judging.told(other, parts) < 0.3


def test_weights_and_log_of_a_training_are_read_back(tmp_path):
    weights = {"W": np.float32([[0.5, -2.0]]), "b": np.float32([1.0])}
    told = stored.write_weights(tmp_path / "net.npz", weights)
    assert told == hashlib.sha256((tmp_path / "net.npz").read_bytes()).hexdigest()
    assert all((stored.read_weights(tmp_path / "net.npz")[name] == w).all() for name, w in weights.items())
    history = History()
    history.step, history.loss, history.seconds = [1, 2, 3, 4], [4.0, 2.0, 1.0, 0.0], [1.0, 2.0, 3.0, 4.0]
    history.validation_step, history.validation = [2, 4], [0.25, 0.125]
    stored.write_log(tmp_path / "net.csv", history, lambda loss: 10 * loss)
    rows = own_weights.log(tmp_path / "net.csv")
    assert [row["training"] for row in rows] == ["30.0", "5.0"]
    assert [row["validation"] for row in rows] == ["0.25", "0.125"]


# ------------------------------------------------------------------------------------------------ torch modules


def test_both_directions_in_torch_compute_what_our_stack_computes():
    lengths = np.array([7, 3, 1, 5])
    x = np.random.default_rng(0).normal(size=(7, 4, 3)).astype(np.float32)
    net = torch_nets.BiLSTM(3, 5, layers=2)
    ours = nn.Stack(nn.LSTM, 3, 5, layers=2, bidirectional=True, rng=np.random.default_rng(0))
    layers = {f"l{k}": module for k, module in enumerate(net.forwards)}
    layers |= {f"l{k}r": module for k, module in enumerate(net.backwards)}
    for name, module in layers.items():
        module.weight_ih_l0.data = torch.tensor(ours.params[f"{name}.W_x"].T.copy())
        module.weight_hh_l0.data = torch.tensor(ours.params[f"{name}.W_h"].T.copy())
        module.bias_ih_l0.data = torch.tensor(ours.params[f"{name}.b"].copy())
        module.bias_hh_l0.data *= 0
    inside = torch_nets.within(lengths, 7).numpy()
    expected, _ = ours.forward(x, lengths=lengths)
    assert net(torch.tensor(x), lengths).detach().numpy()[inside] == pytest.approx(expected[inside], abs=1e-6)


def test_pooling_sees_nothing_beyond_a_length():
    h = torch.randn(6, 3, 4, generator=torch.Generator().manual_seed(0))
    lengths, scores = np.array([6, 2, 1]), h[..., 0]
    changed = torch.where(torch_nets.within(lengths, 6)[..., None], h, 1e3)
    for pool in torch_nets.mean_within, torch_nets.max_within:
        assert pool(changed, lengths).flatten().tolist() == pytest.approx(pool(h, lengths).flatten().tolist())
        assert pool(h, lengths)[2].tolist() == pytest.approx(h[0, 2].tolist())
    weights, context = torch_nets.attention_within(scores, h, lengths)
    assert weights.sum(0).tolist() == pytest.approx([1, 1, 1])
    assert (weights[~torch_nets.within(lengths, 6)] == 0).all()
    assert context[2].tolist() == pytest.approx(h[0, 2].tolist())


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.lstm, self.out = torch_nets.BiLSTM(2, 4), torch.nn.Linear(8, 1)
        self.unused, self.dropout = torch.nn.Linear(2, 2), torch.nn.Dropout(0.1)

    def forward(self, x, lengths):
        return self.out(self.dropout(torch_nets.max_within(self.lstm(x, lengths), lengths)))[:, 0]


def trained(file, steps):
    net, rng = Net(), np.random.default_rng(5)

    def batches(rng):
        for _ in range(4):
            x = rng.normal(size=(5, 6, 2)).astype(np.float32)
            yield torch.tensor(x), np.full(6, 5), torch.tensor(x[..., 0].mean(0))

    def loss(batch):
        x, lengths, y = batch
        return ((net(x, lengths) - y) ** 2).mean()

    step = torch_nets.step(net, loss, rng)
    optimiser = AdamW(torch_nets.arrays(net), 0.02)
    history = fit(step, batches, optimiser, rng=rng, steps=steps, every=2, checkpoint=file, progress=False)
    return history, {name: array.copy() for name, array in torch_nets.arrays(net).items()}


def test_a_torch_module_trains_in_our_loop_and_resumes_to_the_last_bit(tmp_path):
    whole, expected = trained(tmp_path / "whole.npz", 40)
    assert np.mean(whole.loss[-8:]) < np.mean(whole.loss[:8])
    trained(tmp_path / "part.npz", 6)
    resumed, got = trained(tmp_path / "part.npz", 40)
    assert resumed.loss == whole.loss
    assert all((got[name] == expected[name]).all() for name in expected)
    net = torch_nets.put(Net(), got)
    assert not net.training
    assert all((array == got[name]).all() for name, array in torch_nets.arrays(net).items())


def test_a_packed_line_is_whole_however_an_editor_broke_it():
    text = own_weights.pack({"W": np.eye(30)})
    for broken in (f"{text}\n", "\n".join([text[:50], text[50:]]), f"  {text[:9]}\r\n{text[9:]}  "):
        assert (own_weights.unpack(broken).params["W"] == np.eye(30)).all()
    with pytest.raises(ValueError, match="not all of a packed model"):
        own_weights.unpack(text[:-40])


def test_a_model_says_what_it_holds_when_it_is_asked_for_what_it_has_not():
    params = own_weights.unpack(own_weights.pack({"lstm.W": np.eye(3), "b": np.ones(3)})).params
    assert [*params] == ["lstm.W", "b"]
    with pytest.raises(KeyError, match=r"no readout.W: it has lstm.W, b. Is it that of another project\?"):
        params["readout.W"]


def zipped(**arrays):
    """A line as ``pack`` makes it, of any arrays."""
    held = io.BytesIO()
    np.savez_compressed(held, **{name.replace("_scale", " scale"): array for name, array in arrays.items()})
    return base64.b85encode(held.getvalue()).decode()


def with_header(shape, dtype="|i1"):
    """A line whose array says it has another shape than its bytes have."""
    held, array = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(array, {"descr": dtype, "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("W.npy", array.getvalue() + bytes(16))
    return base64.b85encode(held.getvalue()).decode()


class Runs:
    def __reduce__(self):
        return pytest.fail, ("what is unpacked was run",)


ONE = np.ones((4, 4), np.int8)
NO_MODELS = {
    "a zip bomb": (lambda: zipped(W=np.zeros(60_000_000, np.int8)), "would take 60 MB, expected at most 20 MB"),
    "scales that blow it up": (
        lambda: zipped(W=np.ones((100_000, 1), np.int8), W_scale=np.ones(100_000, np.float32)),
        r"W is int8 \(100000, 1\) with scales float32 \(100000,\), expected int8 with a scale",
    ),
    "a huge shape": (lambda: with_header((1 << 40,)), r"reshape array of size 16 into shape \(1099511627776,\)"),
    "a negative shape": (lambda: with_header((-4, 3)), "reshape array of size 16"),
    "more dimensions than there are": (lambda: with_header((1,) * 99), "not all of a packed model"),
    "objects": (lambda: zipped(W=np.array([Runs()]), W_scale=np.float32(1)), "holds Python objects"),
    "a pickle": (lambda: base64.b85encode(pickle.dumps(Runs())).decode(), "not a zip file"),
    "text": (lambda: zipped(W=np.array(["weights"]), W_scale=np.float32(1)), "expected int8"),
    "complex numbers": (lambda: zipped(W=ONE + 1j, W_scale=np.ones(4, np.float32)), "W is complex128"),
    "floats": (lambda: zipped(W=ONE / 2, W_scale=np.ones(4, np.float32)), "W is float64"),
    "no scale": (lambda: zipped(W=ONE), "W has no scale"),
    "nothing": (zipped, "no weights in it"),
    "an empty line": (str, "not a zip file"),
    "no text": (lambda: None, "not all of a packed model"),
    "base 64": (lambda: base64.b64encode(b"PK" * 50).decode(), "not all of a packed model"),
}


@pytest.mark.parametrize("line", NO_MODELS)
def test_what_is_no_packed_model_is_told_and_takes_neither_memory_nor_is_it_run(line):
    made, said = NO_MODELS[line]
    line = made()
    tracemalloc.start()
    with pytest.raises(ValueError, match=rf"{said}.*: run bring_in\(\) again"):
        own_weights.unpack(line)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10e6


def test_a_quotation_mark_that_is_never_closed_is_told_and_an_ordinary_one_is_read():
    assert own_files.rows_of("a.csv", ["a,b", '1,"two, or 2"'], ",") == [["a", "b"], ["1", "two, or 2"]]
    for lines in (['1,"she said hello', "2,yes"], ['1,"' + "long " * 50_000]):
        with pytest.raises(ValueError, match=r"a\.csv: a quotation mark"):
            own_files.rows_of("a.csv", lines, ",")
