"""The store of a class: one SQLite file in the folder of the results. What is in it is never graded again.

A submission is kept under its code's hash, the sheet's version, the seed of the cases and what confined the code. Each
is written, with its checks, in one transaction as soon as it is graded: a run that is killed loses what was in hand
and no more. Nothing is deleted when a student hands in again.
"""

import contextlib
import json
import secrets
import sqlite3
import zlib
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lstm_helpers.checks import judge
from lstm_helpers.grading.gradebook.grade import NOT_GRADED, Grade

FORMAT = 2  # 1 had no table of regraded checks
ELSEWHERE = "Move it away, or choose another --out"
TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS submission (
    id INTEGER PRIMARY KEY, student TEXT NOT NULL, exercise TEXT NOT NULL, code TEXT NOT NULL, version TEXT NOT NULL,
    seed TEXT NOT NULL, held TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, points REAL, out_of REAL NOT NULL,
    seconds REAL NOT NULL, failures TEXT NOT NULL, stopped TEXT NOT NULL, flags TEXT NOT NULL, cells BLOB NOT NULL,
    UNIQUE (student, exercise, code, version, seed, held)
);
CREATE TABLE IF NOT EXISTS result (
    submission INTEGER NOT NULL REFERENCES submission, place INTEGER NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
    points REAL NOT NULL, out_of REAL NOT NULL, said TEXT NOT NULL, PRIMARY KEY (submission, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handed_in (
    origin TEXT NOT NULL, student TEXT NOT NULL, exercise TEXT NOT NULL, file TEXT NOT NULL, hash TEXT NOT NULL,
    submitted REAL, remarks TEXT NOT NULL, said TEXT NOT NULL, submission INTEGER REFERENCES submission,
    run INTEGER NOT NULL,
    PRIMARY KEY (origin, student, exercise)
);
CREATE TABLE IF NOT EXISTS known (
    origin TEXT NOT NULL, student TEXT NOT NULL, names TEXT NOT NULL, PRIMARY KEY (origin, student)
);
CREATE TABLE IF NOT EXISTS regrade (
    submission INTEGER NOT NULL REFERENCES submission, name TEXT NOT NULL, before REAL NOT NULL, gave REAL NOT NULL,
    after REAL NOT NULL, PRIMARY KEY (submission, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stray (origin TEXT NOT NULL, student TEXT NOT NULL, file TEXT NOT NULL, why TEXT NOT NULL);
"""


class Busy(ValueError):
    """Another run writes to this folder; the text says what to do."""


@dataclass(frozen=True)
class Key:
    """What a grade depends on besides the student's code."""

    version: str  # of the sheet
    seed: int
    confined_by: str  # what confined the code: "bubblewrap" or "none"


@dataclass(frozen=True)
class Graded:
    """A submission in the store: its id, the id of what was handed in, whose it is, its code's hash, its Key."""

    number: int
    handed: int
    student: str
    exercise: str
    code: str
    key: Key


def _clean(text):
    """No file and no page can hold half of a surrogate pair, and a notebook may."""
    return str(text).encode("utf-8", "replace").decode()


def _dump(value):
    return _clean(json.dumps(value, ensure_ascii=False))


class Store:
    """The store in ``folder``, made if there is none. A context manager; one process at a time may hold it.

    Raises Busy when another process does, ValueError when the file is of a later course or is no store.
    """

    def __init__(self, folder, make=True):
        folder = Path(folder)
        if not make and not (folder / "grades.sqlite").is_file():
            raise FileNotFoundError(f"{folder} holds no grades.sqlite: first `lstm-course grade DIR --out {folder}`")
        self.path = folder / "grades.sqlite"
        self._lock, self._db = FileLock(folder / ".grades.lock"), None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise Busy(f"another run writes to {folder}: wait until it has ended, or choose another --out") from None
        except OSError as trouble:
            raise ValueError(f"nothing can be written to {folder}: {trouble.strerror}. Choose another --out") from None
        try:
            self._db = sqlite3.connect(self.path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last rows, but never mixes them
            self._db.execute("PRAGMA foreign_keys = ON")
            self._bring_up_to_date()
        except BaseException as trouble:
            self.__exit__(type(trouble), trouble)
            raise

    def _bring_up_to_date(self):
        """A store of an earlier course is copied and then brought up to date.

        ValueError for one of a later course, and for another program's, before anything is written to it.
        """
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and "setting" not in tables:
            raise ValueError(f"{self.path} is the database of another program. {ELSEWHERE}")
        written = self.setting("format", FORMAT) if tables else FORMAT
        if not isinstance(written, int) or written > FORMAT:
            raise ValueError(
                f"{self.path} was written by a later version of the course (format {written}; this one knows "
                f"{FORMAT}): install that version. {ELSEWHERE}"
            )
        if written < FORMAT:
            with contextlib.closing(sqlite3.connect(self.path.with_name(f"grades.format-{written}.sqlite"))) as copy:
                self._db.backup(copy)
        self._db.executescript(TABLES)  # what a later format needs is a table more each time
        self.set("format", FORMAT)

    def __enter__(self):
        return self

    def __exit__(self, kind, trouble, *_):
        """Release the file. An error of the database leaves the block as a ValueError with a plain sentence."""
        if self._db is not None:
            self._db.close()
        self._lock.release()
        if isinstance(trouble, sqlite3.Error | json.JSONDecodeError | zlib.error):
            raise ValueError(self._plainly(trouble)) from trouble

    def _plainly(self, trouble):
        name = getattr(trouble, "sqlite_errorname", "")
        if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            return (
                f"{self.path} could not be written ({trouble}): is there room left on the disk? What is graded is "
                "kept: run the same command again to go on"
            )
        damaged = not isinstance(trouble, sqlite3.Error) or name in ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")
        how = "is no store, or a damaged one" if damaged else "cannot be used"
        return f"{self.path} {how} ({trouble}). {ELSEWHERE}"

    @contextlib.contextmanager
    def _together(self):
        """Everything in the block is written, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # a full disk has ended it already
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # --- what belongs to the whole class

    def setting(self, name, default=None):
        """A value that ``set`` kept, or ``default``."""
        row = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row[0])

    def set(self, name, value):
        """Keep plain JSON data under a name."""
        self._db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    def once(self, name, make):
        """The setting of that name; made, and kept for good, when first asked for."""
        if self.setting(name) is None:
            self.set(name, make())
        return self.setting(name)

    def seed(self, given=None):
        """The seed of this class: ``given`` from now on, else the one that was drawn when the folder was new."""
        if given is not None:
            self.set("seed", given)
        return self.once("seed", lambda: secrets.randbits(32))

    # --- who handed in what

    def origins(self, exercise):
        """The folders that submissions of an exercise came from."""
        asked = "SELECT DISTINCT origin FROM handed_in WHERE exercise = ? ORDER BY origin"
        return [origin for (origin,) in self._db.execute(asked, (exercise,))]

    def begin(self, origin, found):
        """Note what a run found in ``origin``; what is no longer there, of the exercises looked for, is taken off.

        Returns the run's number.
        """
        run = self.setting("run", 0) + 1
        with self._together():
            self.set("run", run)
            self.set("timed", {**self.setting("timed", {}), origin: sorted(found.timed)})
            self._db.execute("DELETE FROM stray WHERE origin = ?", (origin,))
            self._db.executemany(
                "INSERT INTO stray VALUES (?, ?, ?, ?)", [(origin, *map(_clean, stray)) for stray in found.strays]
            )
            self._db.execute("DELETE FROM known WHERE origin = ?", (origin,))
            self._db.executemany(
                "INSERT INTO known VALUES (?, ?, ?)",
                [(origin, student, json.dumps(names)) for student, names in found.students.items()],
            )
            present = {(h.student, h.exercise) for h in found.handed_in}
            listed = self._db.execute("SELECT student, exercise FROM handed_in WHERE origin = ?", (origin,)).fetchall()
            gone = [pair for pair in listed if pair[1] in found.exercises and pair not in present]
            self._db.executemany(
                "DELETE FROM handed_in WHERE origin = ? AND student = ? AND exercise = ?",
                [(origin, *pair) for pair in gone],
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO handed_in VALUES (?, ?, ?, ?, '', ?, ?, '[]', NULL, ?)",
                [
                    (origin, h.student, h.exercise, _clean(h.file), h.submitted, json.dumps(h.remarks), run)
                    for h in found.handed_in
                ],
            )
        return run

    def has(self, origin, handed, file_hash, key):
        """Is this very file graded already? If so it is noted as what the student handed in last."""
        row = self.knows(origin, handed, file_hash, key)
        if row is not None:
            self.link(origin, handed, file_hash, row[1], json.loads(row[0]))
        return row is not None

    def knows(self, origin, handed, file_hash, key):
        """(remarks on the file, id of the submission) if this very file is graded already, or None."""
        return self._db.execute(
            "SELECT h.said, s.id FROM handed_in h JOIN submission s ON s.id = h.submission WHERE h.origin = ? "
            "AND h.student = ? AND h.exercise = ? AND h.hash = ? AND s.version = ? AND s.seed = ? AND s.held = ? "
            "AND s.state != ?",
            (
                origin,
                handed.student,
                handed.exercise,
                file_hash,
                key.version,
                str(key.seed),
                key.confined_by,
                NOT_GRADED,
            ),
        ).fetchone()

    def graded_otherwise(self, handed, code, key):
        """Whether this code has points already, from another version of its sheet."""
        return (
            self._db.execute(
                "SELECT 1 FROM submission WHERE student = ? AND exercise = ? AND code = ? AND version != ? "
                "AND points IS NOT NULL",
                (handed.student, handed.exercise, code, key.version),
            ).fetchone()
            is not None
        )

    def codes(self, handed, key):
        """{hash of the code: id} of what is graded already for this student and exercise."""
        return dict(
            self._db.execute(
                "SELECT code, id FROM submission WHERE student = ? AND exercise = ? AND version = ? AND seed = ? "
                "AND held = ? AND state != ?",
                (handed.student, handed.exercise, key.version, str(key.seed), key.confined_by, NOT_GRADED),
            )
        )

    def link(self, origin, handed, file_hash, submission, remarks=()):
        """Note that ``handed`` counts now, and which graded submission it is.

        remarks: those that were made while its file was read.
        """
        self._db.execute(
            "INSERT OR REPLACE INTO handed_in VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                origin,
                handed.student,
                handed.exercise,
                _clean(handed.file),
                file_hash,
                handed.submitted,
                json.dumps(handed.remarks),
                json.dumps(list(remarks)),
                submission,
                self.setting("run"),
            ),
        )

    def add(self, origin, handed, key, code, cells, grade, remarks=()):
        """Write one Grade, a row for each check, and that it is what ``handed`` earned: all of it, or nothing."""
        with self._together():
            row = self._write(handed, key, code, zlib.compress(json.dumps(cells).encode()), grade)
            self.link(origin, handed, grade.content, row, remarks)

    def _write(self, handed, key, code, packed, grade):
        """The id of the submission that now holds this Grade."""
        head = (handed.student, handed.exercise, code, key.version, str(key.seed), key.confined_by)
        self._db.execute(  # an earlier fault of the grader
            "DELETE FROM result WHERE submission IN (SELECT id FROM submission WHERE student = ? AND exercise = ? "
            "AND code = ? AND version = ? AND seed = ? AND held = ?)",
            head,
        )
        row = self._db.execute(
            "INSERT INTO submission (student, exercise, code, version, seed, held, state, note, points, out_of, "
            "seconds, failures, stopped, flags, cells) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET state = excluded.state, note = excluded.note, points = excluded.points, "
            "out_of = excluded.out_of, seconds = excluded.seconds, failures = excluded.failures, "
            "stopped = excluded.stopped, flags = excluded.flags, cells = excluded.cells RETURNING id",
            (
                *head,
                grade.state,
                _clean(grade.note),
                grade.points,
                grade.of,
                grade.seconds,
                _dump(grade.failures),
                _dump(grade.stopped),
                _dump(grade.flags),
                packed,
            ),
        ).fetchone()
        self._db.executemany(
            "INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (row[0], place, r.check, r.state, r.points, r.of, _dump(r.as_data()))
                for place, r in enumerate(grade.results)
            ],
        )
        return row[0]

    # --- what is looked at again

    def counting(self, exercise):
        """The Graded of each submission to an exercise that counts and has points, in the order of their students."""
        rows = self._db.execute(
            "SELECT s.id, min(h.rowid), s.student, s.exercise, s.code, s.version, s.seed, s.held FROM submission s "
            "JOIN handed_in h ON h.submission = s.id WHERE s.exercise = ? AND s.points IS NOT NULL GROUP BY s.id "
            "ORDER BY s.student, s.id",
            (exercise,),
        )
        return [
            Graded(number, handed, student, exercise, code, Key(version, int(seed), held))
            for number, handed, student, exercise, code, version, seed, held in rows.fetchall()
        ]

    def regrade(self, graded, version, grade, moves):
        """Write the Grade of a Graded anew, as one of this version of its sheet; what was handed in leads to it now.

        moves: (check, points before, points that it gave, points that count) of each check that was looked at again.
        """
        with self._together():
            key = Key(version, graded.key.seed, graded.key.confined_by)
            packed = self._db.execute("SELECT cells FROM submission WHERE id = ?", (graded.number,)).fetchone()[0]
            row = self._write(graded, key, graded.code, packed, grade)
            self._db.execute("UPDATE handed_in SET submission = ? WHERE submission = ?", (row, graded.number))
            self._db.executemany(  # looked at once more, it still tells where the points began
                "INSERT INTO regrade VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET gave = excluded.gave, after = excluded.after",
                [(row, *move) for move in moves],
            )

    def regraded(self):
        """(student, exercise, check, points before, that it gave, that count) of what was looked at again."""
        return self._db.execute(
            "SELECT DISTINCT s.student, s.exercise, r.name, r.before, r.gave, r.after FROM regrade r "
            "JOIN submission s ON s.id = r.submission JOIN handed_in h ON h.submission = s.id "
            "ORDER BY s.exercise, r.name, s.student"
        ).fetchall()

    # --- what is shown

    def exercises(self):
        """The exercises that somebody handed in."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT exercise FROM handed_in")]

    def students(self):
        """{student: other names and ids} of everybody who has a folder, or had one when an exercise was graded."""
        listed = self._db.execute(
            "SELECT student, names FROM known UNION ALL SELECT student, '[]' FROM handed_in "
            "WHERE student NOT IN (SELECT student FROM known) ORDER BY student"
        )
        return {name: json.loads(names) for name, names in listed}

    def timed(self):
        """The students whose times are those of a platform's export."""
        return {student for students in self.setting("timed", {}).values() for student in students}

    def strays(self):
        """(student, file, why) of files that answer no exercise."""
        return self._db.execute("SELECT DISTINCT student, file, why FROM stray ORDER BY student, file").fetchall()

    def listed(self):
        """(origin, student, exercise, file, submitted, run) of all that was handed in, whether or not it counts."""
        asked = "SELECT origin, student, exercise, file, submitted, run FROM handed_in ORDER BY student, exercise"
        return self._db.execute(asked).fetchall()

    def handed_in(self):
        """(student, exercise, submitted, id, file, run) of what counts, the newest last."""
        return self._db.execute(
            "SELECT student, exercise, submitted, rowid, file, run FROM handed_in "
            "ORDER BY coalesce(submitted, 0), run, origin, student, exercise"
        ).fetchall()

    def grade(self, handed):
        """The Grade of one row of ``handed_in``, by its id."""
        row = self._db.execute(
            "SELECT h.student, h.exercise, h.hash, h.remarks, h.said, s.id, s.state, s.note, s.points, s.out_of, "
            "s.seconds, s.failures, s.stopped, s.flags FROM handed_in h LEFT JOIN submission s ON s.id = h.submission "
            "WHERE h.rowid = ?",
            (handed,),
        ).fetchone()
        student, exercise, content, found, told, number, state, note, points, of, seconds, *lists = row
        remarks = json.loads(found) + json.loads(told)
        if number is None:
            note = "nobody has graded it yet: run `lstm-course grade` on all submissions"
            return Grade(student, exercise, NOT_GRADED, note, remarks=remarks)
        failures, stopped, flags = map(json.loads, lists)
        rows = self._db.execute("SELECT said FROM result WHERE submission = ? ORDER BY place", (number,))
        return Grade(
            student,
            exercise,
            state,
            note,
            points,
            of,
            seconds,
            results=[_result(json.loads(text)) for (text,) in rows],
            failures=[tuple(failure) for failure in failures],
            stopped=stopped,
            flags=flags,
            content=content,
            remarks=remarks,
        )

    def cells(self, handed):
        """The sources of the code cells of one row of ``handed_in``, by its id."""
        row = self._db.execute(
            "SELECT s.cells FROM handed_in h JOIN submission s ON s.id = h.submission WHERE h.rowid = ?", (handed,)
        ).fetchone()
        return json.loads(zlib.decompress(row[0])) if row else []

    def file_hash(self, handed):
        """The sha256 of the file of one row of ``handed_in``, by its id."""
        return self._db.execute("SELECT hash FROM handed_in WHERE rowid = ?", (handed,)).fetchone()[0]


def _result(fields):
    fields["hints"] = tuple(fields["hints"])
    return judge.Result(**fields)
