"""Lesson 05: what it measures holds, and the numbers in its text are the numbers that come out."""

import inspect
import re
from functools import partial
from itertools import permutations

import numpy as np
import pytest

from lstm_helpers.data import opening
from lstm_helpers.lessons.cell_state.experiments import one_hot, readable_cell, run_cell
from lstm_helpers.lessons.forward_through_time import answers, experiments, figures
from lstm_helpers.nn import functional as fn
from tests import lessons

NOTEBOOK = lessons.read("05_forward_through_time")
CODE = [c for c in NOTEBOOK["cells"] if c["cell_type"] == "code"]
PROSE = lessons.prose(NOTEBOOK)
printed = partial(lessons.printed, NOTEBOOK)
forward, forward_masked = experiments.forward, experiments.forward_masked
H = 16


def result(name):
    """What the stored outcome of a prediction says."""
    (cell,) = (c for c in CODE if f'outcome("{name}"' in "".join(c["source"]))
    texts = [str(output.get("data", {}).get("text/plain", "")) for output in cell["outputs"]]
    return re.search(r"Result: (.*)\.", "\n".join(texts))[1]


@pytest.fixture(scope="module")
def text():
    return opening(20_000)


@pytest.fixture(scope="module")
def alphabet(text):
    return "".join(sorted(set(text)))


@pytest.fixture(scope="module")
def long(text, alphabet):
    """Four stretches of the novel, (5000, 4, D)."""
    return one_hot(text, alphabet).reshape(4, 5000, -1).transpose(1, 0, 2)


@pytest.fixture(scope="module")
def weights(alphabet):
    rng, D = np.random.default_rng(5), len(alphabet)
    return [rng.uniform(-(H**-0.5), H**-0.5, shape) for shape in [(D, 4 * H), (H, 4 * H), 4 * H]]


@pytest.fixture(scope="module")
def batch(text):
    return experiments.sentences(text)[11:16]


@pytest.fixture(scope="module")
def lengths(batch):
    return np.array([len(sentence) for sentence in batch])


@pytest.fixture(scope="module")
def padded(batch, lengths, alphabet):
    """(x (T, B, D), mask (T, B)) of the five sentences."""
    return answers.pad(np.concatenate([one_hot(sentence, alphabet) for sentence in batch]), lengths)


# ---------------------------------------------------------------- a batch, one product, inputs ahead


def test_rows_of_a_batch_do_not_meet(text, alphabet, weights):
    five = [sentence[:20] for sentence in experiments.sentences(text)[:5]]
    x = np.stack([one_hot(sentence, alphabet) for sentence in five], axis=1)
    assert x.shape == (20, 5, 62)
    h = experiments.run_gate_by_gate(x, *np.zeros((2, 5, H)), *weights)
    for k in range(5):
        np.testing.assert_allclose(h[:, k], run_cell(x[:, k], *weights)["h"], atol=1e-12)
    assert "x: (20, 5, 62)" in printed("np.stack([one_hot(")
    assert "differ by 0.000000000000" in printed("h_alone, c_alone = fn.lstm_step")
    assert result("05-company") == "yes"


def test_the_lesson_shows_the_code_of_one_piece_alone(weights):
    source = "\n".join("".join(c["source"]) for c in CODE)
    assert "z_x = x @ W_x + b" in source
    shown = ("np.split(", "sigmoid(z", "hs.append", "bias_hh", "lengths - 1, ", "[:, None] < ", ".T,")
    assert not [code for code in shown if code in source]
    assert "eight products and one: differ by 0.000000000000" in printed("z_x = x @ W_x + b")


@pytest.mark.parametrize(("dtype", "atol"), [(np.float32, 1e-6), (np.float64, 1e-12)])
@pytest.mark.parametrize("name", experiments.RUNS)
def test_every_way_to_run_in_the_race_gives_the_same_numbers(name, dtype, atol, long, weights):
    rng = np.random.default_rng(1)
    given = [long[:60], rng.uniform(-1, 1, (4, H)), rng.normal(size=(4, H)), *weights]
    given = [array.astype(dtype) for array in given]
    h = experiments.RUNS[name](*given)
    assert h.dtype == dtype
    np.testing.assert_allclose(h, answers.lstm_forward(*given)[0], atol=atol)


def test_the_race_times_every_way_to_run():
    seconds = experiments.race(2, T=3, D=4, H=2, seconds=0.01)
    assert seconds.keys() == experiments.RUNS.keys()
    assert all(0 < time < 1 for time in seconds.values())


