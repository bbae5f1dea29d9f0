"""What ``00_start_here`` shows: whether all is there, the map with what is next, a plan of days, the lecture note."""

import html
import os

from lstm_helpers import course, files, wording
from lstm_helpers.course import progress, work
from lstm_helpers.yours import loading, pieces

DONE, STARTED, NEXT, OPEN, PLANNED = "done", "started", "next", "not started", "in preparation"
MARK = {DONE: "✓", STARTED: "◐", NEXT: "→", OPEN: "○", PLANNED: "·"}
NOT_HERE = "in the installed course"  # of a claim that no lesson here settles: the browser has the first ones
SELF_TEST = 10  # minutes, as the primer says
EXERCISES, LESSONS = "work/", "work/lessons/"  # where the student's copies lie
EXAM = "13_exam"  # where the questions that are due are asked


class CourseMap:
    """The lessons and projects with question, minutes, guesses, points, state, and what each gives one's own LSTM.

    ``review`` says how many questions of the exam are due, once one has been answered. ``trouble`` says what kept the
    copies from being laid out in work/, or is "". Without a course folder there is no table.
    """

    def __init__(self):
        self.rows, self.trouble, self.review = [], "", ""
        try:
            home = course.root()
            work.lay_out()
        except OSError as error:
            self.trouble = files.why(error)
            if error.errno is None:  # no course folder
                return
        remembered, guesses = progress.load(), progress.load_predictions()
        days, mine = Plan().days, loading.known()
        for lesson in (*course.LESSONS, *course.PROJECTS):
            written = (home / "notebooks" / f"{lesson.path}.ipynb").is_file()
            got, of = _points(lesson, remembered)
            state = PLANNED if not written else DONE if of and got == of else STARTED if got is not None else OPEN
            row = {"lesson": lesson, "written": written, "got": got or 0, "of": of, "state": state}
            row["guesses"] = _guesses(lesson, guesses)
            planned = [
                day for day, parts in enumerate(days, 1) if EXERCISES + lesson.path in (path for path, *_ in parts)
            ]
            self.rows.append(row | {"pieces": _pieces(lesson, remembered, mine), "days": planned})
        upcoming = next((row for row in self.rows if row["state"] in (STARTED, OPEN)), None)
        if upcoming and upcoming["state"] == OPEN:
            upcoming["state"] = NEXT
        self.review = _review()

    def _repr_html_(self):
        said = f'<p role="alert">{html.escape(self._said())}</p>' if self.trouble else ""
        if not self.rows:
            return said
        if self.review:
            said += f"<p>{_link(LESSONS + EXAM, 'Review')}: {self.review}.</p>"
        return said + _table(("", "lesson: its question", "exercise: where you are"), map(self._row_html, self.rows))

    def _said(self):
        return f"Not all is in place: {self.trouble}."

    def _row_html(self, row):
        lesson = row["lesson"]
        title = f"{lesson.number or 'Project:'} {html.escape(lesson.title)}"
        where = [row["state"]]
        if row["written"]:
            title = f"{_link(LESSONS + lesson.path, title)}, {lesson.minutes} min"
            if row["of"]:
                exercise = _link(EXERCISES + lesson.path, f"exercise {lesson.number}".strip())
                points = f"{row['got']:g} of {wording.count(row['of'], 'point')}"
                takes = f"{sum(_minutes(lesson))} min"
                if row["days"]:  # how many sittings it is, before it is opened
                    takes += f", day{'s' * (len(row['days']) > 1)} {' and '.join(map(str, row['days']))} of the plan"
                where = [exercise, takes, points, *where]
        what = [title, html.escape(lesson.question)]
        if row["guesses"]:
            what.append(f"<small>{row['guesses']}</small>")
        if row["pieces"]:
            got = (f"{MARK[DONE] if done else ''} <code>{name}</code>".strip() for name, done in row["pieces"].items())
            what.append(f"<small>for your own LSTM: {', '.join(got)}</small>")
        style = {PLANNED: "opacity:.65", NEXT: "font-weight:600"}.get(row["state"], "")
        where = f'<span style="white-space:nowrap">{"<br>".join(where)}</span>'
        return style, [MARK[row["state"]], "<br>".join(what), where]

    def __repr__(self):
        said = [self._said()] if self.trouble else []
        said += [f"Review, {LESSONS}{EXAM}.ipynb: {self.review}."] if self.review else []
        return "\n".join([*said, *map(self._row_text, self.rows)])

    def _row_text(self, row):
        points = f"{row['got']:g} of {wording.count(row['of'], 'point')}" if row["of"] and row["written"] else ""
        line = f"{MARK[row['state']]} {row['lesson'].stem:<30} {row['state']:<15}{points}".rstrip()
        mine = ", ".join(name for name, done in row["pieces"].items() if done)
        more = [row["guesses"], f"in your own LSTM: {mine}" if mine else ""]
        return "\n".join([line, *(f"  {text}" for text in more if text)])


