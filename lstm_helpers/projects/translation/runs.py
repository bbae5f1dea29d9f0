"""The long runs that the page shows: ``python -m lstm_helpers.projects.translation.runs`` makes those that are missing.

Dates: the reader with attention, without, and one that never met an unknown character, by three seeds each. English to
French: the translator alone and with the nearest known translation, by three seeds each. What is chosen (how long, how
many lines, from which similarity on the neighbour is taken as it is) is chosen by the validation part; then each test
is opened once.
"""

import json
import lzma
import sys
from datetime import date
from functools import partial

import numpy as np

from lstm_helpers import files, runs
from lstm_helpers.baselines import dates as date_rules
from lstm_helpers.baselines import translation as baselines
from lstm_helpers.data import phrases, world_dates
from lstm_helpers.projects import stored
from lstm_helpers.projects.held_out import HeldOut
from lstm_helpers.projects.translation import model, scores
from lstm_helpers.projects.translation.own_model import STORED

SEEDS = (0, 1, 2)
DATES, PHRASES = (runs.BENCHMARKS / f"translation_{name}.csv" for name in ("dates", "phrases"))
MODELS = runs.BENCHMARKS.parent / "models"
SAID = MODELS / "interface_translations.json.xz"
READERS = {  # what each differs in: (options, settings)
    "attention": ({}, {}),
    "none": ({"attention": False}, {}),
    "all known": ({}, {"unknown": 0.0}),  # it never reads a character as an unknown one
}
LENGTHS = ((0, 16), (16, 24), (24, 99))  # characters of a text
RULE_PAIRS = 20_000  # that the rules count
TESTED, HELD = 3_000, 400  # dates of the test part, and of each language that is held out
DATE_COLUMNS = ("model", "seed", "validation", "test", *(f"from_{low}" for low, _ in LENGTHS), *world_dates.HELD_OUT,
                "weights", "seconds", "date", "recipe")  # fmt: skip

TRANSLATORS = {"neighbour": {"neighbour": True}, "alone": {"neighbour": False}}
WITHOUT = {"no copying": {"neighbour": True, "copy": False}}  # what copying is worth, on the test alone
BEAMS, POWER = 4, 0.8
THRESHOLDS = (0.4, 0.5, 0.6, 0.7)
THRESHOLD = (
    0.7  # chosen by the translator that knew the training part alone: BLEU on the validation part was 32.7, 33.9,
)
# 34.9 and 35.7 from these similarities on, 34.5 without the neighbour's own French, and 30.6 with nothing else
PHRASE_COLUMNS = ("model", "seed", "part", "bleu", "exact", "chrf", "greedy", "hybrid", "hybrid_exact", "hybrid_chrf",
                  "threshold", "seconds", "date", "recipe")  # fmt: skip


def date_tests():
    """The test of the dates, closed; its parts are {name: (texts, answers, codes)}."""
    parts = {"test": world_dates.draw(np.random.default_rng(2024), TESTED, of="test")}
    for code in world_dates.HELD_OUT:
        parts[code] = world_dates.draw(np.random.default_rng(2025), HELD, [code], of=None)
    return HeldOut(f"dates, split {world_dates.SPLIT}", parts)


def date_choices():
    """All that was chosen before the test of the dates is opened."""
    return {"settings": model.SETTINGS, "readers": READERS, "rules": RULE_PAIRS}


def date_recipe():
    settings = repr((model.SETTINGS, TESTED, HELD, LENGTHS, READERS, RULE_PAIRS))
    code = runs.code(model.DateReader, model.batches, model.read, model.train_dates, world_dates, date_rules)
    return runs.version(code, settings)


def rules():
    """The rules, with the counts of as many dates of the training part as the page tells."""
    texts, answers, _ = world_dates.draw(np.random.default_rng(0), RULE_PAIRS)
    return date_rules.DateRules(texts, answers)


