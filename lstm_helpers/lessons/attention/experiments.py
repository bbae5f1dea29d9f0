"""Experiments of lesson 10: an encoder-decoder that turns written dates into ISO 8601, with attention and without.

Shapes here: ``T`` characters of the source, ``N`` of the answer, ``B`` sentences, ``H`` units, ``V`` characters of the
answers' alphabet.
"""

import numpy as np

from lstm_helpers import nn
from lstm_helpers.data import dates
from lstm_helpers.lessons.backward_through_time.experiments import central_differences
from lstm_helpers.training import Adam, cosine, fit, gradients, parameters

START, END = dates.TARGET.index(dates.START), dates.TARGET.index(dates.END)
KINDS = ("none", "additive", "general")


class Translator:
    """An LSTM reads the sentence, a second one writes the answer; attention lets it look back at every step.

    kind: "none", "additive" (Bahdanau) or "general" (Luong). layer: the recurrent layer of both, ``yours.LSTM`` too.
    The decoder starts from the encoder's last state. What it says at a step comes from its state h and, with attention,
    the context: logits = tanh([h, context] W + b) W_y + b_y (Luong 2015, equations 5 and 6).
    """

    def __init__(self, kind, H, *, rng, layer=nn.LSTM, E=24):
        self.kind, self.H = kind, H
        V_in, V = len(dates.SOURCE), len(dates.TARGET)
        self.parts = {
            "read": nn.Embedding(V_in, E, rng=rng),
            "encoder": layer(E, H, rng=rng, forget_bias=1.0),
            "written": nn.Embedding(V, E, rng=rng),
            "decoder": layer(E, H, rng=rng, forget_bias=1.0),
            "combine": nn.Linear(H if kind == "none" else 2 * H, H, rng=rng),
            "readout": nn.Linear(H, V, rng=rng),
        }
        if kind == "additive":
            self.parts["attention"] = nn.AdditiveAttention(H, H, H, rng=rng)
        elif kind == "general":
            self.parts["attention"] = nn.GeneralAttention(H, H, rng=rng)

    @property
    def params(self):
        return parameters(**self.parts)

    def encode(self, source, lengths, train=False):
        """The encoder's states (T, B, H), the keys, and its last state."""
        read = self.parts["read"].forward(source, train=train)
        return self.parts["encoder"].forward(read, None, lengths, train=train)

    def decode(self, given, state, keys, lengths, train=False, mask=True):
        """Logits (N, B, V) after each of the characters ``given (N, B)``, the state after them, and the weights
        (N, B, T), or None."""
        p = self.parts
        h, state = p["decoder"].forward(p["written"].forward(given, train=train), state, train=train)
        weights = None
        if self.kind != "none":
            context, weights = p["attention"].forward(h, keys, lengths if mask else None, train=train)
            h = np.concatenate([h, context], axis=2)
        out = np.tanh(p["combine"].forward(h, train=train))
        if train:
            self._out = out
        return p["readout"].forward(out, train=train), state, weights

    def learn(self, batch):
        """Loss and gradients of one batch, teacher forced."""
        source, lengths, target, counts = batch
        p, H = self.parts, self.H
        keys, state = self.encode(source, lengths, train=True)
        given = np.concatenate([np.full((1, target.shape[1]), START), target[:-1]])
        logits, _, _ = self.decode(given, state, keys, lengths, train=True)
        loss, dlogits = nn.softmax_cross_entropy(logits, target, counts)
        dout = p["readout"].backward(dlogits)
        dh = p["combine"].backward(dout * (1 - self._out**2))
        dkeys = np.zeros_like(keys)
        if self.kind != "none":
            dquery, dkeys = p["attention"].backward(dh[..., H:])
            dh = dh[..., :H] + dquery
        dwritten, dstate = p["decoder"].backward(dh)
        p["written"].backward(dwritten)
        dread, _ = p["encoder"].backward(dkeys, dstate)
        p["read"].backward(dread)
        return loss, gradients(**p)

    def greedy(self, source, lengths, most=48, mask=True):
        """The likeliest character at each step, its own choice read at the next, until END. Returns ids (N, B) and
        weights (N, B, T), or None."""
        keys, state = self.encode(source, lengths)
        last, said, looked = np.full((1, source.shape[1]), START), [], []
        for _ in range(most):
            logits, state, weights = self.decode(last, state, keys, lengths, mask=mask)
            last = logits.argmax(axis=2)
            said.append(last[0])
            looked.append(weights)
            if all((np.array(said) == END).any(axis=0)):
                break
        return np.array(said), None if self.kind == "none" else np.concatenate(looked)


