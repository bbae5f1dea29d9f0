"""Interactive explorers, drawn and computed in the browser, each with a static picture for a page without a kernel.

Each folder is one explorer: in the folder ``cell``, ``cell.py`` holds what the folder's ``OFFERS`` names. Importing
this package loads none of them; the first use of a name does.
"""

from importlib import import_module
from pkgutil import iter_modules

_FOLDERS = [module.name for module in iter_modules(__path__) if module.ispkg]
_HOMES = {name: f"{__name__}.{at}.{at}" for at in _FOLDERS for name in import_module(f"{__name__}.{at}").OFFERS}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}: it offers {', '.join(__all__)}")


def __dir__():
    return sorted({*globals(), *__all__})
