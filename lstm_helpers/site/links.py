"""Where a link of the course leads in the book.

Pages lie there as their files lie in the course: ``notebooks/03_gates.ipynb`` is ``notebooks/03_gates.html``. A copy in
``work/`` is the page that it is a copy of; any other file is at the course's own address on the web, if there is one.
"""

import posixpath
import re

from lstm_helpers import course
from lstm_helpers.course import copying

RENAMED = {"README.md": "set_up.md", "CHANGELOG.md": "changes.md"}
GITHUB = r"https://github[.]com/([^/]+/[^/]+)"
NOWHERE = """\
**In the browser, before any set-up.** This copy of the course is at no address on the web yet. Where your instructor
serves the site, *Try it in this browser* on its first page opens the course. [How to make the
site](docs/maintainers.md#the-course-in-the-browser); then `python3 -m http.server -d site` serves it."""
TARGET = r"(?P<path>[^)\s\"'#]*)(?P<part>#[^)\s\"']*)?"
MARKDOWN = re.compile(rf"(?P<image>!?)\[(?P<label>(?:[^\[\]]|\[[^\]]*\])*)\]\({TARGET}\)")
ATTRIBUTE = re.compile(rf"(?P<key>\b(?:href|src)=)(?P<quote>[\"']){TARGET}(?P=quote)")


def slug(title):
    """The anchor of a heading in the book; what Jupyter and GitHub make of it gives the same."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def on_binder(repository, name):
    """Where Binder opens a notebook of the course, or "" where its files are not on GitHub."""
    github = re.fullmatch(GITHUB, repository)
    return f"https://mybinder.org/v2/gh/{github[1]}/HEAD?urlpath=lab/tree/{name}" if github else ""


def in_colab(repository, name):
    """The same for Colab."""
    github = re.fullmatch(GITHUB, repository)
    return f"https://colab.research.google.com/github/{github[1]}/blob/HEAD/{name}" if github else ""


def first_click(site):
    """README's paragraph that opens the course before any set-up, of the setting ``[site]``."""
    ways = []
    if address := site.get("address", "").rstrip("/"):
        first = copying.place_of(course.START_PAGE)
        ways.append(f"[in this browser]({address}/lite/lab/index.html?path={first}), without an account")
    if binder := on_binder(site.get("repository", "").rstrip("/"), course.START_PAGE):
        ways.append(f"[on Binder]({binder}), which takes a few minutes to start")
    return f"**In the browser, before any set-up.** Open the course {'; or '.join(ways)}." if ways else NOWHERE


class Links:
    """The links of a book that has ``pages`` (of the course's files, those that are pages of it).

    repository: the address of the course's files on the web, or "".
    """

    def __init__(self, pages, repository=""):
        self.pages, self.repository = frozenset(pages), repository.rstrip("/")

    def in_markdown(self, text, page):
        """``text`` of the file ``page`` with the links that its page needs."""

        def link(found):
            to = self._to(found, page)
            if to is None:
                return found["label"]
            return f"{found['image']}[{found['label']}]({to})"

        return MARKDOWN.sub(link, text)

    def in_html(self, text, page):
        """The same for HTML, which Sphinx passes through as it is."""

        def link(found):
            to = self._to(found, page)
            if to is None:
                return ""
            return f"{found['key']}{found['quote']}{re.sub(r'[.](ipynb|md)(?=#|$)', '.html', to)}{found['quote']}"

        return ATTRIBUTE.sub(link, text)

    def _to(self, found, page):
        """What to write for a link on the page: None for a file that is nowhere on the web."""
        path, part = found["path"], found["part"] or ""
        if not path and part:
            return f"#{slug(part[1:])}"
        if not path or re.match(r"[a-z]+:|/", path):
            return path + part
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        target = re.sub(r"^work/", "exercises/", re.sub(r"^work/lessons/", "notebooks/", target))
        if target in self.pages:
            to = posixpath.relpath(RENAMED.get(target, target), posixpath.dirname(RENAMED.get(page, page)))
            return f"{to}#{slug(part[1:])}" if part else to
        if target.startswith("../") or not (course.root() / target).exists() or path.endswith((".pdf", ".gif", ".svg")):
            return path + part
        return f"{self.repository}/blob/HEAD/{target}{part}" if self.repository else None


def to_book(text, folder, up, stem):
    """Links of a lesson's page, as its deck needs them."""

    def link(found):
        path, part = found[2], found[3] or ""
        if re.match(r"[a-z]+:|/", path) or path.startswith(up):
            return found[0]
        path = posixpath.join(folder, path) if path else f"notebooks/{stem}.html"
        return f"{found[1]}{up}{re.sub(r'[.](ipynb|md)$', '.html', posixpath.normpath(path))}{part})"

    return re.sub(r"(?<!!)(\[(?:[^\[\]]|\[[^\]]*\])*\]\()([^)\s#]*)(#[^)\s]*)?\)", link, text)