def batch_of(texts, answers):
    """What ``learn`` takes: source (T, B), lengths (B,), target (N, B), each answer with its END, and which of its
    characters count."""
    source, lengths = dates.numbered(texts)
    target, ends = dates.numbered([answer + dates.END for answer in answers], dates.TARGET)
    return source, lengths, target, np.arange(len(target))[:, None] < ends


def train(model, stages, *, rng, B=32, lr=5e-3, words=(0, 4), **more):
    """Train with Adam on fresh sentences; the rate falls along half a cosine. Returns a History.

    stages: pairs (batches, most): so many batches of sentences that hold 1 to ``most`` dates, one stage after another.
    """
    steps, update = sum(count for count, _ in stages), Adam(model.params, lr)

    def batches(rng):
        for count, most in stages:
            yield from (batch_of(*dates.sentences(rng, B, (1, most), words)) for _ in range(count))

    return fit(
        model.learn, batches, update, rng=rng, steps=steps, clip=1.0, schedule=cosine(lr, steps), progress=False,
        **more,
    )  # fmt: skip


def exact(model, texts, answers, **more):
    """Whether each answer comes out exactly: booleans (B,)."""
    said, _ = model.greedy(*dates.numbered(texts), **more)
    return np.array([s == a for s, a in zip(dates.spelled(said), answers, strict=True)])


# ---------------------------------------------------------------- the live miniature

MINI = {"H": 64, "stages": ((500, 1),), "lr": 6e-3, "words": (0, 4)}


def miniature(kind, seed=0, layer=nn.LSTM):
    """Train a small translator of sentences with one date: the model, and the losses of its batches."""
    rng = np.random.default_rng(seed)
    model = Translator(kind, MINI["H"], rng=rng, layer=layer)
    history = train(model, MINI["stages"], rng=rng, lr=MINI["lr"], words=MINI["words"])
    return model, np.array(history.loss)


def unseen(count, words=(0, 4), seed=1):
    """Sentences with one date each that no training draws, and their answers."""
    return dates.sentences(np.random.default_rng(seed), count, (1, 1), words, unseen=True)


def forced(model, texts, answers, **more):
    """What the decoder says when it reads the right answer so far: ids (N, B), and weights (N, B, T) or None."""
    source, lengths, target, _ = batch_of(texts, answers)
    keys, state = model.encode(source, lengths)
    given = np.concatenate([np.full((1, len(texts)), START), target[:-1]])
    logits, _, weights = model.decode(given, state, keys, lengths, **more)
    return logits.argmax(axis=2), weights


def exposure(model, texts, answers):
    """Shares of right characters, (reading the right answer so far, reading its own): over all characters, and over
    those that come after the decoder's first own mistake."""
    target, _ = dates.numbered(answers, dates.TARGET)
    N = len(target)
    alone, _ = model.greedy(*dates.numbered(texts))
    alone = np.concatenate([alone, np.full((N, len(texts)), END)])[:N] == target
    taught = forced(model, texts, answers)[0][:N] == target
    late = np.cumsum(~alone, axis=0) - ~alone > 0  # a mistake came before
    return {
        "all": (float(taught.mean()), float(alone.mean())),
        "after a mistake": (float(taught[late].mean()), float(alone[late].mean())) if late.any() else None,
    }


# ---------------------------------------------------------------- does the answer follow the picture?


def _other(character, rng):
    """Another character of the same sort: a digit for a digit, a letter for a letter, a letter for the rest."""
    among = "0123456789" if character.isdigit() else "abcdefghijklmnopqrstuvwxyz"
    return rng.choice([other for other in among if other != character])


def changed_one_by_one(model, text, answer, rng):
    """flips (N, T): whether the character that is said at step n is another one after source character t has changed.

    The decoder reads the right answer so far, so that each step is looked at by itself. Also weights (N, T).
    """
    variants = [text, *(text[:t] + _other(text[t], rng) + text[t + 1 :] for t in range(len(text)))]
    said, weights = forced(model, variants, [answer] * len(variants))
    return (said[:, 1:] != said[:, :1])[: len(answer)], weights[: len(answer), 0]


