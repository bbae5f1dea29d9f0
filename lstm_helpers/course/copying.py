"""What a student's copy of a notebook holds: links that lead on to the other copies.

A copy of a lesson has no outputs, and folds away what stands right below a prediction's result: it gives it away.
"""

import hashlib
import json
import posixpath
import re

from lstm_helpers import course
from lstm_helpers.notebook_file import LESSON_MARK

LINK = re.compile(r"""(\]\(|\b(?:href|src)=["'])([^)\s"'#]+)""")
LESSONS = "lessons"  # the folder in work/
FOLDED = "What came out, and why"  # the line under which a result's explanation is folded away
OUTCOME = re.compile(r"^\s*outcome\(", re.MULTILINE)
KEPT = re.compile(r"#|\*\*Predict|<|\|")  # what begins so is not folded: a heading, a question, a table


def place_of(path):
    """Where the student's copy of a notebook lies, both as "folder/name" in the course folder; None without one."""
    folder, _, rest = path.partition("/")
    if folder == "exercises" and rest.endswith(".ipynb"):
        return f"work/{rest}"
    if folder == "notebooks" and rest.endswith(".ipynb"):
        return f"work/{LESSONS}/{rest}"
    return None


def laid_out(source):
    """The bytes of the student's copy of the exercise or lesson in the file ``source``.

    Links lead to copies where there are some. A copy of a lesson has neither outputs nor counts; in it, the explanation
    of a prediction's result is folded away. What is no notebook is copied as it is.
    """
    data = source.read_bytes()
    held = _notebook(data)
    if held is None:
        return data
    root = course.root()
    path = source.relative_to(root).as_posix()
    before = json.dumps(held)
    for cell in held["cells"]:
        if cell.get("cell_type") == "markdown":
            cell["source"] = _each(cell.get("source", ""), lambda text: _with_links(text, path, root))
    if path.startswith("notebooks/"):
        held["metadata"][LESSON_MARK] = {"lesson": source.stem, "as_of": digest(held)}
        _clear(held)
        _fold(held["cells"])
    if json.dumps(held) == before:
        return data
    return (json.dumps(held, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def digest(held):
    """A short hash of what a notebook says, without its links and outputs: has the lesson changed since?"""
    said = [(cell.get("cell_type"), LINK.sub("", _joined(cell.get("source", "")))) for cell in held["cells"]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def outdated(source, copy):
    """Whether a lesson says something else than when its copy was made; False where that cannot be told."""
    try:
        held, now = _notebook(copy.read_bytes()), _notebook(source.read_bytes())
    except OSError:
        return False
    mark = (held or {}).get("metadata", {}).get(LESSON_MARK)
    return isinstance(mark, dict) and now is not None and mark.get("as_of") != digest(now)


def _notebook(data):
    """The notebook in ``data`` as far as it is used here, or None."""
    try:
        held = json.loads(data)
    except (ValueError, RecursionError):
        return None
    sound = isinstance(held, dict) and isinstance(held.get("cells"), list) and isinstance(held.get("metadata"), dict)
    return held if sound and all(isinstance(cell, dict) for cell in held["cells"]) else None


def _clear(held):
    for cell in held["cells"]:
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
            jupyter = cell.get("metadata", {}).get("jupyter", {})
            jupyter.pop("outputs_hidden", None)
            if not jupyter:
                cell.get("metadata", {}).pop("jupyter", None)


def _fold(cells):
    """Fold away what explains a result: the first paragraph of the text that follows an outcome."""
    shown = False  # an outcome, and no text since
    for cell in cells:
        source = _joined(cell.get("source", ""))
        if cell.get("cell_type") == "code":
            shown = shown or bool(OUTCOME.search(source))
        elif cell.get("cell_type") == "markdown" and shown:
            shown = False
            cell["source"] = _folded(source)


def _folded(text):
    lead, rest = explanation(text)
    if not lead:
        return text
    return f"<details>\n<summary>{FOLDED}</summary>\n\n{lead}\n\n</details>\n\n{rest}".rstrip()


def explanation(text):
    """(what explains a result, what follows it) of the text below an outcome; ("", text) where nothing explains it."""
    blocks = text.split("\n\n")
    if KEPT.match(blocks[0]):
        return "", text
    end = next((k for k, block in enumerate(blocks) if block.rstrip()[-1:] in ".!?)"), 0) + 1  # not in mid-sentence
    return "\n\n".join(blocks[:end]), "\n\n".join(blocks[end:])


def _with_links(text, path, root):
    """``text`` of the notebook ``path`` with the links that its copy needs; what leads nowhere stays as it is."""
    place = place_of(path)

    def link(found):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), found[2]))
        if target.startswith("../") or not (target.startswith("work/") or (root / target).is_file()):
            return found[0]
        return found[1] + posixpath.relpath(place_of(target) or target, posixpath.dirname(place))

    return LINK.sub(link, text)


def _each(source, change):
    return [change(line) for line in source] if isinstance(source, list) else change(source)


def _joined(source):
    return "".join(source) if isinstance(source, list) else source