class Plan:
    """The lessons and exercises in days of at most ``limit`` minutes: lessons whole, exercises cut between questions.

    ``days`` holds a list of (path, text, minutes) for each day. A lesson longer than the limit has a day of its own.
    ``done``: every exercise of it has all its points; then it says what is next, and folds the days away.
    """

    def __init__(self, limit=120):
        remembered = progress.load()
        self.done = all(_solved(lesson, remembered) for lesson in course.LESSONS if lesson.has_sheet)
        self.next = next((row for row in course.PROJECTS if row.has_sheet and not _solved(row, remembered)), None)
        self.limit, self.days = limit, [[(f"{LESSONS}primer", "the primer's self-test", SELF_TEST)]]
        for lesson in course.LESSONS:
            if lesson.has_sheet:
                self._add(LESSONS + lesson.path, f"lesson {int(lesson.number)}, {lesson.title}", lesson.minutes)
                self._add_exercise(lesson)

    def _left(self):
        return self.limit - sum(minutes for _, _, minutes in self.days[-1])

    def _make_room(self, minutes):
        """Begin another day if that many minutes are too many for this one."""
        if minutes > self._left() and self.days[-1]:
            self.days.append([])

    def _add(self, path, text, minutes):
        self._make_room(minutes)
        self.days[-1].append((path, text, minutes))

    def _add_exercise(self, lesson):
        minutes, first = _minutes(lesson), 0
        while first < len(minutes):
            self._make_room(minutes[first])
            fit = [end for end in range(first + 1, len(minutes) + 1) if sum(minutes[first:end]) <= self._left()]
            end = max(fit, default=first + 1)
            whole = end - first == len(minutes)
            numbers = f"question {end}" if end == first + 1 else f"questions {first + 1} to {end}"
            text = f"exercise {lesson.number}" + f", {numbers}" * (not whole)
            self._add(EXERCISES + lesson.path, text, sum(minutes[first:end]))
            first = end

    def _repr_html_(self):
        rows = [
            ("", [day, "<br>".join(_link(path, html.escape(text)) for path, text, _ in parts), _sum(parts)])
            for day, parts in enumerate(self.days, 1)
        ]
        table = _table(("day", "what", "minutes"), rows)
        if not self.done:
            return table
        said = self._said(lambda path, text: _link(path, html.escape(text)))
        return f"<p>{said}</p><details><summary>the days, for looking back</summary>{table}</details>"

    def _said(self, linked=lambda path, text: text):
        """That all of it is done, and what is next: ``linked`` makes of a path and a text what is shown."""
        if self.next:
            project = linked(LESSONS + self.next.path, f"the project {self.next.title}")
            return f"Every day of the plan is done. Next: {project}."
        return "Every day of the plan is done, and every project. What is left of the map is in preparation."

    def __repr__(self):
        if self.done:
            return self._said()
        said = (f"day {day}: {', '.join(text for _, text, _ in parts)}" for day, parts in enumerate(self.days, 1))
        return "\n".join(f"{line}: {_sum(parts)} minutes" for line, parts in zip(said, self.days, strict=True))


def _sum(parts):
    """The minutes of a day's parts, and what they add up to: "40 + 68 = 108"."""
    minutes = [minutes for _, _, minutes in parts]
    return " + ".join(map(str, minutes)) + f" = {sum(minutes)}" * (len(minutes) > 1)


class LectureNote:
    """The claims of the lecture note, and which lessons and projects settle each; shows as a table that folds out."""

    def __init__(self):
        settled = {(r.path, f"{f'lesson {int(r.number)}' if r.number else 'project'}, {r.title}"): r.claims
                   for r in (*course.LESSONS, *course.PROJECTS)}  # fmt: skip
        settled |= {(path, f"project, {path.rpartition('/')[2].replace('_', ' ').capitalize()}"): claims
                    for path, claims in course.MAP["planned"].items()}  # fmt: skip
        self.claims = {
            claim: (said, [home for home, claims in settled.items() if claim in claims])
            for claim, said in course.MAP["claims"].items()
        }

    def _repr_html_(self):
        rows = [
            ("", [claim, html.escape(said), "<br>".join(_home(path, text) for path, text in homes) or NOT_HERE])
            for claim, (said, homes) in self.claims.items()
        ]
        table = _table(("", "claim", "where it is settled"), rows)
        return f"<details><summary>{len(rows)} claims, and where each is settled</summary>{table}</details>"

    def __repr__(self):
        return "\n".join(
            f"{claim} {said} -> {'; '.join(text for _, text in homes) or NOT_HERE}"
            for claim, (said, homes) in self.claims.items()
        )


