"""Texts of exercises that a variant has to change by hand: (old, new), each old one as it stands in the course.

They are made before anything else is: what an edit brings in is not looked at again.
"""

from lstm_helpers.checks.probe import spelled
from lstm_helpers.variants import batch_first

CALLED = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate",
          "r": "reset gate", "z": "update gate", "n": "candidate"}  # fmt: skip


def _returns(drawn, name, old, parts, end="."):
    """The edit of the sentence in a docstring that says what is returned; parts: {result: the words for it}."""
    *most, last = [parts[result] for result in drawn.asked(name)]
    said = f"{', '.join(most)} and {last}".replace(",,", ",")
    return old, f"Returns {said.removesuffix(',')}{end}"


def _in_order(drawn, name, values):
    """Values, one for each of the course's results, in the variant's order."""
    turn = drawn.turns[name]
    return [values[turn.returns.index(result)] for result in turn.asked]


def _listed(words):
    *most, last = words
    return f"The {', '.join(most)} and {last}"


def why_rnns_forget(drawn):
    start = "dh_start (B, H), the gradient of the initial state h[0]"
    parts = {"dx": "dx (T, B, D)", "dh_start": start, **{name: name for name in ("dW_x", "dW_h", "db")}}
    old = "Returns dx (T, B, D), the gradient of the initial state h[0] (B, H), dW_x, dW_h, db."
    old, new = _returns(drawn, "rnn_backward", old, parts)
    scaled, sums = (", ".join(drawn.asked(name)) for name in ("clip_by_norm", "truncated_backward"))
    step = f"Return {', '.join(drawn.asked('rnn_step_backward'))}."
    return [
        ("Return dx, dh_prev, dW_x, dW_h, db: x first.", step),
        ("Return dx, dh_prev first.", step),
        (old, new.replace(", dh_start", ",\n    dh_start").replace("Returns dh_start", "Returns\n    dh_start")),
        (
            "Returns dx (T, B, D) and the sums over all pieces, dW_x, dW_h, db.",
            f"Returns {sums}: those of the weights and the bias are sums over all pieces.",
        ),
        (
            "dW_x (D, H), dW_h (H, H), db (H,), limit a positive number.\n",
            f"dW_x (D, H), dW_h (H, H), db (H,), limit a positive number. Returns {scaled}.\n",
        ),
        (
            "# by hand: the norm is 7; 1, 1.5 and 3",
            f"# by hand: the norm is 7; {', '.join(_in_order(drawn, 'clip_by_norm', ('1', '1.5', '3')))}",
        ),
    ]


def gates(drawn):
    order, gru = drawn.orders["ifgo"], drawn.orders["rzn"]
    foreign = ", ".join(drawn.listed("iofg")).replace("g", "c")
    gates = [layer for layer in gru if layer != "n"]
    cut, of_n, which = "slice(0, 2 * H), slice(2 * H, 3 * H)", "2 * H :", "first and the second"
    if gru[0] == "n":
        cut, of_n, which = "slice(H, 3 * H), slice(0, H)", ":H", "second and the third"
    in_order = drawn.listed([1.0, 4.0, 2.0, 3.0])
    return [
        (
            "It stores the four layers of an LSTM\nin the order **i, o, f, c**, where c is the candidate, our g.",
            "Suppose that it stored the four layers\n"
            f"of an LSTM in the order **{foreign}**, where c is the candidate, our g.",
        ),
        (
            "np.array([1.0, 4.0, 2.0, 3.0])))  # i is 1, o is 4, f is 2, g is 3",
            f"np.array({in_order})))  # i is 1, f is 2, g is 3, o is 4",
        ),
        (
            "from ONNX's order of the layers, i, o, f, c, into that of the course",
            f"from another order of the layers, {foreign}, into that of your sheet",
        ),
        ("input gate, forget gate, candidate, output gate.", ", ".join(CALLED[layer] for layer in order) + "."),
        ("The input gate, forget gate, candidate and output gate", _listed(CALLED[layer] for layer in order)),
        ("The reset gate, update gate and candidate of", f"{_listed(CALLED[layer] for layer in gru)} of"),
        (
            "each (B, H): reset gate, update gate, candidate.",
            f"each (B, H): {', '.join(CALLED[layer] for layer in gru)}.",
        ),
        ("gates, new = slice(0, 2 * H), slice(2 * H, 3 * H)", f"gates, new = {cut}"),
        ("    r, z = np.split(", f"    {', '.join(gates)} = np.split("),
        (
            "r and z are gates as you know them, from the first and the second H columns. n needs r, so it comes last.",
            f"{' and '.join(gates)} are gates as you know them, from the {which} H columns. "
            "n needs r: work it out last.",
        ),
        ("then @ W_h[:, 2 * H :], its own H columns", f"then @ W_h[:, {of_n}], its own H columns"),
        (
            "`n = np.tanh(x @ W_x[:, 2 * H :] + (r * h_prev) @ W_h[:, 2 * H :] + b[2 * H :])`",
            f"`n = np.tanh(x @ W_x[:, {of_n}] + (r * h_prev) @ W_h[:, {of_n}] + b[{of_n}])`",
        ),
    ]


