"""English to French: an LSTM with attention that may copy, and that can read the nearest known translation beside it.

    python -m lstm_helpers.projects.translation.runs

trains them. In torch, because a vocabulary of thousands of words in NumPy would take too long. Shapes here: ``T`` words
of what is read, ``N`` of the French, ``B`` sentences, ``H`` units of each direction, ``M`` the numbers of the
vocabulary.
"""

from collections import Counter
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import torch
from torch import nn
from torch.nn.functional import dropout

from lstm_helpers.baselines.translation import Neighbours, dictionary
from lstm_helpers.data import phrases
from lstm_helpers.projects.stored import read_weights
from lstm_helpers.projects.torch_nets import BiLSTM, arrays, mean_within, put, step, within
from lstm_helpers.training import AdamW, fit

PAD, UNKNOWN, START, END = range(4)
STORED = "interface_fr"  # the name of the stored file
MARKS = ("<pad>", "<unknown>", "<s>", "</s>")
LONGEST = 24  # words of a translation
SETTINGS = {
    "E": 128, "H": 128, "D": 192, "dropout": 0.35, "word_dropout": 0.05, "without": 0.2, "B": 32, "epochs": 9,
    "lr": 3e-3, "weight_decay": 1e-4,
}  # fmt: skip


class Knowledge:
    """What is known before any network is trained: the training pairs, their words, neighbours and a dictionary.

    English and French share one vocabulary. ``written`` are the numbers that the network can write by itself: French
    words that the training pairs hold at least ``often`` times, and the end. Rarer ones it can only copy.
    """

    def __init__(self, pairs, often=2):
        self.pairs = pairs
        self.english = [phrases.words(english) for english, _ in pairs]
        self.french = [phrases.words(french) for _, french in pairs]
        self.words = [*MARKS, *sorted({w for side in (self.english, self.french) for s in side for w in s})]
        self.number = {word: k for k, word in enumerate(self.words)}
        counts = Counter(word for sentence in self.french for word in sentence)
        self.written = np.array([END, *sorted(self.number[w] for w, n in counts.items() if n >= often)])
        self.neighbours = Neighbours(self.english)
        self.dictionary = dictionary(self.english, self.french)

    def examples(self, pairs, training=False):
        """An Example for each (English, French). training: they are the known pairs, and none is its own neighbour."""
        english = [phrases.words(pair[0]) for pair in pairs]
        near, similar = self.neighbours.nearest(english, range(len(pairs)) if training else None)
        return [
            self._example(source, phrases.words(pair[1]), self.french[k], float(s))
            for source, pair, k, s in zip(english, pairs, near, similar, strict=True)
        ]

    def _example(self, source, french, neighbour, similarity):
        new = {}
        for word in source:
            if word not in self.number:
                new.setdefault(word, len(self.words) + len(new))
        ids = {**new, "": UNKNOWN}

        def numbered(words):
            return [self.number.get(w, ids.get(w, UNKNOWN)) for w in words] + [END]

        looked_up = numbered([self.dictionary.get(word, word) for word in source])
        return Example(
            source, french, neighbour, similarity, numbered(source), looked_up, numbered(neighbour), numbered(french),
            list(new),
        )  # fmt: skip

    def spell(self, ids, new=()):
        """The words of numbers, up to the end. new: the words that this sentence alone has, numbered from M on."""
        said = []
        for k in ids:
            if k == END:
                break
            said.append(self.words[k] if k < len(self.words) else new[k - len(self.words)])
        return said


@dataclass
class Example:
    """One sentence: its words, the French, the neighbour's French and how similar its English is; all as numbers too.

    looked_up: each source word's translation by the dictionary. new: source words that are in no known pair.
    """

    source: list
    french: list
    neighbour: list
    similarity: float
    source_ids: list
    looked_up_ids: list
    neighbour_ids: list
    french_ids: list
    new: list