def test_the_counted_products_are_those_of_a_calculation():
    T, B, D = 100, 5, 62
    by_gate, ahead = (
        experiments.count_products(name, T, B, D, H) for name in ("gate by gate", list(experiments.RUNS)[2])
    )
    assert by_gate == {"calls": 8 * T, "multiplications": T * 4 * (B * D * H + B * H * H)}
    assert ahead == {"calls": T + 1, "multiplications": (T * B) * D * (4 * H) + T * B * H * (4 * H)}
    assert experiments.count_products("gate by gate", 3, 2, 4, 1)["calls"] == 24  # counted anew
    assert "gate by gate: 800 calls of @" in printed('outcome("05-calls"')
    assert result("05-calls") == "101 calls"
    assert printed("share = after").count(": 2,496,000 multiplications") == 2
    assert result("05-multiplications") == "all"


def test_the_sigmoid_is_a_tanh_in_disguise():
    z = np.linspace(-50, 50, 100_001)
    assert np.abs(fn.sigmoid(z) - 0.5 * (1 + np.tanh(0.5 * z))).max() < 5e-13
    assert "at most 0.000000000000" in printed("linspace(-50, 50")


def test_the_forward_pass_has_about_as_many_lines_as_the_text_says():
    source = inspect.getsource(answers.lstm_step_fused) + inspect.getsource(answers.lstm_forward)
    code = [line for line in source.splitlines() if line.strip() and '"""' not in line]
    joined = len(code) - 3  # written as one function: without the second def, its return and the call
    assert abs(joined - 8) <= 1
    assert "in about eight lines" in PROSE


# ---------------------------------------------------------------- pieces


def test_a_run_in_pieces_is_the_whole_run_to_the_last_bit(long, alphabet):
    weights, h = readable_cell(alphabet), np.zeros((4, 4))
    whole, ends = forward(long, h, h, *weights)
    c, parts = h, []
    for k in range(0, 5000, 100):
        part, (h, c) = forward(long[k : k + 100], h, c, *weights)
        parts.append(part)
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert (h.tobytes(), c.tobytes()) == tuple(end.tobytes() for end in ends)
    again, last = experiments.in_pieces(long, 100, *weights)
    assert again.tobytes() == whole.tobytes()
    assert [end.tobytes() for end in last] == [h.tobytes(), c.tobytes()]
    assert result("05-cuts") == "not at all"


@pytest.mark.parametrize(
    ("name", "keep", "share"),
    [
        ("nothing", (1, 1), "100.0%"),
        ("h", (0, 1), "61.5%"),
        ("c", (1, 0), "50.5%"),
        ("both", (0, 0), "50.0%"),
    ],
)
def test_a_lost_state_loses_the_quotations(long, alphabet, name, keep, share):
    weights = readable_cell(alphabet)
    whole = experiments.cell_states(long, 5000, *weights)[:, :, 0] > 0.5
    seen = experiments.cell_states(long, 100, *weights, keep=keep)[:, :, 0] > 0.5
    assert f"{(seen == whole).mean():.1%}" == share
    assert re.search(rf"{name} +lost: at +{share}", printed('{"nothing": (1, 1)'))
    assert result("05-lost") == "c"
    assert f"{round(100 * (1 - whole.mean()))} %" == "50 %"
    assert 'always answering "outside" is right at 50 %' in PROSE


def test_a_lost_h_does_harm_where_a_closing_mark_follows_the_cut(text, long, alphabet):
    weights = readable_cell(alphabet)

    def wrong(size):
        whole, seen = (
            experiments.cell_states(long, *more)[:, :, 0] > 0.5 for more in ((5000, *weights), (size, *weights, (0, 1)))
        )
        return whole != seen, whole

    off, whole = wrong(100)
    cuts = [(k, t) for k in range(4) for t in range(100, 5000, 100)]
    assert len(cuts) == 196
    begins = [(k, t) for k, t in cuts if off[t, k] and not off[t - 1, k]]
    assert begins == [(0, 1200), (1, 1100)]
    assert off.sum() == (5000 - 1200) + (5000 - 1100)  # from there to the end, and nowhere else
    for k, t in begins:
        assert text[5000 * k + t] == '"'
        assert whole[t - 1, k]
        assert not whole[t, k]  # it closes
        assert f"from [({t}, '\"')]" in printed("begins = np.diff(wrong")
    assert "at two cuts of 196" in PROSE
    assert result("05-harm") == "2 cuts"
    assert not wrong(103)[0].any()
    assert "with pieces of 103 characters all is right" in PROSE