def cell_state(drawn):
    squashed = dict(zip("ifgo", ("sigmoid", "sigmoid", "np.tanh", "sigmoid"), strict=True))
    rows = {
        "on = {}": [12.0, -12.0, 3.0, 0.0],
        "off = {}": [0.0, -12.0, 0.0, 0.0],
        "b = np.array({})": [-6.0, 6.0, 0.0, 6.0],
    }
    return [
        *(
            (f"layer({squash}, {k}, x", f"layer({squash}, {drawn.at(layer)}, x")
            for k, (layer, squash) in enumerate(squashed.items())
        ),
        *((row.format(numbers), row.format(drawn.listed(numbers))) for row, numbers in rows.items()),
        ("for the arrays that `torch.nn.LSTMCell` keeps:", "for arrays in the shapes that `torch.nn.LSTMCell` keeps:"),
        ("One step with PyTorch's arrays:", "One step with arrays in PyTorch's shapes:"),
    ]


def forward_through_time(drawn):
    return [
        ("z_x = np.array([[9.0, -9.0, 1.0, 0.0]])", f"z_x = np.array([{drawn.listed([9.0, -9.0, 1.0, 0.0])}])"),
        (
            "the pair of the **last** states, as `torch.nn.LSTM`\ndoes: `return h, (h_last, c_last)`.",
            f"the pair of the **last** states:\n`return {spelled(drawn.asked('lstm_forward'))}`.",
        ),
        (
            "Returns h (T, B, H), 0 beyond each end, and (h_last, c_last).",
            f"Returns {spelled(drawn.asked('lstm_forward_masked'))}. h is (T, B, H), 0 beyond each end.",
        ),
        (
            "The pair is (h_last, c_last), the hidden state first.",
            f"The pair is ({', '.join(next(name for name in drawn.asked('lstm_forward') if name != 'h'))}).",
        ),
        ("Return x first, then the mask.", "Return the mask first, then x."),
        ("torch has the order i, f, g, o as well:", "They lie in the order of your sheet already:"),
        (
            "Its gates lie in the order i, f, g, o. You\n"
            "get the four as arrays, and turn them into the three of this course.",
            "In the four arrays that you get, the gates lie\n"
            f"in the order of this sheet already, {', '.join(drawn.orders['ifgo'])}. "
            "Turn them into the three of this course.",
        ),
    ]


def backward_through_time(drawn):
    of_products = [name.removeprefix("d") for name in drawn.asked("pre_activation_backward")]
    arrays = [name.removeprefix("d") for name in drawn.asked("lstm_backward")]
    return [
        (
            "A backward function returns one gradient for each argument of its forward function, in the same order.",
            "A backward function returns one gradient for each argument of its forward function: each question says\n"
            "in which order.",
        ),
        (
            "Return one gradient for each\nargument of `cell_update(f, c_prev, i, g)`, in that order.",
            "Return one gradient for each\nargument of `cell_update(f, c_prev, i, g)`.",
        ),
        (
            "The order is that of lstm_step: dx, dh_prev, dc_prev, dW_x, dW_h, db.",
            f"The order is {', '.join(drawn.asked('lstm_step_backward'))}.",
        ),
        (
            "It takes dc, f, c_prev, i, g and returns df, dc_prev, di, dg:",
            f"It takes dc, f, c_prev, i, g and returns {', '.join(drawn.asked('cell_update_backward'))}:",
        ),
        ("Return them in the order of the arguments.", "Return them in the order that the question gives."),
        ("# the shapes of x, h_prev, W_x, W_h, b", f"# the shapes of {', '.join(of_products)}"),
        (
            'arrays = {"x": x, "h_0": h_0, "c_0": c_0, "W_x": W_x, "W_h": W_h, "b": b}',
            f"arrays = {{{', '.join(f'{chr(34)}{name}{chr(34)}: {name}' for name in arrays)}}}",
        ),
    ]


