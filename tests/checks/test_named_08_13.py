"""Wrong answers of another reader to sheets 08 to 11 and 13: the cause that each is told, on any seed."""

import copy
import itertools

import numpy as np
import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge
from tests.checks.test_false_names import looks

MARKS = """
    T, B = letters.shape
    x = np.zeros((T, B, 8))
    for n in range(B):
        for t in range(lengths[n]):
            x[t, n, letters[t, n]] = 1
        for m in range(len(places)):
            x[places[m, n], n, 6 + marks[m, n]] = 1
        x[0, n], x[lengths[n] - 1, n] = np.eye(8)[0], np.eye(8)[1]
    return x, 2 ** np.arange(len(marks))[::-1] @ marks
"""
BOTH = "x, lengths, W_x, W_h, b, W_x_r, W_h_r, b_r"
TWO_RUNS = """
    zeros = np.zeros((x.shape[1], len(W_h)))
    h, c, _ = lstm_forward_cached(x, zeros, zeros, W_x, W_h, b)
    h_r, c_r, _ = lstm_forward_cached(reverse_within(x, lengths), zeros, zeros, W_x_r, W_h_r, b_r)
    back, back_c = reverse_within(h_r[1:], lengths), reverse_within(c_r[1:], lengths)
    out, rows = np.concatenate([h[1:], back], axis=2), np.arange(len(lengths))
"""
LAYERS = """
    zeros, kept, read = np.zeros(x.shape[1:]), [], x
    for layer in range(len(W_x)):
        h, c, g = lstm_forward_cached(read, zeros, zeros, W_x[layer], W_h[layer], b[layer])
        kept.append((read, h, c, g))
        read = h[1:]
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(b)
    for layer in {layers}:
        cache = {cache}
        dh, _, _, dW_x[layer], dW_h[layer], db[layer] = lstm_backward(dh, zeros, zeros, *cache, W_x[layer], W_h[layer])
    return dh, dW_x, dW_h, db
"""
DOWN = "reversed(range(len(W_x)))"
BY_HAND = """
    counts = np.arange(e.shape[1]) < lengths[:, None]
    e = np.where(counts, e, -1e30)
    p = np.exp(e - e.max({of})) * counts
    total = p.sum({of})
    return p / {total}
"""
SEEN = """
    e = {products} / np.sqrt(q.shape[2])
    e = np.where(np.tril(np.ones(e.shape[1:])) > 0, e, -np.inf)
    a = np.exp(e - e.max({axis}, keepdims=True))
    a = a / a.sum({axis}, keepdims=True)
    return {averaged}
"""
PRODUCTS, AVERAGED = 'np.einsum("ibd,jbd->bij", q, k)', 'np.einsum("bij,jbm->ibm", a, v)'
EVERY_INNER_LETTER = """
    after = {a: set() for a in LETTERS}
    for node in GRAMMAR:
        for a, to in node.items():
            after[a] |= set(GRAMMAR[to]) if to is not None else set("TP")
    return np.array([[a in after[LETTERS[k]] for a in LETTERS] for k in symbols]) * 1
"""
CELL = "x, h_0, c_0, W_x, W_h, b"
EDITED = """
    W_h, b, h, c, hs = W_h.copy(), b + value * W_h[unit], h_0, c_0, []
    W_h[unit] = 0
    for x_t, now in zip(x, when):
        h, c = lstm_step(x_t, h, c, W_x, W_h, b)
        hs.append(h)
    return np.stack(hs)
"""
EDITED_AT = """
    W_cut, b_cut, h, c, hs = W_h.copy(), b + value * W_h[unit], h_0, c_0, []
    W_cut[unit] = 0
    for x_t, now in zip(x, when):
        h, c = lstm_step(x_t, h, c, W_x, *((W_cut, b_cut) if now else (W_h, b)))
        if now:
            h[:, unit] = value
        hs.append(h)
    return np.stack(hs)
"""
FILTERED = """
    found = []
    for v, t, b in sorted(((v, t, b) for (t, b), v in np.ndenumerate(values)), reverse=True):
        if {free}:
            found.append((t, b))
    return np.array(found[: int(count)])
"""
ONLY_YESES = """
    shares = []
    for train, test in ((yes, unseen_yes), (coins[words], coins[unseen_words])):
        w = linear_probe(states, train, strength)
        shares.append({share})
    return tuple(shares)
"""
PROBED = "states, yes, words, unseen, unseen_yes, unseen_words, coins, strength"
EACH_STEP = """
    T = len(f)
    return np.stack([{start}] + [i[t] * g[t] * {kept}.prod(axis=0) for t in range(T)])
"""
IN_X = """
    def run():
        h, c = h_0, c_0
        for x_t in x:
            h, c = lstm_step(x_t, h, c, W_x, W_h, b)
        return h @ w
    usual, falls = run(), np.zeros(x.shape[:2], x.dtype)
    for t in range(len(x)):
        x[t] = stand_in
        falls[t] = usual - run()
    return falls
"""
TOLD = [  # (check, arguments, lines, cause)
    ("order_sequences", "letters, places, marks, lengths", MARKS, "the letters stay below the marks"),
    ("may_follow", "symbols", EVERY_INNER_LETTER, "the letter alone decides, in the whole string"),
    (
        "bidirectional_forward",
        BOTH,
        TWO_RUNS + "    out[np.arange(len(x))[:, None] >= lengths] = 0\n"
        "    ends = (h[lengths, rows], back[lengths - 1, rows]), (c[lengths, rows], back_c[lengths - 1, rows])\n"
        "    return out, np.array(ends[0]), np.array(ends[1])",
        "both backward end states are read at the sequence's last step",
    ),
    (
        "bidirectional_forward",
        BOTH,
        TWO_RUNS + "    out[np.arange(len(x))[:, None] < lengths] = 0\n"
        "    ends = (h[lengths, rows], h_r[lengths, rows]), (c[lengths, rows], c_r[lengths, rows])\n"
        "    return out, np.array(ends[0]), np.array(ends[1])",
        "the mask is the wrong way round",
    ),
    (
        "stacked_backward",
        "dh, x, W_x, W_h, b",
        LAYERS.format(layers=DOWN, cache="(x, *kept[layer][1:])"),
        "the way back of each layer gets x",
    ),
    (
        "stacked_backward",
        "dh, x, W_x, W_h, b",
        LAYERS.format(layers=DOWN, cache="kept[-1]"),
        "the cache of the top layer for all",
    ),
    (
        "stacked_backward",
        "dh, x, W_x, W_h, b",
        LAYERS.format(layers="range(len(W_x) - 1, 0, -1)", cache="kept[layer]"),
        "the way back ends before the lowest layer",
    ),
    (
        "masked_weights",
        "e, lengths",
        BY_HAND.format(of="axis=0", total="np.where(total > 0, total, 1)"),
        "the softmax runs over the batch",
    ),
    ("masked_weights", "e, lengths", BY_HAND.format(of="", total="total"), "one softmax for the whole batch"),
    (
        "self_attention",
        "q, k, v",
        SEEN.format(products=PRODUCTS, axis="axis=1", averaged=AVERAGED),
        "the softmax runs over the queries, its largest score too",
    ),
    (
        "self_attention",
        "q, k, v",
        SEEN.format(products="q @ k.transpose(0, 2, 1)", axis="axis=2", averaged="a @ v"),
        "the sentences of the batch look at those before them",
    ),
    (
        "speech_step",
        "x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, weight_out, bias_out",
        "    h, c = lstm_step(x, h, c, weight_ih, weight_hh, bias_ih + bias_hh)\n"
        "    return sigmoid(np.maximum(h, 0) @ weight_out + bias_out), h, c",
        "weight_ih is handed to lstm_step as it comes",
    ),
    (
        "saturation",
        "gate, lengths",
        "    gate = np.where(np.arange(len(gate))[:, None, None] < lengths[:, None], gate, 0)\n"
        "    return (gate < 0.1).sum((0, 1)) / lengths.sum(), (gate > 0.9).sum((0, 1)) / lengths.sum()",
        "the zeros in the padding count as shut",
    ),
    (
        "top_places",
        "values, count, apart",
        FILTERED.format(free="all(b != b_2 or t - t_2 >= apart for t_2, b_2 in found)"),
        "the distance is taken with its sign",
    ),
    (
        "top_places",
        "values, count, apart",
        FILTERED.format(free="not found or b != found[-1][1] or abs(t - found[-1][0]) >= apart"),
        "each place is compared with the last one taken alone",
    ),
    ("ablated_forward", f"{CELL}, unit, value, when", EDITED, "the weights are edited for good"),
    ("ablated_forward", f"{CELL}, unit, value, when", EDITED_AT, "the h before the step is replaced as well"),
    (
        "selectivity",
        PROBED,
        ONLY_YESES.format(share="np.mean((unseen @ w[:-1] + w[-1] > 0) & test)"),
        "only the right yeses are counted",
    ),
    (
        "selectivity",
        PROBED,
        ONLY_YESES.format(share="((unseen @ w[:-1] + w[-1] > 0) & test).sum() / test.sum()"),
        "the share of the yeses that are found",
    ),
    (
        "contributions",
        "i, f, g, c_0",
        EACH_STEP.format(start="c_0 * f.prod(axis=0)", kept="f[:t]"),
        "the forget gates before a step count, its own left out",
    ),
    (
        "contributions",
        "i, f, g, c_0",
        EACH_STEP.format(start="c_0 * f.prod(axis=0)", kept="f[t + 2 :]"),
        "the forget gate right after a step is left out",
    ),
    (
        "occlusion",
        "x, stand_in, h_0, c_0, W_x, W_h, b, w",
        IN_X,
        "the stand-ins are written into x itself, and pile up",
    ),
    (
        "slstm_step",
        "z, c, n, m",
        """
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    log_f = -np.logaddexp(0, -z_f)
    new = np.maximum(log_f + m, z_i)
    i, f = np.exp(z_i - new), np.exp(log_f + m - new)
    n = f * n + i
    h = sigmoid(z_o) * c / n
    c = f * c + i * np.tanh(z_g)
    return h, c, n, new
""",
        "h shows the old cell state",
    ),
    (
        "machine_matrices",
        "table",
        """
    A = np.zeros((len(table), table.shape[1], table.shape[1]))
    for v, row in enumerate(table):
        for s, to in enumerate(row):
            A[v, s, to] = A[v, to, s] = 1
    return A
""",
        "a symbol leads back as well",
    ),
    (
        "saturation",
        "gate, lengths",
        """
    seen = gate[: min(lengths)].reshape(-1, gate.shape[2])
    return (seen < 0.1).mean(0), (seen > 0.9).mean(0)
""",
        "every sequence is cut at the length of the shortest",
    ),
    (
        "ablated_forward",
        f"{CELL}, unit, value, when",
        """
    h, c, hs = h_0.copy(), c_0, []
    for x_t, now in zip(x, when):
        h[:], c = lstm_step(x_t, h, c, W_x, W_h, b)
        if now:
            h[:, unit] = value
        hs.append(h)
    return np.array(hs)
""",
        "every row is the last h",
    ),
    (
        "selectivity",
        PROBED,
        """
    w = linear_probe(states, yes, strength)
    share = unseen_yes.mean()
    return np.mean((unseen @ w[:-1] + w[-1] > 0) == unseen_yes), max(share, 1 - share)
""",
        "the more frequent answer in place of the control",
    ),
    (
        "speech_segments",
        "p, start, stop, least",
        """
    found, first = [], None
    for t, value in enumerate(p):
        if first is None and value >= start:
            first = t
        elif first is not None and value < stop:
            found.append((first, t))
            first = None
    if first is not None:
        found.append((first, len(p)))
    return np.array([(a * 0.032, e * 0.032) for a, e in found if e - a >= least]).reshape(-1, 2)
""",
        "seconds in place of steps",
    ),
]


