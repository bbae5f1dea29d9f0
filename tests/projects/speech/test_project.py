"""The project speech: its sound, its CTC, its model, its long training, what it asks, and the numbers in its text."""

import functools
import hashlib
import itertools
import os
import re
import signal
import subprocess
import sys
import tomllib
import wave
from importlib.resources import files

import numpy as np
import pytest

from lstm_helpers import checks, yours
from lstm_helpers.baselines import segments
from lstm_helpers.checks import judge
from lstm_helpers.data import sound, spoken_digits
from lstm_helpers.nn import LSTM
from lstm_helpers.projects.speech import answers, experiments, model, runs, sheet, voices
from lstm_helpers.projects.speech.own_model import STORED
from lstm_helpers.training import AdamW
from tests import lessons
from tests.checks.solved import solution

NOTEBOOK = lessons.read("projects/speech")
PROSE = lessons.prose(NOTEBOOK)
printed = functools.partial(lessons.printed, NOTEBOOK)
MODELS = files("lstm_helpers.data").joinpath("models")


@pytest.fixture(scope="module")
def data():
    return spoken_digits()


@pytest.fixture(scope="module")
def parts(data):
    return model.split(data[1])


@pytest.fixture(scope="module")
def speech(data, parts):
    return model.Speech(*data, parts["training"])


# ---------------------------------------------------------------- the data


def test_no_recording_that_a_class_is_scored_on_is_in_the_data_of_the_students(data):
    with np.load(sheet.HIDDEN) as held:
        hidden = np.split(held["X"].astype(np.float32), np.cumsum(held["lengths"].astype(int))[:-1])
        assert np.bincount(held["y"]).tolist() == [30] * 10
    shipped = {x.tobytes() for x in data[0]}
    assert not shipped & {x.tobytes() for x in hidden}
    by_length = {}
    for x in data[0]:
        by_length.setdefault(len(x), []).append(x)
    for x in hidden:  # nor is one nearly the same
        assert min((np.abs(x - y).mean() for y in by_length[len(x)]), default=9) > 1


def test_a_part_makes_its_strings_of_its_own_recordings_each_once(parts):
    assert [len(part) for part in parts.values()] == [1900, 400, 400]
    assert len(set(np.concatenate(list(parts.values())).tolist())) == 2700
    strings = model.arranged(parts["test"], np.random.default_rng(0))
    assert sorted(np.concatenate(strings)) == sorted(parts["test"])
    assert {len(s) for s in strings[:-1]} == {2, 3, 4, 5}


def test_recordings_in_connected_speech_are_there_with_what_is_said():
    assert [said.tolist() for _, said in sound.connected_digits()] == [[2, 9, 3, 4, 0], [5, 5]]
    assert len(sound.digit_sounds()) == 10
    assert all(0.3 < len(x) / sound.RATE < 1.2 and np.abs(x).max() <= 1 for x in sound.digit_sounds())


# ---------------------------------------------------------------- sound


