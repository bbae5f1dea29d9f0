"""Texts of exercises in which every variant has the batch first, not time: (old, new), as those of ``edits``."""

ATTENTION = [
    ("`B` sentences, time first. The keys", "`B` sentences, the batch first. The keys"),
    ("encoder's states, `(T, B, K)`", "encoder's states, `(B, T, K)`"),
    ("rng.normal(size=(T, B, K))", "rng.normal(size=(B, T, K))"),
    ("k (T, B, K)", "k (B, T, K)"),
    ("tbk", "btk"),
    ("`dcontext[b]` and `k[t, b]`", "`dcontext[b]` and `k[b, t]`"),
    # additive_scores
    (
        "`s @ W_q` is (B, A) and `k @ W_k` is (T, B, A): NumPy adds the first to each of the T steps.",
        "`k @ W_k` is (B, T, A), and `s @ W_q` is (B, A): `(s @ W_q)[:, None]` is (B, 1, A), and NumPy adds it to each "
        "of the T steps.",
    ),
    (
        "`z = np.tanh(s @ W_q + k @ W_k)`; `z @ v` is (T, B), and its transpose is (B, T).",
        "`z = np.tanh((s @ W_q)[:, None] + k @ W_k)`; `z @ v` is (B, T).",
    ),
    (
        "z = np.tanh(s @ W_q + k @ W_k)\n    return (z @ v).T",
        "z = np.tanh((s @ W_q)[:, None] + k @ W_k)\n    return z @ v",
    ),
    ("one row for each sentence: transpose z @ v.", "one row for each sentence, as z @ v is where z is (B, T, A)."),
    (
        "reshape keeps the numbers in their old order, and so mixes the sentences: `.T`.",
        "reshape keeps the numbers in their old order, and so mixes the sentences.",
    ),
    # greedy_answer
    ("`end` fills its column, while", "`end` fills its row, while"),
    ("the others go on. Return `most` rows.", "the others go on. Return `most` columns."),
    ("Returns ids (most, B).", "Returns ids (B, most)."),
    ("return np.array(ids)\n", "return np.array(ids).T\n"),
    ("# whole numbers, one column for each sentence", "# whole numbers, one row for each sentence"),
    (
        "Collect `last` in a list and return it as an array, (most, B).",
        "Collect `last` in a list; an array of it is (most, B), and its transpose is (B, most).",
    ),
    ("`most` rows are asked", "`most` columns are asked"),
    ("in `most` rows.", "in `most` columns."),
    (
        "the start sign is part of the answer, as one more row",
        "the start sign is part of the answer, as one more column",
    ),
    ("and not written: most rows are asked.", "and not written: most columns are asked."),
    ("The answer is (most, B): time comes first.", "The answer is (B, most): the batch comes first."),
    ("the batch comes first in what is returned", "time comes first in what is returned"),
    # self_attention
    (
        "q, k (T, B, D), v (T, B, M). Returns the contexts (T, B, M).",
        "q, k (B, T, D), v (B, T, M). Returns the contexts (B, T, M).",
    ),
    ("Time comes first: contexts (T, B, M).", "The batch comes first: contexts (B, T, M)."),
    (
        'np.einsum("ibd,jbd->bij", q, k) / q.shape[2] ** 0.5\n    e = np.where(np.tri(len(q)) > 0',
        "q @ k.swapaxes(1, 2) / q.shape[2] ** 0.5\n    e = np.where(np.tri(q.shape[1]) > 0",
    ),
    ('return np.einsum("bij,jbm->ibm", a, v)', "return a @ v"),
    ("the product of q[i, b] and k[j, b], divided", "the product of q[b, i] and k[b, j], divided"),
    ("`np.einsum('ibd,jbd->bij', q, k) / D**0.5`", "`q @ k.swapaxes(1, 2) / D**0.5`"),
    ("`np.einsum('bij,jbm->ibm', a, v)`", "`a @ v`"),
    ("rng.normal(size=(3, 4, 2, 3))", "rng.normal(size=(3, 2, 4, 3))"),
    ("np.allclose(contexts[0], values[0])", "np.allclose(contexts[:, 0], values[:, 0])"),
    (
        "With time first, `q @ k` pairs the sentences of each step; put the batch first, or use einsum.",
        "The batch comes first already: `q @ k.swapaxes(1, 2)` pairs the steps of each sentence.",
    ),
]