def test_the_states_at_cuts_are_those_of_lesson_4(long, alphabet):
    weights = readable_cell(alphabet)
    np.testing.assert_allclose(
        experiments.cell_states(long[:300], 300, *weights)[:, 1], run_cell(long[:300, 1], *weights)["c"], atol=1e-12
    )


def test_a_state_that_is_carried_has_to_be_detached():
    refused, trained = printed("def train_on_pieces").splitlines()
    assert refused == "detach False  error: Trying to backward through the graph a second time"
    assert trained == "detach True   three pieces, three backward passes"


# ---------------------------------------------------------------- different lengths


def test_sentences_end_where_a_reader_would_say_so():
    text = '"My dear Mr. Bennet," said she. "Oh! Is he?" He was.\nMrs. Long told me.'
    assert experiments.sentences(text) == [
        '"My dear Mr. Bennet," said she.',
        '"Oh!',
        'Is he?"',
        "He was.",
        "Mrs. Long told me.",
    ]


def test_the_padding_of_the_five_sentences(batch, lengths, padded):
    assert batch[1] == '"Bingley."'
    assert lengths.tolist() == [19, 10, 26, 4, 28]
    share = 1 - padded[1].mean()
    x, mask, n = experiments.side_by_side([padded[0][:n, k] for k, n in enumerate(lengths)])
    for got, want in ((x, padded[0]), (mask, padded[1]), (n, lengths)):
        np.testing.assert_array_equal(got, want)
    assert f"padding: {share:.1%}" in printed("batch = sentences[11:16]")
    assert "five sentences and 38 % padding" in PROSE
    assert share == pytest.approx(experiments.padding_share(lengths, 5))


def test_the_cell_goes_on_through_padding_and_is_right_at_its_own_end(padded, lengths, weights):
    x, mask = padded
    zeros = np.zeros((5, H))
    h, _ = forward(x, zeros, zeros, *weights)
    alone = [run_cell(x[:n, k], *weights) for k, n in enumerate(lengths)]
    for k, n in enumerate(lengths):
        end = alone[k]["h"][-1]
        off = np.abs(h[-1, k] - end).max()
        assert (off > 0.05) == (n < 28)
        line = f"sentence {k}, {n:2} characters: {off:.3f}, where h reaches {abs(end).max():.3f}"
        assert line in printed("off, largest = ")
    ends = np.stack([run["h"][-1] for run in alone])
    np.testing.assert_allclose(experiments.own_ends(h, lengths), ends, atol=1e-12)
    assert "(5, 16)   off by 0.000000000000" in printed("experiments.own_ends(h")
    assert (result("05-still"), result("05-index")) == ("no", "(5, 5, 16)")
    # "the nearer all sentences come to one value": those with much padding lie closer together than at their ends
    short = lengths < 26
    assert h[-1, short].std(axis=0).max() < 0.1 * ends[short].std(axis=0).max()
    rubbish = np.where(mask[:, :, None] == 1, x, 7.0)
    h_masked, (h_end, c_end) = forward_masked(rubbish, mask, zeros, zeros, *weights)
    np.testing.assert_allclose(h_end, ends, atol=1e-12)
    np.testing.assert_allclose(c_end, [run["c"][-1] for run in alone], atol=1e-12)
    assert (h_masked[mask == 0] == 0).all()
    assert result("05-rubbish") == "all of them"


def test_sorting_by_length_saves_the_padding():
    every = np.array([len(sentence) for sentence in experiments.sentences(opening())])
    shuffled = np.random.default_rng(5).permutation(every)
    said = printed("in random order: ")
    assert f"{len(every):,} sentences of {every.min()} to {every.max():,} characters" in said
    at_random, in_order = (experiments.padding_share(lengths, 32) for lengths in (shuffled, np.sort(every)))
    assert f"in random order: {at_random:.1%} padding" in said
    assert result("05-random") == f"{100 * at_random:.0f} per cent"
    assert f"sorted first:    {in_order:.1%} padding" in said
    assert round(10 * at_random) == 7
    assert "In random order seven tenths of the work are wasted" in PROSE


def test_the_share_of_padding_by_hand():
    assert experiments.padding_share(np.array([4, 2, 3, 3, 5]), 2) == pytest.approx(2 / 19)  # 8 + 6 + 5 steps, 17 real
    assert experiments.padding_share(np.array([4, 2, 3, 3, 5]), 5) == pytest.approx(8 / 25)


# ---------------------------------------------------------------- the same as torch


@pytest.fixture
def module(alphabet):
    import torch

    torch.manual_seed(5)
    return torch.nn.LSTM(len(alphabet), H)


