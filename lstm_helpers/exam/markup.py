"""The little Markdown of the bank as HTML, and as plain text for paper."""

import re


class Markdown(str):
    """A text that a notebook shows as Markdown, and whatever shows no Markdown as it is."""

    def _repr_markdown_(self):
        return str(self)

    def __repr__(self):
        return str(self)


def block(text):
    """Paragraphs, lists and code, as HTML. What looks like HTML in the text is shown, not run."""
    import mistune

    return mistune.create_markdown(escape=True)(text).strip()


def inline(text):
    """One paragraph without its own <p>."""
    return re.sub(r"^<p>|</p>$", "", block(text))


def plain(text):
    """Without marks, a paragraph a line: what is printed."""
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    return re.sub(r"`([^`]*)`|(?<!\w)\*(\S[^*]*\S)\*(?!\w)", lambda m: m[1] or m[2], text)
