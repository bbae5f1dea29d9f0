"""Interactive explorers, drawn and computed in the browser, each with a static picture for a page without a kernel.

Importing this package loads none of them; the first use of a name does.
"""

__all__ = ["CellExplorer", "cell_picture"]


def __getattr__(name):
    if name in __all__:
        from lstm_helpers.explorers.cell import cell

        return getattr(cell, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
