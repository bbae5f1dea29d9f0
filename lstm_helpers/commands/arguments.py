"""What the options of ``lstm-course`` take: texts as values, or what is wrong with them."""

import argparse
from pathlib import Path

NONE = "none"  # as a value: take off what an earlier run was given


def nonempty(text):
    """An empty value is what a shell makes of a variable that is not set: nothing is read into it."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty: give a value, or leave the option out")
    return text


def path(text):
    return Path(nonempty(text))


def seed(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 up")
    return int(text)


def variant(text):
    return text if text == NONE else seed(text)


def jobs(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return int(text)


def check_together(chosen):
    """Raise ValueError for options of `grade` that do not go together."""
    if bool(chosen.regrade) == bool(chosen.submissions):
        raise ValueError("give either the folder of the submissions, or --regrade CHECK, which reads the store alone")
    of_a_folder = {
        "--exercise": chosen.exercise,
        "--seed": chosen.seed,
        "--limits": chosen.limits,
        "--hidden": chosen.hidden,
        "--variant": chosen.variant,
    }
    of_a_folder |= {"--dry-run": chosen.dry_run or None}
    if chosen.regrade and (given := [name for name, value in of_a_folder.items() if value is not None]):
        raise ValueError(f"{given[0]} belongs to grading a folder: leave it out. --regrade takes what was used before")
    if chosen.allow_lower and not chosen.regrade:
        raise ValueError("--allow-lower belongs to --regrade CHECK")
