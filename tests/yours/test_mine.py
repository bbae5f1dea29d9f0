"""``lstm-course mine``: the library and its proofs, as text and as a page."""

import dataclasses
import re
import shutil

import pytest

from lstm_helpers import yours
from lstm_helpers.commands import cli
from lstm_helpers.yours import loading, pieces, proofs, shown
from tests import ROOT

ESCAPED = 'def sigmoid(z):\n    """<script>alert(1)</script> \x1b[31m"""\n    return 0.5 * (1 + np.tanh(0.5 * z))'


@pytest.fixture
def short(monkeypatch):
    """A training of a few steps."""
    learns = proofs.learns
    monkeypatch.setattr(proofs, "learns", lambda: learns(T=20, steps=3))


def test_it_prints_what_is_there_the_proofs_and_what_is_next(work, short, capsys):
    work.write("03_gates", "import numpy as np", ESCAPED)
    assert cli.main(["mine"]) == 0
    said = capsys.readouterr().out
    assert "1 of 12 pieces is yours" in said
    assert "Equal to torch.nn.LSTM to 1e-10, in float64: 9 arrays" in said
    assert re.search(r"\d+% of the answers to fresh sequences are wrong before training, [\d.]+% after", said)
    assert said.rstrip().endswith("work/04_cell_state.ipynb is not there yet")
    assert not (work.folder / "your_lstm.html").exists()


def test_where_nothing_is_theirs_yet_it_says_that_the_proof_is_of_the_courses_own_code(work, short, capsys):
    assert cli.main(["mine", "--page"]) == 0
    said = capsys.readouterr().out
    assert said.index("0 of 12 pieces") < said.index("Nothing in it is yours yet") < said.index("Proof")
    assert "Nothing in it is yours yet" in (work.folder / "your_lstm.html").read_text(encoding="utf-8")
    work.write("03_gates", "import numpy as np", ESCAPED)
    assert "Nothing in it is yours yet" not in str(shown.Shown(yours.library()))


def test_where_no_function_of_theirs_calls_a_piece_yet_that_is_said(work):
    library = work.write("03_gates", "import numpy as np", ESCAPED)
    assert "Nothing there calls your sigmoid yet" in library.runs
    assert "Nothing there calls" not in work.solve("05_forward_through_time").runs


def test_what_is_known_without_a_trial_is_what_was_tried_and_what_is_not_written(work):
    stub = "def sigmoid(z):\n    ..."
    (work.root / "exercises").mkdir()
    work.save("03_gates", "import numpy as np", stub)
    shutil.copy(work.path("03_gates"), work.root / "exercises")
    assert loading.known() == dict.fromkeys(pieces.PIECES, False)
    work.save("03_gates", "import numpy as np", ESCAPED)
    assert "sigmoid" not in loading.known()
    yours.reload()
    assert loading.known()["sigmoid"] is True
    work.write("03_gates", "import numpy as np", ESCAPED.replace("0.5 * (1", "0.4 * (1"))
    assert loading.known()["sigmoid"] is False


def test_the_page_stands_by_itself_and_escapes_what_the_student_wrote(work, short, capsys):
    work.write("03_gates", "import numpy as np", ESCAPED)
    work.write("05_forward_through_time", "def lstm_forward(a, b, c):\n    raise ValueError('<b>bold</b>')")
    assert cli.main(["mine", "--page"]) == 0
    page = (work.folder / "your_lstm.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\x1b[31m" in page
    assert "<script" not in page
    assert "<b>bold" not in page
    assert not re.search(r"(?:src|href)=", page)
    assert page.count("✓ yours") == 1
    assert page.count("– the course's own") == 11
    assert cli.main(["mine", "--page", str(work.root / "elsewhere.html")]) == 0
    assert (work.root / "elsewhere.html").is_file()


def test_a_wrong_layer_is_not_called_equal_and_what_it_raises_is_said(work, short, monkeypatch):
    library = yours.library()
    monkeypatch.setitem(library.found, "lstm_backward", wrong_backward(library))
    looked = shown.look(library)
    assert looked.equal.startswith("Not equal to torch.nn.LSTM")
    assert "dW_x" in looked.equal
    assert "✗" in looked.page()
    monkeypatch.setitem(library.found, "lstm_backward", wrong_backward(library, lambda *given: 1 / 0))
    looked = shown.look(library)
    assert looked.troubles[0] == "The comparison with torch ended with ZeroDivisionError: division by zero"
    assert "ended with ZeroDivisionError" in looked.page()


def wrong_backward(library, function=None):
    found = library.found["lstm_backward"]
    right = pieces.reference(found.piece.exercise, "lstm_backward")
    return dataclasses.replace(found, function=function or (lambda *given: [2 * array for array in right(*given)]))


def test_when_every_piece_is_theirs_nothing_is_missing(work):
    library = yours.library()
    for name, found in library.found.items():
        library.found[name] = dataclasses.replace(found, theirs=True)
    assert "layer=yours.LSTM" in shown.Shown(library).next


def test_the_contract_is_written_down():
    text = (ROOT / "docs" / "your-library.md").read_text(encoding="utf-8")
    for name, piece in pieces.PIECES.items():
        assert f"| {piece.exercise[:2]} | `{name}({piece.takes})` | {piece.gives} | {piece.used} |" in text