def training_that_works(drawn):
    loss, gradient = "the loss, one number,", "its gradient dpred (T, B)"
    *two, last = drawn.asked("adam_step")
    return [
        ("Return the new `p`, `m` and `v`;", f"Return the new {', '.join(f'`{name}`' for name in two)} and `{last}`;"),
        ("They serve this step alone: return m, v.", "They serve this step alone: m and v are returned."),
        ("Return p first, then m and v.", f"Return {', '.join(drawn.asked('adam_step'))}."),
        ("m, v and p are returned in this order", "p, m and v are all returned in another place"),
        ("the rates of the pencil question", "the rates 0.5 and 0.9"),
        ("Return the loss first.", "Return the gradient first."),
        ("Return the inputs first.", "Return the targets first."),
        ("Return the best epoch first.", "Return the epoch of the stop first."),
        _returns(
            drawn,
            "masked_mse",
            "Returns the loss, one number, and its gradient (T, B).",
            {"loss": loss, "dpred": gradient},
        ),
        _returns(
            drawn,
            "cut_streams",
            "Returns inputs and targets, each (chunks, T, B).",
            {"x": "the inputs x", "y": "the targets y"},
            ", each (chunks, T, B).",
        ),
        _returns(
            drawn,
            "early_stopping",
            "Returns the best epoch and the epoch after which training stops.",
            {"best": "best, the best epoch,", "stop": "stop, the epoch after which training stops,"},
        ),
        _returns(
            drawn,
            "overfit_test",
            "Returns the level, what is left, and whether it passes.",
            {"level": "level", "left": "left", "passed": "passed"},
        ),
    ]


def long_term_memory(drawn):
    rows = {
        "a = {}": [0.0, 0.0, 3.0, 0.0],
        "b = {}": [0.0, 0.0, -3.0, 0.0],
        "bias = np.array({})": [10.0, 20.0, 0.0, 10.0],
    }
    return [(row.format(numbers), row.format(drawn.listed(numbers))) for row, numbers in rows.items()]


def bidirectional_and_stacked(drawn):
    h, c = (drawn.asked("end_states").index(name) for name in ("h_n", "c_n"))
    pairs = {"h_n": f"np.stack([ends[{h}], ends_r[{h}]])", "c_n": f"np.stack([ends[{c}], ends_r[{c}]])", "out": "out"}
    old = "return out, np.stack([ends[0], ends_r[0]]), np.stack([ends[1], ends_r[1]])"
    return [(old, f"return {', '.join(pairs[name] for name in drawn.asked('bidirectional_forward'))}")]


def attention(drawn):
    names = [name.removeprefix("d") for name in drawn.asked("attention_backward")]
    quoted = ", ".join(f'"{name}"' for name in names)
    ways = {"ds": "along @ W.T", "dk": "dk", "dW": "s.T @ along"}
    dk = "dk = a[..., None] * dcontext[:, None] + de[..., None] * (s @ W)[:, None]"
    shapes = {"scores": "scores (B, V)", "h": "h (B, H)", "c": "c (B, H)", "a": "a (B, T)"}
    gradients = {"ds": "ds (B, Q)", "dk": "dk (B, T, K)", "dW": "dW (Q, K)"}
    order = ", ".join(drawn.asked("attention_backward"))
    return [
        ('zip(("s", "k", "W"), (s, k, W), found', f"zip(({quoted}), ({', '.join(names)}), found"),
        ("# the shapes of s, k, W", f"# the shapes of {', '.join(names)}"),
        ("The order is ds, dk, dW, as in s, k, W.", f"The order is {order}."),
        _returns(drawn, "attention_backward", "Returns ds (B, Q), dk (T, B, K), dW (Q, K).", gradients),
        _returns(drawn, "decoder_step", "Returns scores (B, V), h, c (B, H), a (B, T).", shapes),
        (
            "dk = a.T[..., None] * dcontext + de.T[..., None] * (s @ W)\n    return along @ W.T, dk, s.T @ along",
            f"{dk}\n    return {', '.join(ways[name] for name in drawn.asked('attention_backward'))}",
        ),
        ("dk = a.T[..., None] * dcontext + de.T[..., None] * (s @ W)", dk),
        (
            "# (2, 5), (2, 3), (2, 3), (2, 4)",
            f"# {', '.join(_in_order(drawn, 'decoder_step', ('(2, 5)', '(2, 3)', '(2, 3)', '(2, 4)')))}",
        ),
        *batch_first.ATTENTION,
    ]


def looking_inside(drawn):
    parts = {"accuracy": "accuracy, that of the fact,", "control": "control"}
    old, new = _returns(drawn, "selectivity", "Returns two shares: fact, control.", parts)
    shares = {"shut": "shut", "wide": "wide"}
    return [
        (old, new.replace("Returns", "Returns two shares:")),
        _returns(drawn, "saturation", "Returns shut, wide, each (H,).", shares, ", each (H,)."),
        *batch_first.LOOKING_INSIDE,
    ]


def today(drawn):
    return [
        ("b comes first", "a comes first"),
        ("The order is a, b.", "The order is b, a."),
        _returns(drawn, "scan_pass", "Returns the new a and b.", {"new_a": "new_a", "new_b": "new_b"}),
        _by_hand(drawn, "scan_pass", ("a 2, 6, 12, 20", "b 1, 4, 5, 6")),
    ]


