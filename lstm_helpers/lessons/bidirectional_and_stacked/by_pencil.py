"""The numbers of the pencil question of lesson 9, and those that slips give.

A bidirectional LSTM with 8 units in each direction reads a padded batch of two sequences, of 6 and of 4 steps (T = 6).
"""

RIGHT = {
    "forward_end": 3,
    "backward_end": 0,
    "backward_read": 1,
    "padding_read": 2,
    "top_backward": 3,
    "second_reads": 16,
}

_ONE = [
    ("the end state of the longest sequence", {"forward_end": 5}, "The second sequence has four steps: 0 to 3."),
    (
        "the number of steps in place of the last step",
        {"forward_end": 4},
        "Steps are counted from 0: the fourth is step 3.",
    ),
    (
        "the backward half is thought to end at the last step",
        {"backward_end": 3},
        "It starts at the sequence's last step and reads towards step 0: there it has read everything.",
    ),
    (
        "the backward half is thought to end where the array ends",
        {"backward_end": 5},
        "It starts at the sequence's last step and reads towards step 0; step 5 is padding.",
    ),
    (
        "the backward half at the last step is thought to have read everything",
        {"backward_read": 4},
        "At its own start it has read one step alone, the last. This is why out[-1] is not the end state of both "
        "halves.",
    ),
    (
        "the backward half at the last step is thought to have read nothing",
        {"backward_read": 0},
        "h comes after its step has been read: one.",
    ),
    (
        "the steps before step 3 are counted",
        {"backward_read": 3},
        "The backward half comes from the right: what lies to the left of step 3 it has not read yet.",
    ),
    (
        "the padding is counted as read",
        {"backward_read": 3, "padding_read": 0},
        "Within the length, the backward half starts at step 3; turned over whole, it would read steps 5 and 4 first.",
    ),
    (
        "turning the whole array is thought to do no harm",
        {"padding_read": 0},
        "x[::-1] brings the end of the array to the front, and the end of a short sequence is padding: 6 - 4 steps.",
    ),
    (
        "the real steps in place of the padding",
        {"padding_read": 4},
        "Before the first real step come the 6 - 4 steps of padding.",
    ),
    ("all steps in place of the padding", {"padding_read": 6}, "Six steps less the four that are real."),
    (
        "h_n is thought to hold all forward directions first",
        {"top_backward": 2},
        "h_n holds l0 forward, l0 backward, l1 forward, l1 backward: the last of four, number 3.",
    ),
    ("counted from 1", {"top_backward": 4}, "The places of an array are counted from 0: the fourth is h_n[3]."),
    (
        "the backward direction of the lowest layer",
        {"top_backward": 1},
        "h_n[1] is the backward direction of the lowest layer.",
    ),
    (
        "the second layer is thought to read one direction",
        {"second_reads": 8},
        "It reads out of the layer below, where both halves stand side by side: 2 * 8 numbers.",
    ),
    (
        "the four gates are counted as inputs",
        {"second_reads": 32},
        "The gates are columns of W_x; its rows are what it reads: 2 * 8.",
    ),
    (
        "the input's features in the second layer",
        {"second_reads": 5},
        "Only the lowest layer reads x; the second reads the h below it.",
    ),
    (
        "the hidden state is counted, too",
        {"second_reads": 24},
        "What it reads of its own past goes through W_h; W_x has 2 * 8 rows.",
    ),
    (
        "the ends are exchanged",
        {"forward_end": 0, "backward_end": 3},
        "The forward half ends at the last step, the backward half at step 0.",
    ),
]
SLIPS = [(name, RIGHT | changed, advice) for name, changed, advice in _ONE]