def read_with_torch(module, x):
    import torch

    with torch.no_grad():
        h, (h_last, c_last) = module(torch.tensor(x))
    return {"h": h, "h_last": h_last[0], "c_last": c_last[0]}


def arrays(module):
    return [parameter.detach().numpy() for parameter in module.parameters()]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_every_tensor_equals_torch(module, long, dtype, tolerance):
    import torch

    from lstm_helpers.parity import compare, params_from_torch

    module, x = module.to(getattr(torch, dtype.__name__)), long[:200].astype(dtype)
    by_hand = answers.weights_from_torch(*arrays(module))
    for name, array in zip(("W_x", "W_h", "b"), by_hand, strict=True):
        np.testing.assert_array_equal(array, params_from_torch(module)[name])
    h, (h_last, c_last) = forward(x, *np.zeros((2, 4, H), dtype), *by_hand)
    assert h.dtype == dtype
    table = compare({"h": h, "h_last": h_last, "c_last": c_last}, read_with_torch(module, x), tolerance)
    assert table.ok
    assert f"{dtype.__name__}\n{table}" in printed("tables[dtype.__name__]")


def test_the_stored_differences_are_below_their_tolerances():
    rows = re.findall(r"float\d+ +(\w+) +(\S+) +(\S+)\n", printed("largest difference   tolerance"))
    assert [name for name, *_ in rows] == ["h", "h_last", "c_last"] * 2
    assert all(float(difference) < float(tolerance) for _, difference, tolerance in rows)


def test_one_of_24_orders_of_the_gates_is_torchs(module, long):
    W_x, W_h, b = answers.weights_from_torch(*arrays(module))
    x, zeros = long[:200].astype(np.float32), np.zeros((4, H), np.float32)
    theirs, off = read_with_torch(module, x)["h"].numpy(), {}
    for order in permutations("ifgo"):
        columns = np.concatenate([np.arange(H) + H * order.index(gate) for gate in "ifgo"])
        h, _ = forward(x, zeros, zeros, W_x[:, columns], W_h[:, columns], b[columns])
        off["".join(order)] = np.abs(h - theirs).max()
    best, second, *_ = sorted(off, key=off.get)
    assert (best, round(off[best], 6)) == ("ifgo", 0)
    said = printed("experiments.orders(")
    assert f"{best}: off by 0.000\n{second}: off by {off[second]:.3f}" in said
    assert f"h itself reaches {abs(theirs).max():.3f}" in said
    assert experiments.orders(W_x, W_h, b, x, theirs) == pytest.approx(off)
    assert round(abs(theirs).max() / off[second]) == 7
    assert "off by a seventh of the largest value" in PROSE


def test_the_numbers_that_torch_keeps(module):
    kept, ours = (
        sum(array.size for array in arrays(module)),
        sum(array.size for array in answers.weights_from_torch(*arrays(module))),
    )
    assert f"numbers: {kept:,} in torch, {ours:,} here" in printed("copied = params_from_torch(module)\nprint(")
    assert kept - ours == 4 * H == 64
    assert result("05-more") == "64 values"


def test_the_masked_run_equals_torchs_packed_run(module, padded, lengths):
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    from lstm_helpers.parity import compare, params_from_torch

    (x, mask), module = padded, module.double()
    with torch.no_grad():
        packed = pack_padded_sequence(torch.tensor(x), torch.tensor(lengths), enforce_sorted=False)
        out, (h_n, c_n) = module(packed)
    h, (h_end, c_end) = forward_masked(x, mask, *np.zeros((2, 5, H)), **params_from_torch(module))
    theirs = {"h": pad_packed_sequence(out)[0], "h_end": h_n[0], "c_end": c_n[0]}
    table = compare({"h": h, "h_end": h_end, "c_end": c_end}, theirs, 1e-12)
    assert table.ok
    assert str(table) in printed("pad_packed_sequence")


def test_slips_in_copying_run_and_are_off(module, long):
    w_ih, w_hh, b_ih, b_hh = arrays(module.double())
    slips = {
        "right": (w_ih.T, w_hh.T, b_ih + b_hh),
        "bias_hh forgotten": (w_ih.T, w_hh.T, b_ih),
        "reshaped, not transposed": (w_ih.reshape(-1, 4 * H), w_hh.reshape(H, -1), b_ih + b_hh),
    }
    x, zeros = long[:200], np.zeros((4, H))
    theirs = read_with_torch(module, x)["h"].numpy()
    found = experiments.copying_slips(module, x, theirs)
    for name, copied in slips.items():
        off = np.abs(forward(x, zeros, zeros, *copied)[0] - theirs).max()
        assert (off < 1e-12) == (name == "right")
        if name != "right":
            assert re.search(rf"{name} +runs, off by {off:.3f}\n", printed("copying_slips("))
            assert found[name] == pytest.approx(off)
    with pytest.raises(ValueError, match="matmul"):
        forward(x, zeros, zeros, w_ih, w_hh, b_ih + b_hh)
    assert re.search(r"\nnot transposed +ValueError", printed("copying_slips("))
    assert found["not transposed"] == "ValueError"
    assert result("05-slips") == "1 slip"


