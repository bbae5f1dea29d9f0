"""Lesson 1 says what five times as much text would change: its network is trained here on pieces of 100 characters."""

import json
import subprocess
import sys

from tests import lessons

PROSE = " ".join(lessons.prose(lessons.read("01_sequences")).split())

# All cells before the training, the training with longer pieces, and how far back the network reaches. A process of its
# own, as in test_lesson.py.
RUN = """
import contextlib, io, itertools, json, sys

from tests import lessons
cells = [c.source for c in lessons.read("01_sequences").cells if c.cell_type == "code"]
(training,) = [source for source in cells if "history = fit(" in source]
reaching = [source for source in cells if "price_by_reach(" in source or "predict(\\"01-reach" in source]
names = {}
with contextlib.redirect_stdout(io.StringIO()):
    for source in itertools.takewhile(lambda source: source != training, cells):
        if not source.startswith("figures."):
            exec(source, names)
    exec("carried.clear(); rng = np.random.default_rng(1)", names)
    exec("rnn, readout = nn.RNN(V, 128, rng=rng), nn.Linear(128, V, rng=rng)", names)
    exec(training.replace("length=20", "length=100").replace("every=200", "every=6000"), names)
    for source in reaching:
        exec(source, names)
reached = [[int(k), float(bits)] for k, bits in zip(names["read"], names["reached"], strict=True)]
final = names["experiments"].bits_on(names["rnn"], names["readout"], names["test"])
json.dump([float(final), reached], sys.stdout)
"""


def test_five_times_as_much_text_beats_the_4_grams_and_lengthens_no_memory():
    ran = subprocess.run([sys.executable, "-c", RUN], check=True, stdout=subprocess.PIPE, timeout=1800)
    final, reached = json.loads(ran.stdout)
    assert "Give it pieces of 100 characters" in PROSE
    assert "and it reaches 2.0 bits, below the 4-gram counts" in PROSE
    assert f"{final:.1f}" == "2.0"
    bits = dict(reached)
    assert "it, too, gains next to nothing: about 0.02 bits" in PROSE
    assert 0.005 < bits[10] - bits[100] < 0.035