def sharp_looks(model, count=60, seed=3, above=0.9):
    """The steps at which one weight is above ``above``, as rows: the place in the answer, whether changing the most
    attended source character changes what is written, and whether changing any other one does."""
    rng, rows = np.random.default_rng(seed), []
    for text, answer in zip(*unseen(count, seed=seed), strict=True):
        flips, weights = changed_one_by_one(model, text, answer, rng)
        for n in np.flatnonzero(weights.max(axis=1) > above):
            at = weights[n].argmax()
            rows.append((n, flips[n, at], np.delete(flips[n], at).any()))
    return np.array(rows, int)


def without_the_top(model, texts, answers, how):
    """The share of characters that change when the weights do: "top", the largest weight is set to 0 and the others
    share the rest; "random", another one; "uniform", all steps have the same weight."""
    before, weights = forced(model, texts, answers)
    source, lengths, target, counts = batch_of(texts, answers)
    keys, state = model.encode(source, lengths)
    rng, inside = np.random.default_rng(0), np.arange(len(source)) < lengths[:, None]
    if how == "uniform":
        new = np.broadcast_to(inside / lengths[:, None], weights.shape)
    else:
        top = weights.argmax(axis=2)
        gone = top if how == "top" else (top + rng.integers(1, lengths, top.shape)) % lengths
        new = np.where(np.arange(weights.shape[2]) == gone[..., None], 0, weights)
        new = new / new.sum(axis=2, keepdims=True)
    given = np.concatenate([np.full((1, len(texts)), START), target[:-1]])
    p = model.parts
    h, _ = p["decoder"].forward(p["written"].forward(given, train=False), state, train=False)
    context = np.einsum("nbt,tbk->nbk", new, keys).astype(h.dtype)
    out = np.tanh(p["combine"].forward(np.concatenate([h, context], axis=2), train=False))
    after = p["readout"].forward(out, train=False).argmax(axis=2)
    return float((after != before)[:10].mean())


# ---------------------------------------------------------------- the way back, and the Transformer's page


def judge(kind, T=4, B=2, Q=3, K=5, A=6):
    """Print how far nn's backward pass lies from central differences, array by array; returns the furthest."""
    rng, furthest = np.random.default_rng(10), 0.0
    if kind == "additive":
        layer = nn.AdditiveAttention(Q, K, A, rng=rng, dtype=np.float64)
    else:
        layer = nn.GeneralAttention(Q, K, rng=rng, dtype=np.float64)
    query, keys, dcontext = rng.normal(size=(1, B, Q)), rng.normal(size=(T, B, K)), rng.normal(size=(1, B, K))
    lengths = np.array([T, T - 1])

    def loss():
        return np.sum(dcontext * layer.forward(query, keys, lengths, train=False)[0])

    layer.forward(query, keys, lengths)
    dquery, dkeys = layer.backward(dcontext)
    for name, array, ours in (("s", query, dquery), ("k", keys, dkeys), *((n, p, layer.grads[n]) for n, p in
                              layer.params.items())):  # fmt: skip
        off = np.abs(central_differences(loss, array) - ours).max()
        print(f"d{name:<4} {array.shape!s:<10} furthest from the judge {off:.8f}")
        furthest = max(furthest, off)
    return furthest


def spread(D, count=2000, keys=10, seed=0):
    """For random queries and keys of D numbers of variance 1: the standard deviation of their products, and the mean of
    the largest of ten weights without and with the division by the root of D."""
    rng = np.random.default_rng(seed)
    e = np.einsum("nd,nkd->nk", rng.normal(size=(count, D)), rng.normal(size=(count, keys, D)))

    def top(e):
        p = np.exp(e - e.max(axis=1, keepdims=True))
        return float((p / p.sum(axis=1, keepdims=True)).max(axis=1).mean())

    return float(e.std()), top(e), top(e / D**0.5)


def neighbour(model, count=200, seed=5):
    """The share of sentences whose answer is another one when a sentence of 200 characters joins the batch: without
    the mask, and with it."""
    texts, _ = unseen(count, seed=seed)
    shares = []
    for mask in (False, True):
        alone, beside = (
            dates.spelled(model.greedy(*dates.numbered(some), mask=mask)[0])[:count]
            for some in (texts, [*texts, "a " * 100])
        )
        shares.append(float(np.mean([a != b for a, b in zip(alone, beside, strict=True)])))
    return shares
