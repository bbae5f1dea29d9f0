"""The code of a notebook: its hash, the names that it defines, and the exercise that it answers."""

import re


def defines(*names):
    """A pattern that is found in the source of a cell that defines one of the names."""
    name = f"(?:{'|'.join(map(re.escape, names))})"
    return re.compile(rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{name}\b|^{name}[ \t]*=(?!=)", re.MULTILINE)
