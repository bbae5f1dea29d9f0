"""``check`` as the box knows it: it only remembers what it was given. Staged there as ``lstm_helpers.checks``."""

given = {}


def check(name, obj):
    """Remember the object under the check's name, without its exercise; the grader scores it later, outside."""
    given[str(name).rpartition("/")[2]] = obj