class Translator(nn.Module):
    """Reads English, its words looked up in a dictionary, and, with ``neighbour``, the French of the nearest pair.

    A word is written from the vocabulary or copied from what was looked up or read in French:
    p = g p_vocabulary + (1 - g) p_copied, with g from the writer's state (See, Liu & Manning 2017, equation 9). Its
    attention is that of Luong, Pham & Manning 2015, "general".
    copy=False: it writes from the vocabulary alone.
    """

    def __init__(self, known, settings, neighbour=True, copy=True):
        super().__init__()
        E, H, D, M = settings["E"], settings["H"], settings["D"], len(known.words)
        self.settings, self.neighbour, self.copy, self.M = settings, neighbour, copy, M
        self.embed = nn.Embedding(M, E)
        nn.init.normal_(self.embed.weight, 0, E**-0.5)
        self.english = BiLSTM(E, H)
        if neighbour:
            self.french = BiLSTM(E, H)
        self.start = nn.Linear(2 * H, 2 * D)
        self.writer = nn.LSTM(E, D)
        self.keys, self.copy_keys = nn.Linear(2 * H, D), nn.Linear(2 * H, D)
        self.combine, self.readout = nn.Linear(D + 2 * H, D), nn.Linear(D, E)
        self.bias = nn.Parameter(torch.zeros(len(known.written)))
        self.gate = nn.Linear(D, 1)
        place = np.full(M, -1)
        place[known.written] = np.arange(len(known.written))
        self.written, self.place = torch.tensor(known.written), torch.tensor(place)

    def _drop(self, x):
        return dropout(x, self.settings["dropout"], self.training)

    def _embedded(self, ids):
        return self._drop(self.embed(torch.where(ids >= self.M, UNKNOWN, ids)))

    def encode(self, batch):
        """What the writer looks at, and its first state. The memory: states (T, B, 2H), keys for reading and for
        copying (T, B, D), which places count (T, B), and the numbers that can be copied there (T, B)."""
        source, lengths, looked_up = batch["source"], batch["lengths"], batch["looked_up"]
        if self.training:
            source = torch.where(torch.rand(source.shape) < self.settings["word_dropout"], UNKNOWN, source)
        h = self.english(self._embedded(source) + self._embedded(looked_up), lengths)
        counts, ids = within(lengths, len(source)), looked_up
        state = self.start(mean_within(h, lengths)).tanh().chunk(2, -1)
        if self.neighbour:
            beside, lengths = batch["neighbour"], batch["neighbour_lengths"]
            also = within(lengths, len(beside))
            if self.training:
                also = also & (torch.rand(beside.shape[1]) >= self.settings["without"])
            h = torch.cat([h, self.french(self._embedded(beside), lengths)])
            counts, ids = torch.cat([counts, also]), torch.cat([ids, beside])
        h = self._drop(h)
        return (h, self.keys(h), self.copy_keys(h), counts, ids), tuple(part[None].contiguous() for part in state)

    def write(self, given, state, memory):
        """After each of the words ``given (N, B)``: log p of the vocabulary it writes (N, B, W), log of the gate and of
        1 - gate (N, B), the chance of each place to be copied (N, B, T), where it looked (N, B, T), the state."""
        h, keys, copy_keys, counts, _ = memory
        s, state = self.writer(self._embedded(given), state)
        away = ~counts.T[None]
        looked = torch.einsum("nbd,tbd->nbt", s, keys).masked_fill(away, -1e9).softmax(-1)
        out = torch.cat([s, torch.einsum("nbt,tbd->nbd", looked, h)], -1)
        out = self._drop(self.combine(out).tanh())
        log_p = (self._drop(self.readout(out)) @ self.embed.weight[self.written].T + self.bias).log_softmax(-1)
        copied = torch.einsum("nbd,tbd->nbt", out, copy_keys).masked_fill(away, -1e9).softmax(-1)
        g = self.gate(out)[..., 0]
        if not self.copy:
            g = torch.full_like(g, 30.0)
        return log_p, nn.functional.logsigmoid(g), nn.functional.logsigmoid(-g), copied, looked, state

    def loss(self, batch):
        """The mean of -log p of each French word and END, teacher forced; words that cannot be said don't count."""
        target = batch["french"]
        memory, state = self.encode(batch)
        given = torch.cat([torch.full((1, target.shape[1]), START), target[:-1]])
        log_p, log_g, log_copy, copied, _, _ = self.write(given, state, memory)
        place = self.place[torch.where(target >= self.M, UNKNOWN, target)]
        own = torch.where(place >= 0, log_p.gather(-1, place.clamp_min(0)[..., None])[..., 0] + log_g, -1e9)
        same = memory[4].T[None] == target[..., None]
        taken = (copied * same).sum(-1).clamp_min(1e-9).log() + log_copy
        nats = -torch.logaddexp(own, torch.where(same.any(-1), taken, -1e9))
        counts = (target != PAD) & (target != UNKNOWN) & (nats < 1e6)
        return (nats * counts).sum() / counts.sum()

    def distribution(self, given, state, memory, new):
        """p of all numbers (B, M + new) after the words ``given (B,)``, the state, and where it looked (B, T)."""
        log_p, log_g, log_copy, copied, looked, state = self.write(given[None], state, memory)
        p = torch.zeros(len(given), self.M + new)
        p[:, self.written] = (log_p[0] + log_g[0, :, None]).exp()
        p = p.scatter_add(1, memory[4].T, copied[0] * log_copy[0, :, None].exp())
        p[:, [PAD, UNKNOWN, START]] = 0
        return p, state, looked[0]


def batch_of(examples):
    """Examples as tensors, a column each."""

    def columns(name):
        rows = [torch.tensor(getattr(example, name)) for example in examples]
        return nn.utils.rnn.pad_sequence(rows), torch.tensor([len(row) for row in rows])

    source, lengths = columns("source_ids")
    neighbour, neighbour_lengths = columns("neighbour_ids")
    return {
        "source": source, "lengths": lengths, "looked_up": columns("looked_up_ids")[0], "neighbour": neighbour,
        "neighbour_lengths": neighbour_lengths, "french": columns("french_ids")[0],
        "new": max(len(example.new) for example in examples),
    }  # fmt: skip


