"""What lesson 1 measures on the novel, and the pieces that it derives: writing them out is what its exercise asks for.

Shapes: ``N`` characters of a text, ``V`` symbols of the vocabulary, ``T`` time steps, ``B`` sequences, ``H`` units.
"""

import numpy as np

from lstm_helpers.nn.functional import rnn_step as step
from lstm_helpers.nn.losses import softmax_cross_entropy

# ---------------------------------------------------------------- the pieces


def numbered(text, vocab):
    """The ids ``(N,)`` of a text: the place of each of its characters in ``vocab (V,)``."""
    order = np.argsort(vocab)
    return order[np.searchsorted(vocab[order], list(text))]


def unit_rows(ids, V):
    """``ids (...)`` as rows ``(..., V)`` that are 0 but for a 1 in the column of the id."""
    return (np.asarray(ids)[..., None] == np.arange(V)).astype(np.float32)


def over_time(one_step, x, h_0, weights):
    """All states ``(T, B, H)`` of a step function that runs over ``x (T, B, D)`` from ``h_0 (B, H)``."""
    h = np.empty((len(x), *h_0.shape))
    for t, x_t in enumerate(x):
        h[t] = one_step(x_t, h[t - 1] if t else h_0, **weights)
    return h


def shares(scores):
    """The softmax of ``scores (..., V)``, of any size."""
    z = scores - np.max(scores, axis=-1, keepdims=True)
    return np.exp(z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))


def price(scores, targets):
    """The mean price in bits of ``targets (...)``, given ``scores (..., V)``."""
    return softmax_cross_entropy(scores, targets)[0] / np.log(2)


def judge_scores(scores, came, d=1e-5):
    """Print for each of ``scores (V,)`` the formula of the gradient beside central differences of -ln p(came).

    Returns both, each ``(V,)``.
    """
    formula = shares(scores)
    formula[came] -= 1
    moved = scores + d * np.eye(len(scores)), scores - d * np.eye(len(scores))  # a row for each score that is moved
    up, down = (-np.log(shares(rows)[:, came]) for rows in moved)
    found = (up - down) / (2 * d)
    print("score of      p   p - one-hot   central difference")
    for k, p in enumerate(shares(scores)):
        sign = "  <- came" if k == came else ""
        print(f"symbol {k}   {p:.2f}   {formula[k]:>11.4f}   {found[k]:>18.4f}{sign}")
    return formula, found


# ---------------------------------------------------------------- the network, reading and writing


def bits_on(rnn, readout, ids, batch=16):
    """The mean price in bits of a text ``ids (N,)``, read as ``batch`` texts side by side, each from a zero state."""
    rows = (len(ids) - 1) // batch
    x, y = (part[: rows * batch].reshape(batch, rows).T for part in (ids[:-1], ids[1:]))
    h, _ = rnn.forward(unit_rows(x, rnn.params["W_x"].shape[0]), train=False)
    return price(readout.forward(h, train=False), y)


def write(rnn, readout, vocab, n, temperature, rng):
    """``n`` characters that the network writes: each is drawn, and becomes the next input."""
    W_y, b_y = readout.params.values()
    rows = unit_rows(np.arange(len(vocab)), len(vocab))
    h, k, written = np.zeros(len(W_y)), int(np.flatnonzero(vocab == "\n")[0]), []
    for _ in range(n):
        h = step(rows[k], h, **rnn.params)
        k = rng.choice(len(vocab), p=shares((h @ W_y + b_y) / temperature))
        written.append(vocab[k])
    return "".join(written)


def price_by_reach(rnn, readout, text, read, guesses=4000):
    """The mean price of ``guesses`` characters of ``text (N,)`` when the network reads only the last ``read`` before
    each, from a zero state: a list of bits, one for each number in ``read``.
    """
    W_y, b_y = readout.params.values()
    at = np.linspace(200, len(text) - 1, guesses).astype(int)
    found = []
    for k in read:
        h = np.zeros((guesses, len(W_y)))
        for back in range(k, 0, -1):
            h = step(unit_rows(text[at - back], len(b_y)), h, **rnn.params)
        found.append(price(h @ W_y + b_y, text[at]))
    return found


# ---------------------------------------------------------------- what the text holds


def grams(text, n):
    """How many different runs of ``n`` characters a text holds."""
    return len({text[k : k + n] for k in range(len(text) - n + 1)})


def share_of_words(written, novel):
    """The fraction of the words of ``written`` that are words of ``novel``."""
    known = set(words(novel))
    return np.mean([word in known for word in words(written)])


def words(text):
    """The runs of letters of a text, in small letters: a list."""
    return "".join(ch if "a" <= ch <= "z" else " " for ch in text.lower()).split()


def in_speech(novel):
    """For each character of a text, whether it stands between an opening and a closing quotation mark: a list."""
    told, speaking = [], False
    for k, ch in enumerate(novel):
        if ch == '"':
            speaking = not speaking
        if novel[k - 1 : k + 1] == "\n\n":  # a new paragraph ends all speech
            speaking = False
        told.append(speaking)
    return told


def after_full_stops(rnn, readout, vocab, text, reads=100):
    """Of each full stop in ``text (N,)`` after which a quotation mark could come: whether someone is speaking, whether
    a quotation mark comes, which probability the network gives it after the last ``reads`` characters, and how far back
    the last quotation mark lies. Four arrays.
    """
    novel = "".join(vocab[text])
    ends = np.array([k for k in range(reads, len(novel) - 1) if novel[k] == "." and novel[k + 1] in ' "\n'])
    window = text[ends - np.arange(reads - 1, -1, -1)[:, None]]  # (reads, ends): up to and with the full stop
    h = rnn.forward(unit_rows(window, len(vocab)), train=False)[0][-1]
    p = shares(readout.forward(h[None], train=False)[0])[:, np.flatnonzero(vocab == '"')[0]]
    comes = np.array([novel[k + 1] == '"' for k in ends])
    back = ends - np.array([novel.rfind('"', 0, k) for k in ends])
    return np.array(in_speech(novel))[ends], comes, p, back