@pytest.mark.parametrize(("name", "arguments", "lines", "cause"), TOLD, ids=[f"{told[0]} {told[3]}" for told in TOLD])
def test_what_was_done_is_what_is_told(name, arguments, lines, cause):
    answer = f"def {name}({arguments}):\n    {lines.strip()}\n"
    for result in looks(name, answer, range(6)):
        assert result.state in (judge.WRONG, judge.ERROR)
        assert result.cause == cause, result.text


# ---------------------------------------------------------------- numbers by pencil

PENCIL = [c for sheet in checks.sheets().values() for c in sheet.checks.values() if not c.fresh and not c.marks]
BESIDE = ", and more beside it"


@pytest.mark.parametrize("check", PENCIL, ids=lambda c: c.name)
def test_of_three_wrong_numbers_one_is_named_and_it_was_made(check):
    slips = [(m.name, m.build()) for m in check.misconceptions]
    by_number = {name: [] for name in check.oracle}
    for slip, numbers in slips:
        changed = [name for name in check.oracle if numbers[name] != check.oracle[name]]
        if len(changed) == 1:
            by_number[changed[0]].append((slip, numbers[changed[0]]))
    known = {name: made for name, made in by_number.items() if made}
    named = 0
    for names in itertools.combinations(known, 3):
        chosen = {name: known[name][0] for name in names}
        answer = {**check.oracle, **{name: number for name, (_, number) in chosen.items()}}
        result = checks.examine(check, answer)
        assert result.state == judge.WRONG
        if result.cause.endswith(BESIDE):
            named += 1
            assert result.cause.removesuffix(BESIDE) in {slip for slip, _ in chosen.values()}
            assert result.advice.startswith(f"In {next(n for n in names if chosen[n][0] in result.cause)}")
    assert named or len(known) < 3


