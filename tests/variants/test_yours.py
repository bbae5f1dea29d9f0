"""A student's own library is made of a variant's exercises as of the course's: each piece in the course's order."""

import numpy as np

from lstm_helpers import checks
from lstm_helpers.commands import build
from lstm_helpers.yours import loading
from tests.variants.kinds import key

STEMS = ("03_gates", "04_cell_state", "05_forward_through_time", "06_backward_through_time")


def test_the_pieces_of_a_variant_take_and_give_what_those_of_the_course_do(tmp_path, monkeypatch):
    for stem in STEMS:
        (tmp_path / f"{stem}.ipynb").write_text(build.text_of(key(stem, 7)), encoding="utf-8")
    monkeypatch.setenv("LSTM_COURSE_WORK", str(tmp_path))
    monkeypatch.setattr(loading, "_tried", lambda notebooks, memory, again: loading.trial.verdicts(notebooks))
    library = loading.load()
    pieces = {name: found for name, found in library.found.items() if found.piece.exercise in STEMS}
    assert all(found.theirs for found in pieces.values()), library
    for name in ("lstm_step", "lstm_forward", "lstm_forward_cached", "lstm_backward"):
        check = checks.find(name)
        case = check.draw(1)[0][1]
        for ours, right in zip(_flat(library[name](**case)), _flat(check.oracle(**case)), strict=True):
            np.testing.assert_allclose(ours, right, atol=1e-12)


def _flat(results):
    return [part for one in results for part in (_flat(one) if isinstance(one, tuple) else [one])]