def _home(path, text):
    """A link to a lesson or project that is written, or that it is in preparation."""
    written = (course.root() / "notebooks" / f"{path}.ipynb").is_file()
    return _link(LESSONS + path, html.escape(text)) if written else f"{html.escape(text)} ({PLANNED})"


def _link(path, text):
    """A link from the page that runs this, in notebooks/ or as a copy in work/, to a notebook of the course folder."""
    return f'<a href="{_upwards()}{path}.ipynb">{text}</a>'


def _upwards():
    """The way from the folder in which this runs up to the course folder: "../"."""
    try:
        here, home = os.path.realpath(os.getcwd()), os.path.realpath(course.root())
    except OSError:
        return "../"
    inside = os.path.relpath(here, home)
    return "" if inside == "." else "../" if inside.startswith("..") else "../" * (inside.count(os.sep) + 1)


def _table(head, rows):
    """A table in HTML that wraps in a narrow window; rows are (style, cells)."""
    left = "text-align:left;vertical-align:top"
    titles = "".join(f'<th scope="col" style="{left}">{title}</th>' for title in head)
    body = "".join(
        f'<tr style="{style}">' + "".join(f'<td style="{left}">{cell}</td>' for cell in cells) + "</tr>"
        for style, cells in rows
    )
    return f'<table style="font-size:inherit"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>'


def _minutes(lesson):
    """The minutes of each question of the lesson's exercise, in order."""
    from lstm_helpers import checks

    return [check.minutes for check in checks.sheets()[lesson.stem].checks.values()]


def _pieces(lesson, remembered, mine):
    """{name: whether it is in the student's own LSTM} of the pieces that the exercise gives it: its check has all its
    points, and ``mine``, where it tells of the name, says that the notebook still holds it."""
    named = [piece.name for piece in pieces.of(lesson.stem)]
    if not named:
        return {}
    from lstm_helpers import checks

    asked = checks.sheets()[lesson.stem].checks
    full = {n for n in asked.keys() & remembered.keys() if _worth(asked[n], remembered[n]) == asked[n].points}
    return {n: n in full and mine.get(n, True) for n in named}


def _guesses(lesson, guesses):
    """How many predictions of the lesson were made, and how many of them came close, in words; "" where none was."""
    made = [entry for name, entry in guesses.items() if name.partition("-")[0] == (lesson.number or lesson.stem)]
    close = sum(entry.get("close", False) for entry in made)
    return f"{wording.count(len(made), 'guess', 'guesses')} made, {close} close" if made else ""


def _review():
    """How many questions of the exam are due for somebody who has answered some, in words; "" for the others."""
    if not progress.load_questions():
        return ""
    from lstm_helpers import exam

    due = sum(due for *_, due in exam.standing().rows)
    return f"{wording.count(due, 'question')} of the exam {'is' if due == 1 else 'are'} due"


def _points(lesson, remembered):
    """(points earned at best, points there are) on the lesson's sheet; (None, ...) when no check was tried yet."""
    if not lesson.has_sheet:
        return None, 0
    from lstm_helpers import checks

    sheet = checks.sheets()[lesson.stem]
    tried = [_worth(check, remembered[name]) for name, check in sheet.checks.items() if name in remembered]
    return (sum(tried) if tried else None), sheet.points


def _solved(lesson, remembered):
    """Whether the lesson's sheet has all its points."""
    got, of = _points(lesson, remembered)
    return got == of


def _worth(check, entry):
    """What the best try is worth now: a check may have had other points in the version that judged it."""
    full = entry["best"] >= (entry.get("of") or check.points)
    return check.points if full else min(entry["best"], check.points)


def course_map():
    """The map of the course. Also lays out ``work/``: the exercises and lessons that have no copy there yet."""
    return CourseMap()


def plan():
    """The whole course in days of at most two hours, worked out from the minutes of its lessons and questions."""
    return Plan()


def lecture_note():
    """The claims of the lecture note that the course answers, and the lesson or project that settles each."""
    return LectureNote()


def check_environment():
    """Print whether everything the course needs is on this machine; if not, what is missing and what to do."""
    from lstm_helpers.course import doctor

    missing = [finding for finding in doctor.examine() if finding.needed and not finding.ok]
    print(doctor.report(missing) if missing else "Everything the course needs is here.")