@pytest.mark.parametrize("check", PENCIL, ids=lambda c: c.name)
def test_numbers_of_no_slip_name_none_and_the_right_ones_are_never_shown(check):
    answer = {name: 100003.0 + k for k, name in enumerate(check.oracle)}
    result = checks.examine(check, answer)
    assert (result.state, result.cause) == (judge.WRONG, "")
    assert "expected" not in result.text


def test_any_comparison_of_arrays_will_do_for_numbers():
    check = copy.copy(checks.find("which_end"))
    check.compare = judge.whole_number
    answer = {**check.oracle, "forward_end": 5, "backward_end": 2, "top_backward": 1}
    assert checks.examine(check, answer).cause == f"the end state of the longest sequence{BESIDE}"


def test_what_a_wrong_number_leads_to_need_not_be_right():
    answer = {"weight": 0.13, "context": 21.38, "dscore": -2.0, "swapped": 19.13, "spread": 9, "crossing": 500}
    result = checks.examine(checks.find("attention_by_pencil"), answer)
    assert result.cause == f"the padding has a weight{BESIDE}"
    assert "In weight, context: The third step is padding" in result.text


def test_a_number_rounded_up_or_in_millions_is_said_to_be_rounded():
    levels, parakeet = checks.find("levels"), checks.find("parakeet_by_pencil")
    assert "right to one decimal" in checks.examine(levels, {**levels.oracle, "stream": 6.3}).text
    assert "do not round" in checks.examine(parakeet, {**parakeet.oracle, "parameters": 6.56}).text


