"""A hidden text of the instructor's own, in place of the course's: ``lstm-course grade --hidden FILE``.

The store keeps the text, so that later runs, reports and workers on other machines need no file.
"""

from pathlib import Path

MOST = 4_000_000  # bytes: a file is not read to its end before its size is known
SETTING = "hidden"  # in the store: {exercise: text}


def read(path, sheets):
    """{exercise: text} of a file. Raises ValueError with what was given, what was expected and what to do."""
    path, scored = Path(path), [sheet for sheet in sheets.values() if sheet.hidden]
    if not scored:
        raise ValueError(f"--hidden {path}: no sheet is scored on a hidden text: leave the option out")
    try:
        if (size := path.stat().st_size) > MOST:
            raise ValueError(f"--hidden {path}: it has {size:,} bytes, expected at most {MOST:,}: cut a page out of it")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as trouble:
        raise ValueError(f"--hidden {path}: {trouble.strerror}. Expected a text file") from None
    except UnicodeDecodeError as trouble:
        raise ValueError(f"--hidden {path}: it is not UTF-8 ({trouble.reason}). Save it as UTF-8 text") from None
    for sheet in scored:
        if fault := sheet.hidden.fault(text):
            raise ValueError(f"--hidden {path}, for {sheet.exercise}: {fault}")
    return {sheet.exercise: text for sheet in scored}


def use(sheets, texts):
    """Let these texts, {exercise: text}, count from now on in this process; for other sheets the course's own."""
    for exercise, sheet in sheets.items():
        if sheet.hidden:
            sheet.hidden.use(texts.get(exercise))


def of_class(store, sheets):
    """The texts of a class, {exercise: text}, which count from now on in this process."""
    texts = store.setting(SETTING, {})
    use(sheets, texts)
    return texts
