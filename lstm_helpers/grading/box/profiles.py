"""What a box holds of the course, and what counts as an answer taken from a library: one table for the whole grader.

A sheet names its profile, and each profile is staged into a folder of its own. A new file in the table is a hole in a
wall: ``tests/grading/test_profiles.py`` lists every one. A sheet that asks for what a module holds has a profile
``without`` that module.
"""

import ast
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from lstm_helpers.grading.box import references
from lstm_helpers.yours import pieces

PACKAGE = Path(__file__).resolve().parents[2]
# What no box holds, wherever it lies: answers (letters.py encodes a text, as exercise 01 asks), questions with their
# oracles, texts that a class is scored on, and models that the course trained, as a student's own is asked for.
NEVER = ("__pycache__", "models", "answers.py", "sheet.py", "by_pencil.py", "slips.md", "hidden*", "tasks_1997.py",
         "letters.py")  # fmt: skip
# What a box without a framework must not find, besides the parts of the course that are not staged.
FRAMEWORKS = ("torch", "torchgen", "functorch", "tensorflow", "keras", "jax", "jaxlib", "flax", "mxnet", "nbgrader")
NUMPY_ALONE = {"torch": "it is built from NumPy alone"}  # package: why an import of it fails


def _same(*names):
    """{path in the box: path in our package} where they are the same."""
    return {name: name for name in names}


EVERYWHERE = {
    **_same("__init__.py", "data", "figures/__init__.py", "checks/inspection.py", "checks/probe.py"),
    **_same(*(f"grading/box/{part}.py" for part in ("messages", "guest", "confinement", "zygote"))),
    "checks/__init__.py": "grading/box/box_check.py",  # `check` only remembers what it was given
}
COURSE = ("course/__init__.py", "course/course.toml")
# The student's own library, with the reference in the place of what it reads from notebooks...
LIBRARY = {
    **_same("wording.py", *COURSE, *(f"yours/{part}.py" for part in ("__init__", "found", "handing", "pieces"))),
    "yours/loading.py": "grading/box/box_yours.py",
}
# ... and what its layer and its optimiser are made of.
LAYERS = _same(
    "yours/layer.py",
    *(f"nn/{part}.py" for part in ("base", "functional", "lstm", "_lstm_kernel", "recurrent")),
    *(f"training/{part}.py" for part in ("__init__", "base", "clipping")),
)
ADAM = tuple(f"training/{part}.py" for part in ("optimisers", "schedules", "loop"))  # it would answer exercise 07
# What brings a student's trained model into a project's exercise.
OWN_WEIGHTS = ("projects/__init__.py", "projects/own_weights.py")
DATE_MODEL = (*OWN_WEIGHTS, *(f"projects/translation/{part}.py" for part in ("__init__", "own_model")))
OWN_MODEL = (*OWN_WEIGHTS, "projects/text_generation/__init__.py", "projects/text_generation/own_model.py")


@dataclass(frozen=True)
class Profile:
    """What the boxes of some sheets hold.

    framework: "numpy", or "torch" where the box has that, too; files: {path in the box's lstm_helpers: file or folder
    in ours that it comes from}; before: the exercise of whose pieces before it the box holds the reference, as
    ``yours.earlier``; without: of these, the files that hold an answer to the sheet; gives: dotted names that
    the exercise hands out, so that their use is no sign of a library's answer.
    """

    framework: str
    files: dict = field(default_factory=dict)
    before: str = ""
    without: tuple = ()
    gives: tuple = ()

    @property
    def hidden(self):
        """Packages that a box of this profile must not find."""
        return FRAMEWORKS if self.framework == "numpy" else ()

    @property
    def rules(self):
        """What the guest is told, as JSON text: packages to import before the first cell, and why others fail."""
        refused = NUMPY_ALONE if self.framework == "numpy" else {}
        return json.dumps({"imports": [] if self.framework == "numpy" else [self.framework], "refused": refused})


def _with_pieces(exercise, *more):
    """The profile of an exercise that may build on the pieces of those before it."""
    files = {**EVERYWHERE, **LIBRARY, **dict(pair for files in more for pair in files.items())}
    given = *(f"yours.{name}" for name in pieces.given_to(exercise)), "training.parameters", "training.gradients"
    without = ADAM if more else ()
    return Profile("numpy", files, exercise, without, tuple(f"lstm_helpers.{name}" for name in given))


