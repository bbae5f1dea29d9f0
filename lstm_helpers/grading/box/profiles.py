"""What a box holds of the course, one table: nothing that a sheet asks for can be imported where it is graded.

Each profile is staged into a folder of its own. A sheet names its profile; a new file in the table is a hole in a wall:
``tests/grading/test_profiles.py`` lists every one.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
COURSE = ("course/__init__.py", "course/course.toml")
OWN_MODEL = ("projects/text_generation/__init__.py", "projects/text_generation/own_model.py")
KEPT_BACK = ("__pycache__", "models")  # models that the course trained: a student's own is asked for
EVERYWHERE = {
    **{name: name for name in ("__init__.py", "data", "figures/__init__.py", "checks/probe.py")},
    **{name: name for name in (f"grading/box/{part}.py" for part in ("messages", "guest", "confinement", "zygote"))},
    "checks/__init__.py": "grading/box/box_check.py",  # `check` only remembers what it was given
}


@dataclass(frozen=True)
class Profile:
    """``framework``: "numpy", or "torch" where the box has that, too; ``files``: {path in the box's lstm_helpers: where
    in ours that comes from}."""

    framework: str
    files: dict


PROFILES = {
    "numpy": Profile("numpy", EVERYWHERE),
    # Sheets of an instructor's own may build on the course's layers.
    "torch": Profile(
        "torch", EVERYWHERE | {name: name for name in ("nn", "parity.py", *COURSE, "baselines", "training")}
    ),
    # Of the project's module only the part that brings a trained model in: the rest answers the exercise.
    "text_generation": Profile(
        "torch",
        EVERYWHERE | {name: name for name in ("nn", *COURSE, *OWN_MODEL)},
    ),
}


def stage(folder, profile):
    """Copy what the boxes of one profile hold of the package into ``folder``. Returns the folder."""
    package = Path(folder) / "lstm_helpers"
    for name, origin in PROFILES[profile].files.items():
        source, target = PACKAGE / origin, package / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*KEPT_BACK))
        else:
            shutil.copyfile(source, target)
    for room in {
        above for module in package.rglob("*.py") for above in module.parents if above.is_relative_to(package)
    }:
        if not (room / "__init__.py").exists():
            (room / "__init__.py").write_text("")
    return Path(folder)
