"""The tests of one check run one after the other; and the kill score of the mutants, below the results of a run."""


def pytest_collection_modifyitems(items):
    """They share what the check's slips give on its cases (``judge._reference``), which is most of their work."""
    places = [place for place, item in enumerate(items) if item.path.parent.name == "checks"]
    for place, item in zip(places, sorted((items[place] for place in places), key=_check), strict=True):
        items[place] = item


def _check(item):
    """The name of the check that a test is asked of, if of one."""
    given = item.callspec.params if hasattr(item, "callspec") else {}
    name = given["check"].name if "check" in given else given.get("name")
    return name if isinstance(name, str) else ""


def pytest_terminal_summary(terminalreporter):
    passed = terminalreporter.stats.get("passed", [])
    scores = [value for report in passed for name, value in report.user_properties if name == "mutants"]
    if scores:
        total, equivalent = map(sum, zip(*scores, strict=True))
        said = f"{total - equivalent} of {total} mutants of {len(scores)} functions killed, {equivalent} equivalent"
        terminalreporter.write_line(f"kill score: {said}")