def date_row(right, name, seed, **more):
    """A line of the table. right(texts, answers) -> booleans."""
    parts = date_tests().open(date_choices())
    row = {"model": name, "seed": seed}
    texts, answers, _ = world_dates.draw(np.random.default_rng(15), 1000, of="validation")
    row["validation"] = right(texts, answers).mean()
    texts, answers, _ = parts["test"]
    good, long = right(texts, answers), np.array([len(text) for text in texts])
    row["test"] = good.mean()
    row |= {f"from_{low}": good[(long >= low) & (long < high)].mean() for low, high in LENGTHS}
    row |= {code: right(*parts[code][:2]).mean() for code in world_dates.HELD_OUT}
    row = {key: round(float(value), 4) if isinstance(value, np.floating) else value for key, value in row.items()}
    return row | {"weights": 0, "seconds": 0, **more, "date": date.today().isoformat(), "recipe": date_recipe()}


def by_rules():
    """The line of the rules."""
    known = rules()
    return date_row(lambda texts, answers: np.array([known.read(t) == a for t, a in zip(texts, answers, strict=True)]),
                    "rules", 0)  # fmt: skip


def by_reader(name, seed, store=False):
    """The line of one reader, trained here; with ``store`` its weights and log are kept for the page."""
    options, settings = READERS[name]
    reader, history = model.train_dates(model.SETTINGS | settings, seed, **options)
    if store:
        print(stored.write_weights(MODELS / f"{STORED}.npz", reader.params))
        stored.write_log(MODELS / f"{STORED}.csv", history)
    weights = sum(p.size for p in reader.params.values())
    right = partial(model.exact, reader)
    return date_row(right, name, seed, weights=weights, seconds=round(history.seconds[-1]))


def phrase_parts():
    """{part: (what is known, what is to be translated)}: chosen on the validation part, tested once. The test knows the
    validation pairs, too, as retrieval would."""
    training, validation, test = phrases.split()
    return {
        "validation": (training, validation),
        "test": (training + validation, HeldOut(f"phrases, split {phrases.SPLIT}", test)),
    }


def phrase_recipe():
    from lstm_helpers.projects.translation import french

    settings = repr((french.SETTINGS, BEAMS, POWER, THRESHOLDS, TRANSLATORS))
    parts = (french.Knowledge, french.Translator, french.batch_of, french.passes, french.translate, french.search)
    return runs.version(runs.code(*parts, french.train_french, phrases, baselines), settings)


def measures(said, wanted):
    """{BLEU, exact, chrF} of translations, lists of words, by sacrebleu."""
    import sacrebleu

    said_text, wanted_text = ([" ".join(words) for words in side] for side in (said, wanted))
    return {
        "bleu": sacrebleu.corpus_bleu(said_text, [wanted_text], tokenize="none", force=True).score,
        "exact": scores.exact(said, wanted).mean(),
        "chrf": sacrebleu.corpus_chrf(said_text, [wanted_text]).score,
    }


def combined(examples, said, threshold):
    """The neighbour's French where it is at least as similar as ``threshold``, else what the network said."""
    return [e.neighbour if e.similarity >= threshold else words for e, words in zip(examples, said, strict=True)]


def best_threshold(examples, said):
    """The similarity with the highest BLEU of ``combined``; the first of equal ones."""
    wanted = [e.french for e in examples]
    found = [scores.bleu(scores.bleu_counts(combined(examples, said, t), wanted)) for t in THRESHOLDS]
    return THRESHOLDS[int(np.argmax(found))]


def phrase_row(name, seed, part, examples, said, greedy, threshold, seconds):
    """A line of the table."""
    wanted = [e.french for e in examples]
    row = {"model": name, "seed": seed, "part": part, **measures(said, wanted), "threshold": threshold}
    row["greedy"] = measures(greedy, wanted)["bleu"]
    for key, value in measures(combined(examples, said, threshold), wanted).items():
        row["hybrid" if key == "bleu" else f"hybrid_{key}"] = value
    row = {key: round(float(value), 4) if isinstance(value, float) else value for key, value in row.items()}
    return row | {"seconds": seconds, "date": date.today().isoformat(), "recipe": phrase_recipe()}


