"""What all pages of the course share: templates that escape what a person wrote, and one look (style.css.jinja)."""

from markupsafe import Markup

from lstm_helpers import wording


def templates(package):
    """A jinja2 Environment of the templates in ``package``, which may include those that lie here.

    Whatever is put into a page is escaped, and characters that steer a terminal or turn a line around are written out.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader

    loader = ChoiceLoader([PackageLoader(package, "."), PackageLoader(__name__, ".")])
    made = Environment(loader=loader, autoescape=True, trim_blocks=True, finalize=_harmless)
    made.filters["counted"] = wording.count
    return made


def _harmless(value):
    if not isinstance(value, str):
        return value
    return (Markup if isinstance(value, Markup) else str)(wording.harmless(value))


def day(when):
    """The date of a page. It names no minute, so that a page written again on the same day is the same."""
    return f"{when.day} {when:%B %Y}"