# ---------------------------------------------------------------- the stored measurements, as the text reads them


def test_in_how_many_cases_torch_is_faster():
    ratios = experiments.speed_against_torch()
    for (threads, kind), of in ratios.items():
        faster = sum(ratio > 1 for case, ratio in of.items() if case != "all")
        line = f"{kind:<9} on {threads} thread(s): mean ratio {of['all']:.2f}, torch is faster in {faster} of 9 cases"
        assert line in printed("speed_against_torch")
    assert all(ratio > 1 for ratio in ratios[1, "inference"].values())  # "torch wins everywhere"
    for case in ((400, 16, 8, 32), (30, 1, 16, 32)):  # "small steps: torch wins"
        assert all(of[case] > 1 for of in ratios.values())
    for case in ((128, 32, 64, 256), (64, 64, 128, 512)):  # "large steps in training: NumPy wins, or it is even"
        assert all(ratios[threads, "training"][case] <= 1 for threads in (1, 2))
    both = [ratio for case, ratio in ratios[2, "inference"].items() if case != "all"]
    assert min(both) < 0.5  # "points on both sides, far apart"
    assert max(both) > 1.5


def test_16_texts_take_three_times_as_long_as_one_and_256_nearly_nine_times_as_long_as_16():
    texts, seconds = experiments.cost("B")
    one, sixteen, many = (seconds[texts == n].item() for n in (1, 16, 256))
    for n, time in ((1, one), (16, sixteen), (256, many)):
        assert f"batch of {n:3}: {1e6 * time / 100:3.0f} microseconds per step" in printed('experiments.cost("B")')
    assert sixteen / one == pytest.approx(3, abs=0.5)
    assert result("05-sixteen") == f"{sixteen / one:.1f} times"
    assert "From 1 to 16 texts a step takes three times as long" in PROSE
    assert many / sixteen == pytest.approx(8.7, abs=0.5)
    assert "From 16 to 256 it is nearly nine times" in PROSE


def test_time_grows_with_steps_and_at_first_hardly_with_the_batch():
    assert experiments.slope(*experiments.cost("T")) == pytest.approx(1, abs=0.05)
    _, seconds = experiments.cost("B")
    assert seconds[-1] / seconds[-2] > 1.8  # the last doubling


# ---------------------------------------------------------------- pictures


def test_every_picture_has_alt_text_with_numbers():
    pages = ["".join(o["data"]["text/html"]) for c in CODE for o in c["outputs"] if "text/html" in o.get("data", {})]
    pages = [page for page in pages if "<img" in page]
    assert len(pages) == 7
    for page in pages:
        alt = re.search(r'<img alt="([^"]+)"', page)[1]
        assert len(alt) > 80
        assert re.search(r"\d", alt)


def test_the_stored_race_went_as_the_text_below_it_says():
    (page,) = (
        o["data"]["text/html"] for c in CODE for o in c["outputs"] if "one run of 20 steps" in str(o.get("data"))
    )
    alt = re.search(r'<img alt="([^"]+)"', page)[1]
    times = {}
    for batch, bars in re.findall(r"B = (\d+): ([^;]+ ms)", alt):
        times[int(batch)] = [float(ms) for ms in re.findall(r"([\d.]+) ms", bars)]
    for gate_by_gate, one_product, inputs_ahead, one_tanh in times.values():
        assert inputs_ahead > 0.7 * gate_by_gate  # "gains little, and so do the inputs before the loop"
        assert inputs_ahead / one_tanh > gate_by_gate / one_product  # "what gains most"
        assert inputs_ahead / one_tanh > one_product / inputs_ahead
    assert times[1][0] / times[1][-1] > times[32][0] / times[32][-1]  # "the gain is larger for one text"
    assert times[32][-1] < 8 * times[1][-1]  # "far less than 32 times one"


def test_the_picture_of_the_race_shows_what_was_measured():
    times = [0.004, 0.003, 0.002, 0.001]
    page = figures.race_picture({8: dict(zip(experiments.RUNS, times, strict=True))}).data
    assert "gate by gate 4.00 ms" in page
    assert "+ one tanh for four gates 1.00 ms" in page