def read(path):
    """The lines of a table, numbers as numbers."""
    text = ("model", "part", "date", "recipe")
    columns = DATE_COLUMNS if path == DATES else PHRASE_COLUMNS
    return runs.read(path, {name: float for name in columns if name not in text})


def phrase_choices():
    """All that was chosen before the test of the phrases is opened."""
    from lstm_helpers.projects.translation import french

    choices = {"settings": french.SETTINGS, "beams": BEAMS, "power": POWER}
    return choices | {"threshold": THRESHOLD}


def by_translator(name, seed, part, store=False):
    """The line of one translator, trained here, and what it said."""
    from lstm_helpers.projects.translation import french

    known_pairs, asked = phrase_parts()[part]
    asked = asked.open(phrase_choices()) if part == "test" else asked
    known = french.Knowledge(known_pairs)
    place = MODELS.parents[2] / "work" / "translation"
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{name}-{seed}-{part}-{phrase_recipe()}.npz"
    translator, history = french.train_french(known, seed, checkpoint=file, **(TRANSLATORS | WITHOUT)[name])
    examples = known.examples(asked)
    said, _ = french.translate(translator, known, examples, BEAMS, POWER)
    greedy, _ = french.translate(translator, known, examples, 1)
    threshold = THRESHOLD if part == "test" else best_threshold(examples, said)
    row = phrase_row(name, seed, part, examples, said, greedy, threshold, round(history.seconds[-1]))
    file.unlink(missing_ok=True)
    if store:
        print(stored.write_weights(MODELS / f"{french.STORED}.npz", french.arrays(translator)))
    return row, said


def by_rival(part):
    """The line of looking up the nearest known text."""
    from lstm_helpers.projects.translation import french

    known_pairs, asked = phrase_parts()[part]
    examples = french.Knowledge(known_pairs).examples(asked.open(phrase_choices()) if part == "test" else asked)
    said = [e.neighbour for e in examples]
    return phrase_row("rival", 0, part, examples, said, said, 0.0, 0)


def keep(name, seed, part, said):
    """Store what a translator said, as text, beside what the others did."""
    held = said_by()
    held[f"{name} {seed} {part}"] = [" ".join(words) for words in said]
    files.write(SAID, lzma.compress(json.dumps(held, ensure_ascii=False).encode(), preset=9))


def said_by():
    """{"model seed part": its translations, in the order of the part, as text of words with a space between}."""
    return json.loads(lzma.decompress(SAID.read_bytes()).decode()) if SAID.exists() else {}


def missing_dates():
    held = {(r["model"], int(r["seed"])) for r in read(DATES) if r["recipe"] == date_recipe()}
    asked = [("rules", 0), *((name, seed) for seed in SEEDS for name in READERS)]
    return [run for run in asked if run not in held]


def missing_phrases():
    held = {(r["model"], int(r["seed"]), r["part"]) for r in read(PHRASES) if r["recipe"] == phrase_recipe()}
    asked = [("rival", 0, "test")]
    asked += [(name, seed, "test") for seed in SEEDS for name in TRANSLATORS]
    asked += [(name, seed, "test") for seed in SEEDS for name in WITHOUT]
    asked += [("rival", 0, "validation"), ("neighbour", 0, "validation")]
    return [run for run in asked if run not in held]


def main():
    for name, seed in missing_dates():
        row = by_rules() if name == "rules" else by_reader(name, seed, store=(name, seed) == ("attention", 0))
        runs.add(row, DATES, DATE_COLUMNS)
        print(row, flush=True)
    for name, seed, part in missing_phrases():
        if name == "rival":
            row = by_rival(part)
        else:
            row, said = by_translator(name, seed, part, store=(name, seed, part) == ("neighbour", 0, "test"))
            keep(name, seed, part, said)
        runs.add(row, PHRASES, PHRASE_COLUMNS)
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
