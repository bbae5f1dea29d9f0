"""What an explorer shows where it cannot move: no saved state, no kernel, no browser."""

import pytest

from lstm_helpers import explorers

EXPLORERS = [getattr(explorers, name) for name in explorers.__all__ if isinstance(getattr(explorers, name), type)]


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda explorer: explorer.__name__)
def test_an_explorer_without_saved_state_says_what_it_is_and_what_to_do(explorer):
    bundle = explorer()._repr_mimebundle_()
    text = (bundle[0] if isinstance(bundle, tuple) else bundle)["text/plain"]
    assert "object at 0x" not in text
    assert "Run this cell" in text


def test_the_cell_explorer_says_its_values_and_what_they_give():
    text = repr(explorers.CellExplorer(x=0.25, b_f=8))
    assert "x = 0.25, h_prev = 0.2, c_prev = 0.8, b_i = 0, b_f = 8, b_g = 0, b_o = 0" in text
    assert f"c = {explorers.CellExplorer(x=0.25, b_f=8).compute()['c']:.3f}" in text
