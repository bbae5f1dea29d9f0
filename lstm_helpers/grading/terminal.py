"""Text for a terminal: lists cut short, and names of folders and files without what steers it."""

LISTED = 8  # names in one line


def printable(text):
    """The text without what steers a terminal: names of folders and files hold whatever their owner wrote."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def some(names):
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ("; " if any("," in name for name in names) else ", ").join(names[:LISTED]) + more
