"""The table of runs that the project shows: ``python -m lstm_helpers.projects.action_recognition.runs``.

It trains what is missing, one run after the other, and adds a line for each to
``lstm_helpers/data/benchmarks/action_recognition.csv``: what the model said of every clip of the test. Stop it whenever
you like. Name the parts that you want: choice, signs, digits. Baselines need scikit-learn (the extra ``metrics``).
"""

import argparse
import functools
import itertools
import time

import numpy as np

from lstm_helpers import runs
from lstm_helpers.baselines import tracks as baselines
from lstm_helpers.data import clips
from lstm_helpers.projects.action_recognition import answers, model, networks
from lstm_helpers.projects.held_out import HeldOut
from lstm_helpers.projects.stored import write_log, write_weights
from lstm_helpers.projects.torch_nets import arrays

FILE = runs.BENCHMARKS / "action_recognition.csv"
MODELS = runs.BENCHMARKS.with_name("models")
COLUMNS = ("task", "model", "seed", "said", "seconds", "recipe")
KINDS = {"seed": int, "seconds": float}
FOLDS, SPLIT, SEEDS, COPIES = 5, 2026, (0, 1, 2), 20
# What a fold may choose from, on a sixth of its own training part.
CANDIDATES = {"short": {"epochs": 100, "lr": 5e-3}, "long": {"epochs": 200, "lr": 1e-2}}
# What is taken away from the LSTM.
WITHOUT = {
    "lstm": {},
    "lstm without augmentation": {"augment": False},
}


def table():
    """The runs of the table, one dictionary each."""
    return runs.read(FILE, KINDS)


def said(task, name):
    """{seed: what the model said of each clip (N,)} of the runs of one model."""
    letters = [(run["seed"], run["said"]) for run in table() if (run["task"], run["model"]) == (task, name)]
    return {seed: np.frombuffer(text.encode(), np.uint8) - ord("a") for seed, text in letters}


@functools.cache
def signs():
    """(tracks (45, N, 2), sign (N,), group (N,), fold (N,)) of the clips that ship."""
    tracks, sign = clips.hand_signs()
    group = clips.groups(tracks)
    return tracks, sign, group, clips.folds(group, sign, FOLDS, SPLIT)


def inner(fold):
    """(training, validation) of a fold: places among all clips. Its test clips are in neither."""
    _, sign, group, of = signs()
    left = np.flatnonzero(of != fold)
    part = clips.folds(group[left], sign[left], 6, SPLIT + 1)
    return left[part > 0], left[part == 0]


def chosen(fold):
    """The settings that a fold chose, on its own validation part; of equals the longer training."""
    _, sign, _, _ = signs()
    _, held = inner(fold)
    right = {name: np.mean(said("signs, choice", name)[fold] == sign[held]) for name in CANDIDATES}
    return model.SETTINGS | CANDIDATES[max(right, key=lambda name: (right[name], CANDIDATES[name]["epochs"]))]


def choose(name, fold):
    """What a candidate says of a fold's validation part, in a list of one."""
    tracks, sign, _, _ = signs()
    rows, held = inner(fold)
    settings = model.SETTINGS | CANDIDATES[name]
    reader, _ = model.train_signs(tracks[:, rows], sign[rows], settings, fold)
    return [reader.scores(tracks[:, held]).argmax(axis=1)]


def read_signs(name, seed):
    """What a model says of all clips, each by the one trained without its fold, in a list of one."""
    tracks, sign, _, of = signs()
    out = np.empty(len(sign), int)
    for fold in range(FOLDS):
        rows = np.flatnonzero(of != fold)
        net = dict(WITHOUT[name])
        settings = chosen(fold) | {key: net.pop(key) for key in ("augment",) if key in net}
        reader, _ = model.train_signs(tracks[:, rows], sign[rows], settings, 100 * seed + fold, **net)
        out[of == fold] = reader.scores(tracks[:, of == fold]).argmax(axis=1)
        print(f"  {name}, seed {seed}, fold {fold}: {np.mean(out[of == fold] == sign[of == fold]):.3f}", flush=True)
    return [out]


def read_signs_by_baseline(name, seed):
    """The same by a rival."""
    tracks, sign, _, of = signs()
    out, rng = np.empty(len(sign), int), np.random.default_rng(seed)
    for fold in range(FOLDS):
        rows, test = np.flatnonzero(of != fold), of == fold
        if name.startswith("nearest"):
            measure = baselines.warped_distances if "warped" in name else baselines.distances
            out[test] = baselines.nearest(measure(tracks[:, rows], tracks[:, test]), sign[rows])
            continue
        copies = COPIES if "copies" in name else 0
        more = [tracks[:, rows], *(model.augment(tracks[:, rows], rng) for _ in range(copies))]
        machine = svm().fit(np.vstack([baselines.track_vectors(t) for t in more]), np.tile(sign[rows], copies + 1))
        out[test] = machine.predict(baselines.track_vectors(tracks[:, test]))
    return [out]


def svm():
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC(C=10))


