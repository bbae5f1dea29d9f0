"""Whether a person may sit before what is shown."""

import os
import sys


def somebody_waits():
    """Whether a notebook's kernel runs this, and no command that runs whole notebooks."""
    return not os.environ.get("LSTM_COURSE_STRICT") and in_a_notebook()


def in_a_notebook():
    """Whether a notebook's kernel runs this, where HTML is shown; not so in Python or IPython in a terminal."""
    shell = sys.modules.get("IPython")
    return shell is not None and hasattr(shell.get_ipython(), "kernel")