def _by_hand(drawn, name, told):
    """The edit of a comment that tells two results."""
    return f"# by hand: {' and '.join(told)}", f"# by hand: {' and '.join(_in_order(drawn, name, told))}"


def exam(drawn):
    parts = {"p": "the probability of speech p (B,)", "h": "the new h (B, H)", "c": "the new c (B, H)"}
    return [
        ("Return p first: p, h, c.", f"The order is {', '.join(drawn.asked('speech_step'))}."),
        _returns(drawn, "speech_step", "Returns the probability of speech (B,), and the new h and c (B, H).", parts),
    ]


def text_generation(drawn):
    parts = {"nats": "the nats (T, B)", "h": "the new h", "c": "the new c"}
    return [
        _returns(drawn, "score_text", "Returns nats (T, B) and the h and c to carry on.", parts, ", to carry on."),
        _returns(
            drawn,
            "beam_step",
            "Returns total, line and character, each (K,); the last two are integers.",
            {name: name for name in ("total", "line", "character")},
            ", each (K,); line and character\n    are integers.",
        ),
        (
            "Return the total first, then line and character.",
            f"The order is {', '.join(drawn.asked('beam_step'))}.",
        ),
    ]


def forecasting(drawn):
    return [
        _returns(
            drawn,
            "price_forecasts",
            "Returns price (N,), r2 and r2_change, two numbers.",
            {"price": "price (N,)", "r2": "r2", "r2_change": "r2_change"},
            "; r2 and r2_change are two numbers.",
        ),
        _returns(
            drawn,
            "windows",
            "Returns X (length, B, D), target (B,) and origin (B,), places in the series.",
            {"X": "X (length, B, D)", "target": "target (B,)", "origin": "origin (B,), places in the series,"},
        ),
        _returns(
            drawn,
            "pinball",
            "Returns the mean loss, one number, and its gradient dq (B, K).",
            {"loss": "the mean loss, one number,", "dq": "its gradient dq (B, K)"},
        ),
        _returns(
            drawn,
            "just_yesterday",
            "Returns skill, a number, and lag, an integer.",
            {"skill": "skill, a number,", "lag": "lag, an integer,"},
        ),
    ]


def sentiment(drawn):
    parts = {"difference": "the difference", "low": "the lower limit", "high": "the upper limit"}
    old = (
        "Returns the difference of the accuracies (ours minus theirs) on the N texts, and the lower\n"
        "    and the upper limit of its 95 % interval over the drawn tests (np.quantile)."
    )
    end = (
        ": the\n    difference of the accuracies (ours minus theirs) on the N texts, the limits of its 95 % interval\n"
        "    over the drawn tests (np.quantile)."
    )
    return [
        _returns(
            drawn,
            "attention_pool",
            "Returns the context (B, D) and the weights a (T, B).",
            {"context": "the context (B, D)", "a": "the weights a (T, B)"},
        ),
        _returns(
            drawn,
            "soft_loss",
            "Returns the loss, a number, and its gradient dz (B,).",
            {"loss": "the loss, a number,", "dz": "its gradient dz (B,)"},
        ),
        _returns(drawn, "paired_interval", old, parts, end),
        (
            "# by hand: 1/4, limits near 0 and 1",
            f"# by hand: {', '.join(_in_order(drawn, 'paired_interval', ('1/4', 'near 0', 'near 1')))}",
        ),
    ]


def translation(drawn):
    parts = {"threshold": "the threshold, one of those given,", "quality": "the mean quality on the test part"}
    old = "Returns the threshold, one of those given, and the mean quality on the test part."
    old, new = _returns(drawn, "hybrid", old, parts)
    numbers = {"total": "total", "line": "line", "word": "word", "ended": "ended"}
    return [
        (old, new),
        _returns(
            drawn,
            "teacher_forcing",
            "Returns given (N, B) integers and counts (N, B) booleans.",
            {"given": "given (N, B), integers,", "counts": "counts (N, B), booleans,"},
        ),
        ("The place comes first.", "The similarity comes first."),
        _returns(
            drawn,
            "nearest",
            "Returns place (M,) integers and similarity (M,).",
            {"place": "place (M,), integers,", "similarity": "similarity (M,)"},
        ),
        _returns(
            drawn,
            "beam_with_end",
            "Returns total, line, word and ended, each (K,); line and word are integers.",
            numbers,
            ", each (K,); line and word are integers.",
        ),
        (
            "# 0.8, then (0.7 + 0.8) / 2",
            f"# {', then '.join(_in_order(drawn, 'hybrid', ('0.8', '(0.7 + 0.8) / 2')))}",
        ),
    ]


def speech(drawn):
    old = "Returns the labels (L,) of the best prefix, integers, and its log-probability."
    new = "Returns the log-probability of the best prefix and its labels (L,), integers."
    return [(old, new)]