PROFILES = {
    "numpy": Profile("numpy", EVERYWHERE),
    "after_gates": _with_pieces(pieces.CELL),
    "after_cell_state": _with_pieces(pieces.FORWARD),
    "after_forward": _with_pieces(pieces.BACKWARD),
    "after_backward": _with_pieces(pieces.TRAINING, LAYERS),
    "after_training": _with_pieces(pieces.LATER[0], LAYERS),
    # Sheets of an instructor's own may build on the course's layers.
    "torch": Profile("torch", EVERYWHERE | _same("nn", "parity.py", "live.py", *COURSE, "baselines", "training")),
    # Of a project's module only the part that brings a trained model in: the rest answers the exercise.
    "text_generation": Profile(
        "torch",
        EVERYWHERE | _same("nn", *COURSE, *OWN_MODEL),
        gives=(
            "lstm_helpers.nn.functional.lstm_step",
            *(f"lstm_helpers.projects.text_generation.{name}" for name in ("bring_in", "unpack")),
        ),
    ),
    "translation": Profile(
        "numpy",
        EVERYWHERE | _same(*COURSE, *DATE_MODEL),
        gives=tuple(f"lstm_helpers.projects.translation.{name}" for name in ("bring_in", "unpack")),
    ),
}
FLAGGED = (  # everything below these names is an answer...
    "torch.nn",
    "torch.nn.functional.multi_head_attention_forward",
    "torch.nn.functional.scaled_dot_product_attention",
    "torch.lstm",
    "torch.lstm_cell",
    "torch.gru",
    "torch.gru_cell",
    "torch.rnn_tanh",
    "torch.rnn_tanh_cell",
    "torch.rnn_relu",
    "torch.rnn_relu_cell",
    "torch._VF",
    "torch._C",
    "torch.ops",
    "lstm_helpers",
    "jax",
    "flax",
    "keras",
    "tensorflow",
)
ALLOWED = (  # ... but for what holds parameters or is one line of mathematics, and the check itself
    "torch.nn.functional",
    "torch.nn.Module",
    "torch.nn.ModuleList",
    "torch.nn.ModuleDict",
    "torch.nn.Parameter",
    "torch.nn.ParameterList",
    "torch.nn.ParameterDict",
    "torch.nn.Sequential",
    "torch.nn.init",
    "torch.nn.utils",
    "lstm_helpers.checks.check",
    "lstm_helpers.data",
    "lstm_helpers.figures.show",
    "lstm_helpers.data.tasks",
)


def allowed(sheet):
    """Dotted names whose use in an answer to a Sheet is not flagged."""
    return (*ALLOWED, *PROFILES[sheet.profile].gives, *sheet.gives)


def stage(folder, profile):
    """Copy what the boxes of one profile hold of the package into ``folder``. Returns the folder."""
    folder, held = Path(folder), PROFILES[profile]
    package = folder / "lstm_helpers"
    for name, origin in held.files.items():
        source, target = PACKAGE / origin, package / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*NEVER))
        else:
            shutil.copyfile(source, target)
    if held.before:
        text = references.of_pieces_before(held.before)
        (package / "yours" / "earlier.py").write_text(text, encoding="utf-8")
    for name in held.without:
        (package / name).unlink(missing_ok=True)
        _forget(package, name)
    for module in list(package.rglob("*.py")):
        for room in module.parents:
            if room.is_relative_to(package) and not (room / "__init__.py").exists():
                (room / "__init__.py").write_text("")
    return folder


def _forget(package, name):
    """Take the imports of a module that is not staged, and the names that they bring, out of its package's own file."""
    path = (package / name).with_name("__init__.py")
    dotted = ".".join(("lstm_helpers", *Path(name).with_suffix("").parts))
    tree, gone = ast.parse(path.read_text(encoding="utf-8")), set()
    for node in list(tree.body):
        if isinstance(node, ast.ImportFrom) and node.module == dotted:
            gone |= {alias.asname or alias.name for alias in node.names}
            tree.body.remove(node)
    for node in ast.walk(tree):
        if isinstance(node, ast.List):  # __all__
            node.elts = [item for item in node.elts if getattr(item, "value", None) not in gone]
    path.write_text(ast.unparse(tree), encoding="utf-8")
