"""Whether a person may sit before what is shown."""

import os


def somebody_waits():
    """Whether a notebook's kernel runs this, and no command that runs whole notebooks."""
    if os.environ.get("LSTM_COURSE_STRICT"):
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")