LOOKING_INSIDE = [
    ("`B` sequences, time first;", "`B` sequences, the batch first;"),
    ("x, h_0, c_0 = rng.normal(size=(T, B, D)),", "x, h_0, c_0 = rng.normal(size=(B, T, D)),"),
    ("x (T, B, D),", "x (B, T, D),"),
    # saturation
    ("gate (T, B, H), lengths", "gate (B, T, H), lengths"),
    (
        "seen = gate[np.arange(len(gate))[:, None] < lengths]",
        "seen = gate[np.arange(gate.shape[1]) < lengths[:, None]]",
    ),
    (
        "gate = np.array([[[0.05], [0.95]], [[0.5], [0.97]], [[0.99], [0.02]]])  # T = 3, B = 2, H = 1",
        "gate = np.array([[[0.05], [0.5], [0.99]], [[0.95], [0.97], [0.02]]])  # B = 2, T = 3, H = 1",
    ),
    ("column b has lengths[b] of them, from the top.", "row b has lengths[b] of them, from the left."),
    (
        "`np.arange(T)[:, None] < lengths` is a table (T, B) of booleans",
        "`np.arange(T) < lengths[:, None]` is a table (B, T) of booleans",
    ),
    # top_places
    ("values (T, B); count", "values (B, T); count"),
    ("t, b = np.unravel_index(left.argmax(), left.shape)", "b, t = np.unravel_index(left.argmax(), left.shape)"),
    ("left[max(0, t - apart + 1) : t + apart, b] = -np.inf", "left[b, max(0, t - apart + 1) : t + apart] = -np.inf"),
    (
        "values = np.array([[1.0, 0.0], [5.0, 2.0], [4.0, 3.5], [3.0, 6.0], [2.5, 1.5]])  # T = 5, B = 2",
        "values = np.array([[1.0, 5.0, 4.0, 3.0, 2.5], [0.0, 2.0, 3.5, 6.0, 1.5]])  # B = 2, T = 5",
    ),
    ("left.shape)` is the pair (t, b) of the highest", "left.shape)` is the pair (b, t) of the highest"),
    ("own sequence, column b: another", "own sequence, row b: another"),
    ("the flat index is divided by the number of steps", "the flat index is divided by the number of sequences"),
    (
        "A row of the array is a step: number k in the flattened array is step k // B, sequence k % B.",
        "A row of the array is a sequence: number k in the flattened array is step k % T of sequence k // T.",
    ),
    # ablated_forward
    ("Returns h (T, B, H), with the value", "Returns h (B, T, H), with the value"),
    ("for x_t, now in zip(x, when, strict=True):", "for x_t, now in zip(x.swapaxes(0, 1), when, strict=True):"),
    ("return np.array(hs)", "return np.stack(hs, axis=1)"),
    ("h[:, 0, 2].round(3)", "h[0, :, 2].round(3)"),
    (
        "Run the loop of exercise 05 over the steps.",
        "Run the loop of exercise 05 over the steps: x[:, t] is what step t reads.",
    ),
    ("The next pass takes this h.", "The next pass takes this h. After the loop, `np.stack(hs, axis=1)`."),
    ("All T of them, (T, B, H).", "All T of them, (B, T, H)."),
    ("every row is the last h", "every step is the last h"),
    ("T rows are asked, one for what each step makes.", "T steps are asked, what each of them makes."),
    # contributions
    (
        "i, f, g (T, B, H), c_0 (B, H). Returns the parts (T + 1, B, H).",
        "i, f, g (B, T, H), c_0 (B, H). Returns the parts (B, T + 1, H).",
    ),
    (
        "parts = np.concatenate([c_0[None], i * g])\n    for t, f_t in enumerate(f):\n        parts[: t + 1] *= f_t",
        "parts = np.concatenate([c_0[:, None], i * g], axis=1)\n    for t in range(f.shape[1]):\n"
        "        parts[:, : t + 1] *= f[:, t, None]",
    ),
    (
        "halves = np.full((2, 1, 1), 0.5)\nparts = contributions(np.ones((2, 1, 1)), halves, np.ones((2, 1, 1)),",
        "halves = np.full((1, 2, 1), 0.5)\nparts = contributions(np.ones((1, 2, 1)), halves, np.ones((1, 2, 1)),",
    ),
    ("Begin with the T + 1 rows c_0", "Begin with the T + 1 parts c_0"),
    (
        "row t + 1 is written at step t, and the rows before it are multiplied by f[t].",
        "part t + 1 is written at step t, and the parts before it are multiplied by f[:, t].",
    ),
    (
        "`parts = np.concatenate([c_0[None], i * g])`, and for each t `parts[: t + 1] *= f[t]`. Their sum over axis 0",
        "`parts = np.concatenate([c_0[:, None], i * g], axis=1)`, and for each t `parts[:, : t + 1] *= f[:, t, None]`. "
        "Their sum over axis 1",
    ),
    ("Row t + 1 belongs to step t.", "Part t + 1 belongs to step t."),
    ("the row of the step before it as well: rows 0 to t.", "that of the step before it as well: parts 0 to t."),
    ("T + 1 rows in all.", "T + 1 parts in all."),
    ("f[t + 1:]", "f[:, t + 1:]"),
    ("multiply over the steps alone, axis 0.", "multiply over the steps alone, axis 1."),
    ("f.prod(axis=0)", "f.prod(axis=1)"),
    # occlusion
    ("Return it for every step and sequence.", "Return it for every sequence and step."),
    ("Returns the falls (T, B).", "Returns the falls (B, T)."),
    ("for x_t in x:", "for x_t in x.swapaxes(0, 1):"),
    ("for t in range(len(x)):", "for t in range(x.shape[1]):"),
    (
        "`changed[t] = stand_in` fills all rows of the batch.",
        "`changed[:, t] = stand_in` fills step t of all sequences.",
    ),
    ("changed[t] = stand_in", "changed[:, t] = stand_in"),
    ("return np.array(falls)", "return np.stack(falls, axis=1)"),
    ("# one row for each step", "# one row for each sequence"),
    ("Row t belongs to step t.", "Column t belongs to step t."),
    ("One fall for each sequence: (T, B).", "One fall for each sequence and step: (B, T)."),
]
