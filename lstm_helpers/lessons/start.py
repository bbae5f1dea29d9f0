"""What ``00_start_here`` shows: the map of the course with what is done and what is next, and whether all is there."""

import html

from lstm_helpers import course, files, wording
from lstm_helpers.course import progress, work

DONE, STARTED, NEXT, OPEN, PLANNED = "done", "started", "next", "not started", "in preparation"
MARK = {DONE: "✓", STARTED: "◐", NEXT: "→", OPEN: "○", PLANNED: "·"}


class CourseMap:
    """The lessons and projects with their questions, minutes, points and state; shows as a table.

    ``trouble`` says what kept the copies from being laid out in work/, or is "". Without a course folder there is
    no table.
    """

    def __init__(self):
        self.rows, self.trouble = [], ""
        try:
            home = course.root()
            work.lay_out()
        except OSError as error:
            self.trouble = files.why(error)
            if error.errno is None:  # no course folder
                return
        remembered = progress.load()
        for lesson in (*course.LESSONS, *course.PROJECTS):
            written = (home / "notebooks" / f"{lesson.path}.ipynb").is_file()
            got, of = _points(lesson, remembered)
            state = PLANNED if not written else DONE if of and got == of else STARTED if got is not None else OPEN
            self.rows.append({"lesson": lesson, "written": written, "got": got or 0, "of": of, "state": state})
        upcoming = next((row for row in self.rows if row["state"] in (STARTED, OPEN)), None)
        if upcoming and upcoming["state"] == OPEN:
            upcoming["state"] = NEXT

    def _repr_html_(self):
        rows = "".join(map(self._row_html, self.rows))
        head = "".join(
            f'<th scope="col" style="text-align:left">{title}</th>'
            for title in ("", "lesson", "the question it answers", "minutes", "exercise", "points", "state")
        )
        said = f'<p role="alert">{html.escape(self._said())}</p>' if self.trouble else ""
        if not self.rows:
            return said
        return f'{said}<table style="font-size:inherit"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'

    def _said(self):
        return f"Not all is in place: {self.trouble}."

    def _row_html(self, row):
        lesson = row["lesson"]
        left = lambda text, more="": f'<td style="text-align:left;{more}">{text}</td>'  # noqa: E731
        title = f"{lesson.number or 'Project:'} {html.escape(lesson.title)}"
        exercise = points = ""
        if row["written"]:
            title = f'<a href="../work/lessons/{lesson.path}.ipynb">{title}</a>'
            if row["of"]:
                exercise = f'<a href="../work/{lesson.path}.ipynb">{f"exercise {lesson.number}".strip()}</a>'
                points = f"{row['got']:g} of {row['of']:g}"
        faint = "opacity:.65;" if row["state"] == PLANNED else ""
        strong = "font-weight:600;" if row["state"] == NEXT else ""
        cells = (
            MARK[row["state"]],
            title,
            html.escape(lesson.question),
            lesson.minutes,
            exercise,
            points,
            row["state"],
        )
        short = [strong if k == 2 else f"{strong}white-space:nowrap;" for k in range(len(cells))]
        return f'<tr style="{faint}">' + "".join(map(left, cells, short)) + "</tr>"

    def __repr__(self):
        lines = [
            f"{MARK[row['state']]} {row['lesson'].stem:<30} {row['state']:<15}"
            + (f"{row['got']:g} of {wording.count(row['of'], 'point')}" if row["of"] and row["written"] else "")
            for row in self.rows
        ]
        said = [self._said()] if self.trouble else []
        return "\n".join([*said, *(line.rstrip() for line in lines)])


def _points(lesson, remembered):
    """(points earned at best, points there are) on the lesson's sheet; (None, ...) when no check was tried yet."""
    if not lesson.has_sheet:
        return None, 0
    from lstm_helpers import checks

    sheet = checks.sheets()[lesson.stem]
    tried = [_worth(check, remembered[name]) for name, check in sheet.checks.items() if name in remembered]
    return (sum(tried) if tried else None), sheet.points


def _worth(check, entry):
    """What the best try is worth now: a check may have had other points in the version that judged it."""
    full = entry["best"] >= (entry.get("of") or check.points)
    return check.points if full else min(entry["best"], check.points)


def course_map():
    """The map of the course. Also lays out ``work/``: the exercises and lessons that have no copy there yet."""
    return CourseMap()


def check_environment():
    """Print whether everything the course needs is on this machine; if not, what is missing and what to do."""
    from lstm_helpers.course import doctor

    missing = [finding for finding in doctor.examine() if finding.needed and not finding.ok]
    print(doctor.report(missing) if missing else "Everything the course needs is here.")
