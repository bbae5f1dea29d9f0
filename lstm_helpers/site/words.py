"""The words of the glossary, linked where a page uses them first: a small extension of Sphinx."""

import re

import nbformat
from docutils import nodes

from lstm_helpers.site.links import slug

GLOSSARY = "notebooks/glossary"
ELSEWHERE = {"cell", "context", "interval"}  # words that pages use for other things, too: a notebook has cells
PLACES = ("notebooks/", "exercises/")  # of pages whose words are linked
ENTRY = re.compile(r"^#### (?P<word>.+?)\n+(?P<text>.+?)(?= →|\n#|\Z)", re.MULTILINE | re.DOTALL)
CLOSED = (nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.raw, nodes.math, nodes.math_block)


def entries(path):
    """{word in lower case: (anchor, what it says in plain text, or "" where that takes formulas)} of the glossary."""
    found = {}
    for cell in nbformat.read(path, as_version=4).cells:
        for entry in ENTRY.finditer(cell.source):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", entry["text"])
            text = re.sub(r"[*`$]", "", text).strip()
            if entry["word"].lower() not in ELSEWHERE:
                found[entry["word"].lower()] = slug(entry["word"]), "" if re.search(r"[\\^{]", text) else text
    return found


def link(app, doctree, docname):
    """Link the words of the glossary in a page, each where it stands first, unless the page does so itself."""
    words = dict(app.config.lstm_words)
    if not docname.startswith(PLACES) or docname == GLOSSARY:
        return
    home = app.builder.get_relative_uri(docname, GLOSSARY)
    own = {to.get("refuri", "").partition("#")[2] for to in doctree.findall(nodes.reference)}
    words = {word: entry for word, entry in words.items() if entry[0] not in own}
    ways = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    any_word = re.compile(rf"\b({ways})(?:s|es)?\b", re.IGNORECASE)
    for text in list(doctree.findall(nodes.Text)):
        if not _inside(text, CLOSED):
            parts = list(_parts(str(text), any_word, words, home))
            if len(parts) > 1:
                text.parent.replace(text, parts)


def _inside(node, kinds):
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def _parts(text, any_word, words, home):
    """The text as nodes, with links; each word that is linked leaves ``words``."""
    done = 0
    for found in any_word.finditer(text):
        anchor, said = words.pop(found[1].lower(), ("", ""))
        if not anchor:
            continue
        yield nodes.Text(text[done : found.start()])
        kept = {"reftitle": said} if said else {}
        yield nodes.reference(found[0], found[0], refuri=f"{home}#{anchor}", internal=True, classes=["word"], **kept)
        done = found.end()
    yield nodes.Text(text[done:])


def setup(app):
    app.add_config_value("lstm_words", {}, "env")
    app.connect("doctree-resolved", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
