"""The kill score of the mutants, below the results of a run."""


def pytest_terminal_summary(terminalreporter):
    passed = terminalreporter.stats.get("passed", [])
    scores = [value for report in passed for name, value in report.user_properties if name == "mutants"]
    if scores:
        total, equivalent = map(sum, zip(*scores, strict=True))
        said = f"{total - equivalent} of {total} mutants of {len(scores)} functions killed, {equivalent} equivalent"
        terminalreporter.write_line(f"kill score: {said}")