@pytest.mark.parametrize("number", [6.56384, 6563.84])
def test_a_count_in_millions_with_all_its_digits_is_not_said_to_be_rounded(number):
    parakeet = checks.find("parakeet_by_pencil")
    assert "not its thousands or millions" in checks.examine(parakeet, {**parakeet.oracle, "parameters": number}).text


def test_the_right_values_in_another_dtype_are_not_said_to_be_an_input_that_came_back():
    result = checks.examine(checks.find("parity_gates"), lambda bits: (1 - 2 * bits, bits))
    assert result.cause == "integers instead of floats"
    assert "unchanged" not in result.text


def test_one_array_in_place_of_three_is_said_to_be_one_though_it_has_three_rows_in_the_first_case():
    check = checks.find("speech_step")
    result = checks.examine(check, lambda **case: check.oracle(**case)[0])
    assert "your function returns one ndarray, expected 3 values: p, h, c" in result.lines
    assert "has shape ()" not in result.text


def test_an_essay_with_one_sentence_misjudged_is_not_called_correct():
    essay = checks.find("marked_essay")
    result = checks.examine(essay, {**essay.oracle, "s9": False})
    assert (result.state, result.points, result.of) == (judge.WRONG, 3, 4)
    assert result.cause == "sentence 9 is right, and marked as wrong"
    assert result.hints == essay.hints


# ---------------------------------------------------------------- what must not happen while an answer is judged


def test_letters_that_stand_first_are_compared_with_others_that_do():
    def may_follow(symbols):
        return np.eye(7, len(symbols))

    assert checks.examine(checks.find("may_follow"), may_follow).state == judge.WRONG


def test_two_edits_that_make_python_warn_do_not_fit_together():
    check = checks.find("order_sequences")
    slips = {m.name: m for m in check.misconceptions}
    assert check.with_both(slips["only the first mark is in x"], slips["every mark is an X"]) is None


def test_a_matrix_that_does_not_fit_in_lstm_step_is_named():
    source = """
        def speech_step(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, weight_out, bias_out):
            h, c = lstm_step(x, h, c, weight_ih.T, weight_hh, bias_ih + bias_hh)
            return sigmoid(np.maximum(h, 0) @ weight_out + bias_out), h, c
        """
    for result in looks("speech_step", source, [0]):
        assert result.cause == "weight_hh is handed to lstm_step as it comes"


def test_a_gate_that_shuts_is_not_said_to_leak():
    def counter():
        return np.array([[0, 0, 50.0, 0], [0, -100, -50, 0]]), np.zeros((1, 4)), np.array([50.0, 50, 0, 50])

    result = checks.examine(checks.find("counter"), counter)
    assert result.cause == "the forget gate shuts"
    assert "the whole count is gone at once" in result.text
