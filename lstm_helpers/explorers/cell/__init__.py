"""The cell: one LSTM unit with a hand on every number. ``cell.py`` holds what is offered."""

OFFERS = ("CellExplorer", "cell_picture")