def test_where_a_sound_is_not_played_stands_what_is_heard_in_it():
    heard = sound.Heard(np.zeros(sound.RATE // 2), 'somebody says "no"')
    assert repr(heard) == 'A sound of 0.5 seconds: somebody says "no". Run this cell to listen.'
    assert '<audio aria-label="somebody says &quot;no&quot;" ' in heard._repr_html_()


def test_power_is_that_of_torchs_fourier_transform_and_the_cosines_are_orthonormal():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=3001)
    window = torch.hann_window(sound.WINDOW, dtype=torch.float64)
    theirs = torch.stft(torch.tensor(x), sound.WINDOW, sound.STEP, window=window, return_complex=True)
    assert sound.power(x) == pytest.approx(theirs.abs().numpy().T ** 2, rel=1e-9)
    assert sound.mfcc(x).shape == (1 + 3001 // 200, 13)
    whole = sound.cosines(128, 128)
    assert whole.T @ whole == pytest.approx(np.eye(128), abs=1e-12)


def test_a_tone_is_loudest_in_the_band_of_its_frequency_and_bands_are_equally_wide_in_mel():
    seconds = np.arange(8000) / sound.RATE
    for hertz in (300, 1000, 2500):
        level = sound.decibels(np.sin(2 * np.pi * hertz * seconds), 40)[5]
        assert abs(sound.mel(hertz) / sound.mel(4000) * 41 - 1 - level.argmax()) < 1
    assert sound.mel(1000) == pytest.approx(1000, abs=0.1)  # the scale's anchor


def test_twice_as_loud_moves_the_first_coefficient_alone():
    x = np.random.default_rng(1).normal(0, 0.1, 4000)
    moved = sound.mfcc(2 * x) - sound.mfcc(x)
    assert moved[:, 0] == pytest.approx(20 * np.log10(2) * 128**0.5, abs=1e-2)
    assert np.abs(moved[:, 1:]).max() < 1e-2


def write_wave(path, samples, rate, width, channels=1):
    whole = np.round(samples * (2 ** (8 * width - 1) - 1)).astype("<i4")
    if width == 1:
        stored = (whole + 128).astype(np.uint8).tobytes()
    else:
        stored = whole.view(np.uint8).reshape(-1, 4)[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(stored)


@pytest.mark.parametrize(("width", "within"), [(1, 0.01), (2, 1e-4), (3, 1e-6), (4, 1e-6)])
def test_a_wave_file_of_any_width_is_read(tmp_path, width, within):
    x = 0.5 * np.sin(np.arange(2000) / 9)
    write_wave(tmp_path / "x.wav", x, 8000, width)
    assert sound.read(tmp_path / "x.wav") == pytest.approx(x, abs=within)


def test_two_channels_are_averaged_and_another_rate_becomes_ours(tmp_path):
    seconds = np.arange(44_100) / 44_100
    tone = 0.5 * np.sin(2 * np.pi * 440 * seconds)
    write_wave(tmp_path / "x.wav", np.stack([tone, 0 * tone], axis=1).ravel(), 44_100, 2, channels=2)
    found = sound.read(tmp_path / "x.wav")
    assert len(found) == 8000
    assert found[500:7500] == pytest.approx(0.25 * np.sin(2 * np.pi * 440 * np.arange(500, 7500) / 8000), abs=2e-3)


def test_what_cannot_be_read_is_said_with_what_to_do(tmp_path):
    (tmp_path / "x.mp3").write_bytes(b"no sound at all, but long enough to be looked at")
    (tmp_path / "folder.wav").mkdir()
    write_wave(tmp_path / "empty.wav", np.zeros(0), 8000, 2)
    write_wave(tmp_path / "short.wav", np.zeros(400), 8000, 2)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "short.wav").read_bytes()[:30])
    for name, said in (
        ("none.wav", "there is no file none.wav"),
        ("folder.wav", "folder.wav is a folder"),
        ("x.mp3", "save it as WAV"),
        ("cut.wav", "save it as WAV"),
        ("empty.wav", "lasts 0.00 seconds, expected 0.1 or more"),
        ("short.wav", "lasts 0.05 seconds, expected 0.1 or more"),
    ):
        with pytest.raises(ValueError, match=said):
            sound.read(tmp_path / name)
    with pytest.raises(ValueError, match="one channel, 8,000 samples a second"):
        sound.mfcc(np.zeros((100, 2)))


def test_samples_that_are_no_numbers_are_counted_and_not_taken_for_loud_ones(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    x = 0.5 * np.sin(np.arange(2000) / 9)
    x[100:103] = np.nan
    soundfile.write(tmp_path / "x.wav", x, 8000, subtype="FLOAT")
    with pytest.raises(ValueError, match=r"x\.wav holds NaN or infinity in place of 3 of 2,000 samples"):
        sound.read(tmp_path / "x.wav")


# ---------------------------------------------------------------- CTC


def test_the_loss_is_the_sum_over_all_ways_and_the_alignment_the_best_of_them():
    rng = np.random.default_rng(0)
    for labels in ([1], [2, 1], [3, 3]):
        log_p, total, best = model.log_softmax(rng.normal(size=(5, 4)) * 2), -np.inf, (-np.inf, ())
        for way in itertools.product(range(4), repeat=5):
            if [k for k, _ in itertools.groupby(way) if k] == labels:
                value = log_p[np.arange(5), way].sum()
                total, best = np.logaddexp(total, value), max(best, (value, way))
        assert answers.ctc_loss(log_p, np.array(labels)) == pytest.approx(-total)
        assert answers.align(log_p, np.array(labels)).tolist() == list(best[1])
        assert experiments.shares(log_p, np.array(labels)).sum(axis=1) == pytest.approx(np.ones(5))


def test_the_batched_loss_and_its_gradient_are_torchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    scores, lengths = rng.normal(size=(40, 6, 11)) * 3, np.array([40, 30, 22, 9, 40, 3])
    labels = [rng.integers(1, 11, size=n) for n in (5, 2, 3, 4, 1, 3)]
    labels[0][1], labels[5][:] = labels[0][0], 2  # the last one has too few frames
    given = torch.tensor(scores, requires_grad=True)
    theirs = torch.nn.functional.ctc_loss(
        given.log_softmax(-1), torch.tensor(np.concatenate(labels)), torch.tensor(lengths),
        torch.tensor([len(said) for said in labels]), reduction="none", zero_infinity=True,
    )  # fmt: skip
    (theirs.sum() / 5).backward()
    loss, gradient = model.ctc(scores, lengths, labels)
    assert loss == pytest.approx(float(theirs.detach().sum()) / 5)
    assert gradient == pytest.approx(given.grad.numpy(), abs=1e-9)


def test_the_word_error_rate_is_jiwers():
    jiwer = pytest.importorskip("jiwer")
    rng = np.random.default_rng(3)
    pairs = [(rng.integers(3, size=rng.integers(0, 6)), rng.integers(3, size=rng.integers(1, 6))) for _ in range(60)]
    said, meant = zip(*pairs, strict=True)
    texts = [[" ".join(map(str, words)) for words in side] for side in (meant, said)]
    assert model.word_error_rate(said, meant) == pytest.approx(jiwer.wer(*texts))
    for a, b in pairs:
        assert sum(x != y for x, y in experiments.pairs(a, b)) == answers.word_edits(a, b)


# ---------------------------------------------------------------- the model

TINY = {**model.SETTINGS, "H": 6, "layers": 1, "passes": 10, "B": 64}


def test_a_string_says_the_same_alone_and_among_longer_ones(speech, parts):
    strings = model.fixed(speech, parts["validation"][:40], 1, 1)
    net = model.Recogniser(TINY, np.random.default_rng(0))
    together, alone = net.log_p(strings), [net.log_p([s])[0] for s in strings]
    for one, other in zip(together, alone, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def test_the_students_lstm_trains_the_same_model(data):
    losses = []
    for layer in (LSTM, yours.LSTM):
        _, _, history = model.trained(TINY, np.arange(200), layer=layer, data=data)
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_a_throat_of_the_same_length_changes_little_and_a_shorter_one_moves_the_spectrum_up():
    same, shorter = model.throats([1.0, 1.15])
    peak = np.exp(-(((np.arange(128) - 50) / 14) ** 2)) @ sound.cosines()
    assert peak @ same == pytest.approx(peak, abs=0.05)
    spectra = [(peak @ matrix @ sound.cosines().T).argmax() for matrix in (same, shorter)]
    assert spectra[1] > spectra[0] + 3


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not(tmp_path, monkeypatch):
    few = model.split(spoken_digits()[1])
    few = {name: part[::20] for name, part in few.items()}
    monkeypatch.setattr(model, "split", lambda digits: few)
    twenty = {**TINY, "passes": 20, "B": 8}
    whole = model.train(tmp_path / "whole", False, twenty, progress=False)

    class Impatient(LSTM):
        steps = 0

        def backward(self, *given, **options):
            type(self).steps += 1
            if self.steps == 5:  # Ctrl-C in the third step: each has two directions
                signal.raise_signal(signal.SIGINT)
            return super().backward(*given, **options)

    assert model.train(tmp_path / "parts", False, twenty, layer=Impatient, progress=False) is None
    with pytest.raises(FileExistsError, match="go on with --resume"):
        model.train(tmp_path / "parts", False, twenty, progress=False)
    assert model.train(tmp_path / "parts", True, twenty, progress=False)["sha256"] == whole["sha256"]


def test_the_script_says_in_one_line_what_keeps_it_from_training(tmp_path):
    (tmp_path / f"{STORED}.checkpoint.npz").write_bytes(b"")
    command = [sys.executable, "-m", "lstm_helpers.projects.speech", "--own", "--folder", tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert ran.returncode == 1
    assert "go on with --resume, or delete its folder to start anew" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_stored_models_are_those_of_their_provenance_and_of_the_table():
    held = tomllib.loads((MODELS / "provenance.toml").read_text(encoding="utf-8"))
    for name in (*map(runs.weights_file, runs.SEEDS), f"{STORED}.csv"):
        assert hashlib.sha256((MODELS / name).read_bytes()).hexdigest() == held[name]["sha256"]
    missing = {(row["what"], row["seed"]) for row in runs.read()} ^ set(runs.PLAN)
    assert not missing, "the table belongs to other recipes: python -m lstm_helpers.projects.speech.runs"


def test_a_stored_model_has_the_validation_value_of_its_row(speech, parts):
    strings = model.fixed(speech, parts["validation"], model.VALIDATION)
    (row,) = (row for row in runs.read() if (row["what"], row["seed"]) == ("the model", 0))
    assert model.tested(model.stored()[0], strings) == pytest.approx(row["validation"], abs=0.002)  # float16


# ---------------------------------------------------------------- the rival, voices, errors


def test_the_rival_finds_the_pieces_of_a_string_that_is_easy_to_cut():
    rng = np.random.default_rng(0)
    words = [rng.normal(size=(12, 3)) * 2 for _ in range(3)]
    pieces, classes = [], []
    for _ in range(300):
        k, j = rng.integers(3, size=2)
        x = np.concatenate([words[k], words[j]]) + 0.1 * rng.normal(size=(24, 3))
        start, end = sorted(rng.choice(np.arange(25), 2, replace=False))
        for a, b, label in ((0, 12, k), (start, end, 3)):
            if b - a >= 6 and (label < 3 or (a, b) not in ((0, 12), (12, 24))):
                pieces.append(segments.squeezed(x, np.array([a]), np.array([b])))
                classes.append(label)
    rival = segments.Segments(3, 3, rng, units=32).learn(np.concatenate(pieces), np.array(classes), rng, passes=20)
    assert rival.words_in(np.concatenate([words[k] for k in (2, 0, 0, 1)]), -1.0).tolist() == [2, 0, 0, 1]


def test_clusters_find_groups_that_are_far_apart_and_the_voices_are_about_equally_many(data):
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(10 * k, 1, size=(50 + k, 4)) for k in range(3)])
    found = voices.clusters(points, 3)
    assert [len(set(found[a:b])) for a, b in ((0, 50), (50, 101), (101, 153))] == [1, 1, 1]
    assert np.bincount(found).tolist() == [52, 51, 50]
    sizes = np.bincount(voices.clusters(voices.portraits(*data)))
    assert sizes.min() > 400
    assert sizes.max() < 500


def test_silence_is_no_speech_and_the_parts_of_a_recording_do_not_overlap():
    lstm = LSTM(128, 128, rng=np.random.default_rng(0))
    quiet = np.random.default_rng(0).normal(0, 1e-3, 8000)
    with pytest.raises(ValueError, match="nobody speaks in these 1.0 seconds"):
        experiments.spoken(quiet, experiments.speaks(quiet, lstm))
    breath, _ = sound.connected_digits()[0]
    both = np.concatenate([quiet, breath, quiet])
    kept, where = experiments.spoken(both, experiments.speaks(both, lstm))
    assert (np.diff(where.ravel()) > 0).all()
    assert len(breath) / 2 < len(kept) < len(breath) + 8000


# ---------------------------------------------------------------- the last question of the exercise


@pytest.fixture(scope="module")
def asked():
    return checks.find("my_recogniser")


@pytest.fixture(scope="module")
def own():
    return solution("speech")[0]["my_recogniser"]


def handed_in(net):
    """What a student hands in of a network."""
    p, weights = net.params, []
    for layer in answers.LAYERS:
        weights += [p[f"stack.{layer}.{name}"] for name in ("W_x", "W_h", "b")]
    return lambda: (*weights, p["readout.W"], p["readout.b"])


def test_the_model_of_the_solution_earns_all_points_and_the_student_edition_scores_on_the_validation(
    asked, own, monkeypatch, tmp_path
):
    assert checks.examine(asked, own).points == 6
    sheet._heard.cache_clear()
    sheet._compared.cache_clear()
    sheet._stored_units.cache_clear()
    monkeypatch.setattr(sheet, "HIDDEN", tmp_path / "none.npz")
    try:
        assert sheet._heard()[1].tolist() == model.split(spoken_digits()[1])["validation"].tolist()
        assert checks.examine(asked, own).points == 6
    finally:
        sheet._heard.cache_clear()
        sheet._compared.cache_clear()
        sheet._stored_units.cache_clear()


def in_disguise(net, how):
    rng, stack, H = np.random.default_rng(1), net.stack.params, net.stack.hidden_size
    if how == "units in another order":
        order = rng.permutation(H)
        columns, both = np.concatenate([order + k * H for k in range(4)]), np.concatenate([order, order + H])
        for layer in answers.LAYERS:
            stack[f"{layer}.W_x"][...] = stack[f"{layer}.W_x"][:, columns]
            stack[f"{layer}.W_h"][...] = stack[f"{layer}.W_h"][order][:, columns]
            stack[f"{layer}.b"][...] = stack[f"{layer}.b"][columns]
        for layer in ("l1", "l1r"):
            stack[f"{layer}.W_x"][...] = stack[f"{layer}.W_x"][both]
        net.readout.params["W"][...] = net.readout.params["W"][both]
    elif how == "signs turned":
        sign = rng.choice([-1, 1], H)
        whole = np.concatenate([np.ones(2 * H), sign, np.ones(H)])
        for layer in answers.LAYERS:
            stack[f"{layer}.W_h"][...] *= sign[:, None] * whole
            stack[f"{layer}.W_x"][...] *= whole
            stack[f"{layer}.b"][...] *= whole
        for layer in ("l1", "l1r"):
            stack[f"{layer}.W_x"][...] *= np.tile(sign, 2)[:, None]
        net.readout.params["W"][...] *= np.tile(sign, 2)[:, None]
    elif how == "a little noise on all weights":
        for array in net.params.values():
            array += 0.05 * array.std() * rng.normal(size=array.shape).astype(np.float32)
    return net


def trained_on(net, speech, chosen, steps=20):
    """A network after some more steps on the recordings ``chosen``."""
    optimiser = AdamW(net.params, 1e-3)
    for batch in itertools.islice(model.side_by_side(model.fixed(speech, chosen, 5, 3), 16), steps):
        optimiser.step(net.learn(*batch)[1])
    return net


@pytest.mark.parametrize("how", ["as it is", "units in another order", "signs turned", "a little noise on all weights"])
def test_the_stored_model_earns_nothing_in_disguise(asked, how):
    result = checks.examine(asked, handed_in(in_disguise(model.stored()[0], how)))
    assert (result.points, result.cause) == (0, "the course's own model")


def test_the_stored_model_trained_on_earns_nothing(asked, speech, parts):
    result = checks.examine(asked, handed_in(trained_on(model.stored()[0], speech, parts["validation"])))
    assert (result.points, result.cause) == (0, "the course's own model")


def test_what_is_no_model_is_said_in_words(asked, own):
    right = own()

    def but(place, change):
        return lambda: tuple(change(w) if k == place else w for k, w in enumerate(right))

    for said, slip in {
        "transpose it (torch keeps it so)": but(1, np.transpose),
        "expected (26, ": but(0, lambda w: w[:13]),
        "W_y has shape": but(12, lambda w: w[:-1]),
        "b_y holds NaN": but(13, lambda b: b * np.nan),
        "Is this a trained model?": but(12, np.zeros_like),
    }.items():
        result = checks.examine(asked, slip)
        assert (result.state, result.points) == (judge.WRONG, 0)
        assert said in result.text
    assert checks.examine(asked, lambda: ...).state == judge.NOT_ATTEMPTED


def test_the_rival_of_the_project_and_the_reference_of_the_sheet_earn_nothing(asked, speech, parts):
    assert checks.examine(asked, asked.oracle).points == 0
    heard, chosen = sheet._heard()
    rival = experiments.rival(speech, parts["training"])
    strings = model.fixed(heard, chosen, 3, 1)
    pieces = experiments.judged(rival, strings)
    meant = [digits for _, digits in strings]
    rates = [
        model.word_error_rate(experiments.rival_words(rival, strings, pieces, price), meant)
        for price in experiments.PRICES
    ]
    assert min(rates) > sheet.TIERS[-1][0]


# ---------------------------------------------------------------- the numbers of the notebook


def rates_of(text):
    return {name.strip(): float(value) for name, value in re.findall(r"^(.+?) +([\d.]+)% of words wrong", text, re.M)}


def test_c21_the_lstm_writes_down_what_is_said_better_than_the_rival():
    said = printed("contestants = {")
    found = rates_of(said)
    seeds = [found[f"LSTM, seed {s}"] for s in runs.SEEDS]
    assert np.median(seeds) <= 1.5
    assert max(seeds) < found["rival"]
    (median,) = re.findall(r"median of three seeds ([\d.]+)%", said)
    assert float(median) == pytest.approx(np.median(seeds), abs=0.01)
    assert f"{median} % of words wrong, in strings of recordings that it has never heard" in PROSE
    assert f"where the rival has {found['rival']:.2f} %" in PROSE


def test_a_classifier_that_is_told_where_to_cut_gets_what_the_text_says(speech, parts):
    svm = pytest.importorskip("sklearn.svm")
    pieces = {
        name: np.concatenate(
            [segments.squeezed(experiments._scaled(speech, x), np.array([0]), np.array([len(x)])) for x in xs]
        )
        for name, xs in ((name, [speech.recordings[k] for k in parts[name]]) for name in ("training", "test"))
    }
    mean, spread = pieces["training"].mean(axis=0), pieces["training"].std(axis=0)
    told = svm.SVC(C=10).fit((pieces["training"] - mean) / spread, speech.digits[parts["training"]])
    wrong = (told.predict((pieces["test"] - mean) / spread) != speech.digits[parts["test"]]).mean()
    assert f"*told where to cut*, gets {wrong:.2%} of single digits wrong".replace("%", " %") in PROSE


def test_a_voice_that_was_held_out_has_the_figures_of_the_text():
    unheard = [row["unheard"] for row in runs.read() if row["what"] in runs.HELD]
    assert f"a median of {100 * np.median(unheard):.1f} % of its words wrong" in PROSE
    assert f"the best of the six has {100 * min(unheard):.0f} %, the worst {100 * max(unheard):.0f} %" in PROSE
    (times,) = re.findall(r"Result: ([\d.]+) times", lessons.printed(NOTEBOOK, "by_voice = ") + shown("by_voice = "))
    assert f"{float(times):.0f} times as many as voices that it knew" in PROSE


def shown(beginning):
    """What the one cell with this text shows beside what it prints."""
    (cell,) = (c for c in NOTEBOOK.cells if c.cell_type == "code" and beginning in c.source)
    return "".join(o.get("data", {}).get("text/plain", "") for o in cell.outputs)


def test_the_ten_digits_and_the_errors_are_as_many_as_the_text_says():
    said = printed('outcome("speech-allison"') + shown('outcome("speech-allison"')
    assert "Result: 6 digits." in said
    assert "Six of ten, on a voice" in PROSE
    assert "errors: 9\n" in printed("sums = dict.fromkeys")
    assert "Nine errors in 1,200 words" in PROSE


def test_of_the_two_recordings_in_one_breath_the_second_is_heard_right():
    heard = re.findall(r"^heard: (.+)$", printed("path = None"), re.M)
    (_, said), (_, twice) = sound.connected_digits()
    assert heard == ["6 3 5 0", " ".join(map(str, twice))]
    assert f"Where **{' '.join(map(str, said))}** is said it hears *{heard[0]}*: three edits" in PROSE
    assert answers.word_edits(np.array([6, 3, 5, 0]), said) == 3


def test_the_interval_leaves_out_zero():
    (low, high) = re.findall(r"interval ([-+][\d.]+) to ([-+][\d.]+)", printed("intervals.over_cases"))[0]
    assert float(low) < float(high) < 0
