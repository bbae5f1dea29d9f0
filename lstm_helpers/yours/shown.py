"""The library and its proofs, as a person reads them: text for a terminal, and a page of HTML by itself."""

from dataclasses import dataclass
from datetime import datetime

from lstm_helpers import pages, wording
from lstm_helpers.yours import pieces, proofs


@dataclass(frozen=True)
class Shown:
    """A Library, and what its proofs gave: the parity with torch and the training, each None with what it raised."""

    library: object
    compared: object = None
    learnt: object = None
    troubles: tuple = ()

    @property
    def next(self):
        """What to write next, as a sentence."""
        missing = next((found for found in self.library.found.values() if not found.theirs), None)
        if missing is None:
            return "Nothing is missing: every piece is yours. Build on it: layer=yours.LSTM is all that changes."
        piece, notebook = missing.piece, missing.notebook
        where = f"in {notebook.called}" if not notebook.trouble else str(notebook)
        return f"{piece.name}({piece.takes}), {where}" + ("" if notebook.trouble else f": {missing.why}")

    @property
    def equal(self):
        """What the comparison with torch showed, as a sentence."""
        if self.compared is None:
            return ""
        count, what = len(self.compared.rows), f"to {self.compared.tolerance:g}, in float64"
        if self.compared.ok:
            return f"Equal to torch.nn.LSTM {what}: {wording.count(count, 'array')}, of sequences of several lengths."
        off = [name for name, *_, relative in self.compared.rows if not relative <= self.compared.tolerance]
        return f"Not equal to torch.nn.LSTM {what}: {', '.join(off)}."

    @property
    def trained(self):
        """How the training went, as a sentence."""
        if self.learnt is None:
            return ""
        return (
            f"The adding problem with T = {proofs.T}: {self.learnt.before:.0%} of the answers to fresh sequences are "
            f"wrong before training, {self.learnt.after:.1%} after {proofs.STEPS} steps ({self.learnt.seconds:.0f} s)."
        )

    def __str__(self):
        parts = [
            str(self.library),
            self.library.nothing_yet,
            "Proof",
            self.equal,
            str(self.compared or ""),
            "Training",
            self.trained,
        ]
        return "\n".join([*filter(None, parts), *self.troubles, "Next", self.next])

    def page(self):
        """The page: self-contained, and all that the student wrote is escaped."""
        template = pages.templates("lstm_helpers.yours").get_template("page.html.jinja")
        exercises = [(e, [self.library.found[piece.name] for piece in pieces.of(e)]) for e in pieces.EXERCISES]
        return template.render(shown=self, exercises=exercises, when=pages.day(datetime.now()))


def look(library):
    """Prove a Library; returns Shown. What the student's code raises is part of it."""
    results, troubles = [], []
    for called, prove in (("comparison with torch", proofs.against_torch), ("training", proofs.learns)):
        try:
            results.append(prove())
        except Exception as error:  # whatever a student's code may raise in other sizes than those of its check
            results.append(None)
            troubles.append(f"The {called} ended with {type(error).__name__}: {error}")
    return Shown(library, *results, tuple(troubles))
