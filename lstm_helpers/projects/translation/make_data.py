"""Makes the data of the project from released packages: ``python -m lstm_helpers.projects.translation.make_data``.

``dates`` writes the tables of dates, from Babel 2.18.0. ``phrases WHEEL ...`` writes the pairs of interface texts, from
the wheels of apache-superset, django, jupyterlab-language-pack-fr-FR, sphinx, spyder and wagtail, in this order (``pip
download --no-deps``; their versions stand in ``provenance.toml``).
"""

import argparse
import gettext
import io
import json
import lzma
import re
import zipfile
from datetime import date, timedelta
from pathlib import Path

from lstm_helpers import data, files
from lstm_helpers.data import world_dates

DATA, HERE = Path(data.__file__).parent, Path(__file__).parent
SHIPPED = (
    "en_US", "en_GB", "fr", "de", "es", "it", "nl", "sv", "da", "nb", "fi", "pl", "cs", "hu", "ro", "tr", "id", "ca",
    "hr", "sl", "ru", "uk", "el", "eu", *world_dates.HELD_OUT,
)  # fmt: skip
HIDDEN = ("ast", "nn", "af", "fo", "lb", "sr_Latn", "ms", "bg")  # relatives of those, for the grader alone

STYLES = ("medium", "long", "full")
SKELETONS = ("yMd", "yMMMd", "yMMMEd", "yMMMMd", "yMMMMEEEEd")
NAMES = {
    "MMM": ("months", "format", "abbreviated"), "MMMM": ("months", "format", "wide"),
    "LLLL": ("months", "stand-alone", "wide"), "EEE": ("days", "format", "abbreviated"),
    "EEEE": ("days", "format", "wide"), "cccc": ("days", "stand-alone", "wide"),
}  # fmt: skip


def as_format(pattern):
    """A pattern of CLDR for ``str.format``, its words in small letters: "d 'de' MMMM" becomes "{d} de {MMMM}"."""
    said = ""
    for text, letters in re.findall(r"'([^']*)'|([A-Za-z]+|[^A-Za-z']+)", pattern):
        if letters.isalpha():
            said += "{" + {"E": "EEE"}.get(letters, letters) + "}"
        else:
            said += re.sub(r"\s", " ", text or letters).casefold()
    return said


def language(code):
    """What the file holds of one language: its patterns with a year of four digits, and the names in them."""
    from babel import Locale

    locale = Locale.parse(code)
    found = [locale.date_formats[style].pattern for style in STYLES]
    found += [locale.datetime_skeletons[name].pattern for name in SKELETONS if name in locale.datetime_skeletons]
    patterns = [as_format(pattern) for pattern in dict.fromkeys(found) if "yy" not in pattern]
    names = {}
    for field, (kind, context, width) in NAMES.items():
        if any("{" + field + "}" in pattern for pattern in patterns):
            table = getattr(locale, kind)[context][width]
            names[field] = [world_dates.plain(table[k]) for k in sorted(table)]
    return {"name": locale.english_name, "patterns": patterns, "names": names}


def ambiguous(tables, years=range(1996, 2024)):
    """The texts, with "{y}" for the year, that are two dates of one year, written by any of these languages.

    A calendar repeats after 28 years, so these are all.
    """
    languages, _ = world_dates.read_languages(json.dumps({"languages": tables, "ambiguous": []}))
    found = set()
    for year in years:
        meant, day = {}, date(year, 1, 1)
        while day.year == year:
            for spoken in languages.values():
                for pattern in spoken.patterns:
                    text = world_dates.without_year(spoken.write(day, pattern), day)
                    if meant.setdefault(text, day) != day:
                        found.add(text)
            day += timedelta(days=1)
    return sorted(found)


def make_dates():
    """The tables of the languages that ship, and of those that only the grader has."""
    shipped, hidden = ({code: language(code) for code in codes} for codes in (SHIPPED, HIDDEN))
    text = json.dumps({"languages": shipped, "ambiguous": ambiguous(shipped)}, ensure_ascii=False, indent=0)
    files.write(DATA / "world_dates.json.xz", lzma.compress(text.encode(), preset=9))
    unclear = [text for text in ambiguous(shipped | hidden) if any(c.isalpha() or c == "/" for c in text)]
    text = json.dumps({"languages": hidden, "ambiguous": unclear}, ensure_ascii=False, indent=0)
    files.write(HERE / "hidden_dates.json", text.encode())


def catalogue(wheel):
    """(English, French) of all messages of a wheel's French catalogues, in the order they stand there."""
    found = []
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            if name.endswith(".mo") and ("/fr/" in name or "/fr_FR/" in name):
                table = gettext.GNUTranslations(io.BytesIO(packed.read(name)))._catalog
                for english, french in table.items():
                    english = english[0] if isinstance(english, tuple) else english
                    found.append((english.split("\x04")[-1], french))
    return found


def cleaned(pairs, least=2, most=12):
    """Pairs of ``least`` to ``most`` English words, each once, without mark-up, access keys, placeholders and code."""
    seen, kept = set(), []
    for pair in pairs:
        tidy = (re.sub(r"<[^>]+>|&\w+;", " ", text).replace("&", "") for text in pair)
        english, french = (re.sub(r"\s+", " ", text).strip() for text in tidy)
        if not english or not french or english.lower() in seen | {french.lower()}:
            continue
        if re.search(r"[%{}\\|=`<>]|https?:|\w_\w|\$", english + french):
            continue
        if least <= len(english.split()) <= most and len(french.split()) <= most + 4:
            seen.add(english.lower())
            kept.append((english, french))
    return kept


def make_phrases(wheels):
    pairs = cleaned([pair for wheel in wheels for pair in catalogue(wheel)])
    text = "".join(f"{english}\t{french}\n" for english, french in pairs)
    files.write(DATA / "interface_en_fr.tsv.xz", lzma.compress(text.encode(), preset=9))
    print(f"{len(pairs):,} pairs")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("dates", "phrases"))
    parser.add_argument("wheels", nargs="*", help="the six wheels, for phrases")
    asked = parser.parse_args()
    if asked.what == "dates":
        make_dates()
    else:
        make_phrases(asked.wheels)


if __name__ == "__main__":
    main()
