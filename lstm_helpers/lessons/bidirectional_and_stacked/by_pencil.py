"""The numbers of the pencil question of lesson 9, and those that slips give."""

from dataclasses import dataclass

from lstm_helpers import wording
from lstm_helpers.checks.pencil import word

LAST = {3: "third", 4: "fourth", 5: "fifth", 6: "sixth", 7: "seventh", 8: "eighth"}


@dataclass(frozen=True)
class Given:
    """The numbers that the question gives: a bidirectional LSTM with H units in each direction, stacked in so many
    layers, reads a padded batch of two sequences, of T and of ``length`` steps."""

    H: int = 8
    T: int = 6
    length: int = 4
    layers: int = 2

    def work_out(self, **given):
        """The six numbers, some of them as a slip has them."""
        return {
            "forward_end": self.length - 1,
            "backward_end": 0,
            "backward_read": 1,
            "padding_read": self.T - self.length,
            "top_backward": 2 * self.layers - 1,
            "second_reads": 2 * self.H,
            **given,
        }

    def slips(self):
        """Of which_end: (name, the numbers that it changes, advice) of each."""
        H, T, length, ends = self.H, self.T, self.length, 2 * self.layers
        last, padding = length - 1, f"{T} - {length} steps"
        *first, lowest = map(str, range(T - 1, last, -1))
        beyond = f"steps {', '.join(first)} and {lowest}"
        held = ", ".join(f"l{layer} {way}" for layer in range(self.layers) for way in ("forward", "backward"))
        return [
            (
                "the end state of the longest sequence",
                {"forward_end": T - 1},
                f"The second sequence has {word(length)} steps: 0 to {last}.",
            ),
            (
                "the number of steps in place of the last step",
                {"forward_end": length},
                f"Steps are counted from 0: the {LAST[length]} is step {last}.",
            ),
            (
                "the backward half is thought to end at the last step",
                {"backward_end": last},
                "It starts at the sequence's last step and reads towards step 0: there it has read everything.",
            ),
            (
                "the backward half is thought to end where the array ends",
                {"backward_end": T - 1},
                f"It starts at the sequence's last step and reads towards step 0; step {T - 1} is padding.",
            ),
            (
                "the backward half at the last step is thought to have read everything",
                {"backward_read": length},
                "At its own start it has read one step alone, the last. This is why out[-1] is not the end state of "
                "both halves.",
            ),
            (
                "the backward half at the last step is thought to have read nothing",
                {"backward_read": 0},
                "h comes after its step has been read: one.",
            ),
            (
                f"the steps before step {last} are counted",
                {"backward_read": last},
                f"The backward half comes from the right: what lies to the left of step {last} it has not read yet.",
            ),
            (
                "the padding is counted as read",
                {"backward_read": T - last, "padding_read": 0},
                f"Within the length, the backward half starts at step {last}; turned over whole, {beyond} would come "
                "first.",
            ),
            (
                "turning the whole array is thought to do no harm",
                {"padding_read": 0},
                f"x[::-1] brings the end of the array to the front, and the end of a short sequence is padding: "
                f"{padding}.",
            ),
            (
                "the real steps in place of the padding",
                {"padding_read": length},
                f"Before the first real step come the {padding} of padding.",
            ),
            (
                "all steps in place of the padding",
                {"padding_read": T},
                f"{word(T).capitalize()} steps less the {word(length)} that are real.",
            ),
            (
                "the forward direction of the layer on top",
                {"top_backward": ends - 2},
                f"h_n holds {held}: the last of {word(ends)}, number {ends - 1}.",
            ),
            (
                "counted from 1",
                {"top_backward": ends},
                f"The places of an array are counted from 0: the {LAST[ends]} is h_n[{ends - 1}].",
            ),
            (
                "the backward direction of the lowest layer",
                {"top_backward": 1},
                "h_n[1] is the backward direction of the lowest layer.",
            ),
            (
                "the second layer is thought to read one direction",
                {"second_reads": H},
                f"It reads out of the layer below, where both halves stand side by side: 2 * {H} numbers.",
            ),
            (
                "the four gates are counted as inputs",
                {"second_reads": 4 * H},
                f"The gates are columns of W_x; its rows are what it reads: 2 * {H}.",
            ),
            (
                "the input's features in the second layer",
                {"second_reads": 5},
                "Only the lowest layer reads x; the second reads the h below it.",
            ),
            (
                "the hidden state is counted, too",
                {"second_reads": 3 * H},
                f"What it reads of its own past goes through W_h; W_x has 2 * {H} rows.",
            ),
            (
                "the ends are exchanged",
                {"forward_end": 0, "backward_end": last},
                "The forward half ends at the last step, the backward half at step 0.",
            ),
        ]

    def texts(self):
        """What of these numbers stands in the question, in its hints and in its solution."""
        H, T, length, layers = self.H, self.T, self.length, self.layers
        names = list(self.work_out().items())
        lines = [", ".join(f'"{name}": {number}' for name, number in part) for part in (names[:3], names[3:])]
        return [
            f"has {wording.count(H, 'unit')} in each direction and reads a batch of two sequences: "
            f"number 0 has {T} steps, number 1 has {length}, so `T = {T}`. `out` is ({T}, 2, {2 * H}).",
            f"the backward half at step {length - 1} read?",
            f"{word(layers)} such layers are stacked, and `h_n` is ({2 * layers}, 2, {H}).",
            *lines,
            f"write the steps 0 to {T - 1} over them",
        ]


GIVEN = Given()
OTHERS = [  # such that no two slips make the same numbers
    Given(6, 7, 5, 3),
    Given(7, 5, 3, 3),
    Given(9, 9, 6, 3),
    Given(12, 8, 5, 2),
    Given(10, 8, 6, 3),
    Given(16, 9, 7, 3),
    Given(20, 7, 3, 2),
]
