"""Who is who in a store: folders, the people of the roster, and the pseudonyms that hide both."""

import re
import secrets

from lstm_helpers.grading.gradebook import roster, tables
from lstm_helpers.grading.gradebook.book import Person
from lstm_helpers.grading.gradebook.roster import Roster

FILE = re.compile(r"[^\s:;,]+\.(?:ipynb|zip)\b", re.IGNORECASE)


def of_store(store):
    """The Roster that the store keeps; an empty one if none was given."""
    kept = store.setting("roster")
    return Roster.of_data(kept) if kept else Roster()


def owners(people, folders):
    """{folder: student}. ``folders``: {folder: other names}; people: a Roster."""
    strangers = people.strangers(folders)
    known = {folder: people.resolve(folder, names) for folder, names in folders.items() if folder not in strangers}
    return {folder: known.get(folder) or folder for folder in folders}


def caller(store, people, owner):
    """A function: what a table or a person calls somebody -> the student, or None. ``owner``: {folder: student}.

    That may be a pseudonym of this store, too: with --anonymous the instructor sees nothing else.
    """
    students = {*owner.values(), *people.people}
    whose = {student: student for student in students} | owner
    called = {tables.plain(tables.cell(name)): student for name, student in whose.items()} | whose  # as tables write it
    secret_key = store.setting("secret")
    hidden_names = roster.pseudonyms(whose, secret_key) if secret_key else {}
    called |= {hidden_names[name]: whose[name] for name in hidden_names}
    return lambda name: people.resolve(name, ()) or called.get(name)


def secret(store):
    """What the pseudonyms of this store are made with; drawn when it is first asked for."""
    return store.once("secret", lambda: secrets.token_hex(16))


def pseudonyms(store, students):
    """{student: pseudonym}, the same for good in this store."""
    return roster.pseudonyms(students, secret(store))


def shown_as(store, hides):
    """A function: a student -> how a message may call them. hides: whether names are hidden."""
    if not hides:
        return lambda student: student
    made = store.setting("secret")
    return lambda student: roster.pseudonyms([student], made)[student] if made else "a student"


def names_for_messages(store, people, owner, anonymous):
    """What a message may call the people of a class: their names, or pseudonyms where names are hidden."""
    students = dict.fromkeys([*owner.values(), *people.people])
    if anonymous:
        made = store.setting("secret")
        return [*roster.pseudonyms(students, made).values()] if made else []
    return [*dict.fromkeys([*owner, *students, *(person.name for person in people.people.values() if person.name)])]


def names_of(people, student, folders):
    """What a text may call a student: their folders, full name, ids that nobody shares, the words of their names."""
    person = people.people.get(student, Person(student))
    names = [student, person.name, *folders]
    single = [value for value in person.lms.values() if people.is_one(value)]
    words = [word for name in names for word in re.findall(r"[^\W\d_]{3,}", name)]
    return {text.strip() for text in (*names, *single, *words) if len(text.strip()) > 1}


def no_numbers(names):
    """Those of the names that hold a letter, or a number of four or more digits."""
    return {name for name in names if re.search(r"[^\W\d_]|\d{4}", name)}


def mask(names):
    """A function that takes these names, as whole words in any case, and names of files out of a text."""
    either = "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)"
    name = re.compile(rf"(?<![^\W_])(?<!\d\.)(?:{either})(?![^\W_])", re.IGNORECASE)
    return lambda text: name.sub("[name]", FILE.sub("[file]", text))


def write_key(store, shown, path):
    """The table that says who is behind each pseudonym; only for an anonymous Book, and for the instructor alone."""
    path.unlink(missing_ok=True)
    if not shown.anonymous:
        return
    people = of_store(store)
    named = {*owners(people, store.students()).values(), *people.people}
    lines = [["pseudonym", "student", "name"]]
    for student, hidden in sorted(pseudonyms(store, named).items()):
        name = people.people[student].name if student in people.people else ""
        lines.append([hidden, tables.cell(student), tables.cell(name)])
    tables.write(path, lines)
