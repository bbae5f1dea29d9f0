"""Tables that a person brings along, read with clear errors."""

import csv


def rows_of(name, lines, delimiter):
    """The rows of a table, each a list of texts. lines: of the file, in order; name: of the file, for the error.

    Raises ValueError where a quotation mark is opened and not closed: the rest of the file would be one field.
    """
    try:
        return list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as trouble:
        raise ValueError(
            f'{name}: a quotation mark " is opened and not closed, or a field is too long ({trouble}). '
            'Close it, or write "" for a mark that belongs to the text'
        ) from None