SIGN_RIVALS = ("nearest track", "nearest track, warped", "svm", "svm, 20 varied copies")
NETWORKS = {
    "lstm": {},
    "convlstm": {"epochs": 18},
    "none": {},
}  # a ConvLSTM's pass takes three times as long: half of them
VARIED = {"svm on the first frame": 0, "svm without order": 0, "svm on the moving centre": 0}
VARIED |= {"svm, 3 varied copies": 3, "svm, 7 varied copies": 7}
DIGITS = ("digits", "digits, shuffled")


def watch_digits(name, seed):
    """What a network says of the test clips, in order and shuffled in time. The weights of seed 0 are stored."""
    training, held = networks.part("training"), networks.part("validation")
    settings = networks.SETTINGS | NETWORKS[name]
    watcher, history = networks.train_watcher(name, seed, *training, settings, held=held)
    print(f"  {name}, seed {seed}: {history.best[1]:.3f} of the validation clips wrong", flush=True)
    if seed == 0 and name in networks.STORED:
        file = MODELS / f"{networks.STORED[name]}.npz"
        print(f"  {file.name}: {write_weights(file, arrays(watcher))}", flush=True)
        write_log(file.with_suffix(".csv"), history)
    return [networks.motions(watcher, shown) for shown in in_order_and_not()]


def watch_digits_by_baseline(name, seed):
    """What a rival says of the test clips, in order and shuffled in time."""
    features = {
        "svm on the first frame": lambda x: x[0].reshape(x.shape[1], -1),
        "svm without order": lambda x: np.hstack([a.reshape(len(a), -1) for a in (x.mean(0), x.std(0))]),
    }.get(name, lambda x: baselines.motion_vectors(x, clips.NOISE))
    frames, motion = networks.part("training")
    rng, vectors, motions = np.random.default_rng(seed), [features(frames)], [motion]
    for _ in range(VARIED[name]):
        varied, becomes = networks.augment(frames, motion, rng)
        vectors.append(features(varied.numpy()))
        motions.append(becomes)
    machine = svm().fit(np.vstack(vectors), np.concatenate(motions))
    return [machine.predict(features(shown)) for shown in in_order_and_not()]


def in_order_and_not():
    """The test clips, and the same with the frames of each shuffled."""
    test, _ = opened_digits()
    return test, networks.shuffled(test, SPLIT)


def opened_signs():
    """(tracks, sign): the folds' test parts, all clips once, opened for these recipes."""
    choices = {"settings": model.SETTINGS, "candidates": CANDIDATES, "rivals": SIGN_RIVALS}
    return HeldOut(f"hand signs, {FOLDS} folds by copies, split {SPLIT}", signs()[:2]).open(choices)


@functools.cache
def opened_digits():
    """(clips, motion): the test part, opened for these recipes."""
    choices = {"settings": networks.SETTINGS, "rivals": [*VARIED]}
    return HeldOut(f"moving digits, split {networks.SPLIT}", networks.part("test")).open(choices)


def recipe(task):
    """The hash that a run of a task stands for."""
    if task.startswith("digits"):
        parts = networks.Watcher, networks.ConvLSTM, networks.seen, networks.augment, networks.train_watcher
        made = networks.images, networks.part, networks.shuffled, clips.moving_digits
        settings = networks.SETTINGS, networks.PARTS, NETWORKS
        return runs.version(repr(settings), runs.code(*parts, *made))
    parts = model.SignReader, model.AttentionPool, model.inputs, model.augment, model.train_signs, clips.folds
    return runs.version(repr(model.SETTINGS), repr(CANDIDATES), runs.code(*parts, answers.track_features))


def add(tasks, name, seed, run):
    """Run ``run(name, seed)``, which says something of all clips of each task, unless the table has it."""
    rows = [(r["task"], r["model"], r["seed"], r["recipe"]) for r in table()]
    if all((task, name, seed, recipe(task)) in rows for task in tasks):
        return
    began = time.process_time()
    given = run(name, seed)
    seconds = round(time.process_time() - began, 1)
    for task, out in zip(tasks, given, strict=True):
        text = (np.asarray(out, np.uint8) + ord("a")).tobytes().decode()
        row = {"task": task, "model": name, "seed": seed, "said": text, "seconds": seconds, "recipe": recipe(task)}
        runs.add(row, FILE, COLUMNS)
    print(f"{tasks[0]}: {name}, seed {seed}: done", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=("choice", "signs", "digits"))
    asked = parser.parse_args().parts
    if "choice" in asked:
        for fold in range(FOLDS):
            for name in CANDIDATES:
                add(("signs, choice",), name, fold, choose)
    if "signs" in asked:
        opened_signs()
        for name in SIGN_RIVALS:
            add(("signs",), name, 0, read_signs_by_baseline)
        for name, seed in itertools.product(WITHOUT, SEEDS):
            add(("signs",), name, seed, read_signs)
    if "digits" in asked:
        for name in VARIED:
            add(DIGITS, name, 0, watch_digits_by_baseline)
        for name, seed in (("lstm", 0), ("convlstm", 0), ("none", 0), *itertools.product(NETWORKS, SEEDS)):
            add(DIGITS, name, seed, watch_digits)


if __name__ == "__main__":
    main()