def passes(examples, B, rng):
    """The batches of one pass, each of sentences of about the same length, in a random order."""
    lengths = [len(e.french_ids) + len(e.neighbour_ids) / 100 + 2 * rng.random() for e in examples]
    order = np.argsort(lengths)
    for k in rng.permutation(-(-len(order) // B)):
        yield batch_of([examples[i] for i in order[k * B : (k + 1) * B]])


@torch.no_grad()
def translate(model, known, examples, beams=4, power=0.8, at_once=100):
    """Translations, lists of words, found by a search with ``beams`` lines; and where each word looked, (N, T) arrays.

    Of the lines that have ended, or are cut at LONGEST words, the one with the highest log p / words ** power. The end
    counts as a word. One beam is the greedy choice.
    """
    model.eval()
    order = np.argsort([len(e.source_ids) + len(e.neighbour_ids) / 100 for e in examples])
    said, where = [None] * len(examples), [None] * len(examples)
    for some in np.array_split(order, -(-len(order) // at_once)):
        part = [examples[i] for i in some]
        for i, example, (ids, looked) in zip(some, part, search(model, batch_of(part), beams, power), strict=True):
            said[i] = known.spell(ids, example.new)
            T, also = len(example.source_ids), len(example.neighbour_ids) * model.neighbour
            padded = max(len(e.source_ids) for e in part)
            where[i] = np.concatenate([looked[:, :T], looked[:, padded : padded + also]], axis=1)[: len(said[i]) + 1]
    return said, where


@torch.no_grad()
def search(model, batch, beams, power):
    """For each sentence of a batch the numbers of the best line and where it looked: lists (N,) and arrays (N, T)."""
    B, new, W = batch["source"].shape[1], batch["new"], model.M + batch["new"]
    memory, state = model.encode(batch)
    memory = tuple(part.repeat_interleave(beams, 1) for part in memory)
    state = tuple(part.repeat_interleave(beams, 1).contiguous() for part in state)
    total = torch.full((B, beams), -1e9)
    total[:, 0] = 0
    last, ended = torch.full((B * beams,), START), torch.zeros(B * beams, dtype=torch.bool)
    lines, looks = torch.zeros(B * beams, 0, dtype=torch.long), []
    for _ in range(LONGEST):
        p, state, looked = model.distribution(last, state, memory, new)
        log_p = p.clamp_min(1e-12).log()
        log_p[ended] = -1e9
        log_p[ended, END] = 0
        total, best = (total[..., None] + log_p.view(B, beams, W)).view(B, -1).topk(beams, -1)
        line = (torch.arange(B)[:, None] * beams + best // W).view(-1)
        last = (best % W).view(-1)
        state = tuple(part[:, line] for part in state)
        lines = torch.cat([lines[line], last[:, None]], 1)
        looks = [look[line] for look in [*looks, looked]]
        ended = ended[line] | (last == END)
        if ended.all():
            break
    long = (lines != END).sum(1).view(B, beams) + 1
    best = torch.arange(B) * beams + (total / long**power).argmax(1)
    where = torch.stack(looks, 1)
    return [(lines[k].tolist(), where[k].numpy()) for k in best]


def train_french(
    known, seed, settings=SETTINGS, *, neighbour=True, copy=True, evaluate=None, checkpoint=None, progress=False
):  # fmt: skip
    """Train a Translator on the known pairs. Returns it and the History.

    evaluate(model) -> a number, lower is better, after each pass; the best is kept.
    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    model = Translator(known, settings, neighbour, copy)
    examples = known.examples(known.pairs, training=True)
    a_pass = -(-len(examples) // settings["B"])
    steps, lr = settings["epochs"] * a_pass, settings["lr"]
    rise = steps // 5

    def schedule(k):
        return lr * (k + 1) / rise if k < rise else lr * (1 + np.cos(np.pi * (k - rise) / (steps - rise))) / 2

    history = fit(
        step(model, model.loss, rng), lambda rng: passes(examples, settings["B"], rng),
        AdamW(arrays(model), lr, betas=(0.9, 0.98), weight_decay=settings["weight_decay"]), rng=rng,
        epochs=settings["epochs"], clip=1.0, schedule=schedule, evaluate=evaluate and (lambda: evaluate(model)),
        checkpoint=checkpoint, progress=progress and steps,
    )  # fmt: skip
    return put(model, dict(arrays(model))), history


def stored_translator():
    """The translator that the course trained, with the nearest known translation beside it, and what it knows."""
    training, validation, _ = phrases.split()
    known = Knowledge(training + validation)
    weights = read_weights(files("lstm_helpers.data").joinpath("models", f"{STORED}.npz"))
    return put(Translator(known, SETTINGS), weights), known
