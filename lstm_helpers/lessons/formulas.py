"""The formula sheet: everything of lessons 1 to 7 on one page of A4, to print."""

from lstm_helpers.figures import COLOURS

SHAPES = (
    "T time steps, B sequences, D inputs, H hidden units. "
    r"$x_t$ (B,D)   $h_t, c_t$ (B,H)   $W_x$ (D,4H)   $W_h$ (H,4H)   $b$ (4H,).  "
    r"$\odot$ is value by value."
)
# Blocks in two columns: (title, lesson, lines); a line is (formula, what it says).
LEFT = (
    (
        "A plain RNN",
        "lessons 1, 2",
        (
            (r"$h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$", "(B,D)(D,H) + (B,H)(H,H) + (H,)"),
            (r"$dz_t = dh_t \odot (1 - h_t^2) \qquad dx_t = dz_t W_x^\top$", "through the tanh, then to the input"),
            (
                r"$dh_{t-1} = dh_{t-1}^{\,\mathrm{loss}} + dz_t W_h^\top$",
                r"its own loss, then the later steps: times $W_h^\top$ per step",
            ),
            (r"$dW_x = \sum_t x_t^\top dz_t \qquad dW_h = \sum_t h_{t-1}^\top dz_t$", "the same weights at each step"),
            (r"$db = \sum_t \sum_n dz_t$", r"$n$: the sequences of the batch"),
        ),
    ),
    (
        "The gates of an LSTM",
        "lesson 3",
        (
            (r"$z_t = x_t W_x + h_{t-1} W_h + b$", "(B,4H): one product for all four"),
            (r"$z = [\,z^i \;|\; z^f \;|\; z^g \;|\; z^o\,]$", "H columns each, always in the order i, f, g, o"),
            (
                r"$i = \sigma(z^i) \quad f = \sigma(z^f) \quad g = \tanh(z^g) \quad o = \sigma(z^o)$",
                "gates i, f, o: fractions, 0 to 1; candidate g: values, −1 to 1",
            ),
            (r"$z_t = [h_{t-1}, x_t]\, W + b$", r"the same, with $W_h$ stacked on top of $W_x$ (lesson 4)"),
            (r"$4H(D + H + 1)$ parameters", "torch keeps two biases: 4H more"),
        ),
    ),
    (
        "The two updates",
        "lesson 4",
        (
            (r"$c_t = f_t \odot c_{t-1} + i_t \odot g_t$", "keep a part of the old, add a part of the new"),
            (r"$h_t = o_t \odot \tanh(c_t)$", "show a part of the new cell state, squashed"),
        ),
    ),
    (
        "Squashing",
        "lessons 2, 3",
        (
            (r"$\sigma(z) = 1/(1 + e^{-z}) \qquad \sigma' = \sigma(1 - \sigma) \leq 1/4$", r"$\sigma(0) = 1/2$"),
            (r"$\tanh' = 1 - \tanh^2 \leq 1$", r"$\tanh(z) = 2\sigma(2z) - 1$"),
        ),
    ),
    (
        "Choosing one of K",
        "lessons 1, 2",
        (
            (r"$p_k = e^{s_k} / \sum_j e^{s_j}$", r"softmax; subtract the largest $s$ first; temperature: $s / \tau$"),
            (r"$L = -\ln p_y$", r"cross-entropy; in bits $L / \ln 2$; perplexity: $e^{L}$ of the mean"),
            (r"$ds = p - \mathrm{onehot}(y)$", "for one guess; divided by N if the loss is a mean over N"),
        ),
    ),
)
RIGHT = (
    (
        "One LSTM step backwards",
        "lesson 6",
        (
            (
                r"$dh_t = dh_t^{\,\mathrm{loss}} + dh_t^{\,\mathrm{next}}$",
                r"from its own loss, and from step $t+1$ (0 at the last)",
            ),
            (r"$do_t = dh_t \odot \tanh(c_t)$", "from the hidden update"),
            (
                r"$dc_t = dc_t^{\,\mathrm{next}} + dh_t \odot o_t \odot (1 - \tanh^2(c_t))$",
                "kept and shown: used twice, collects twice",
            ),
            (
                r"$di_t = dc_t \odot g_t \quad df_t = dc_t \odot c_{t-1} \quad dg_t = dc_t \odot i_t$",
                "from the cell update",
            ),
            (
                r"$dz^i = di \odot i \odot (1-i) \qquad dz^f = df \odot f \odot (1-f)$",
                "through the sigmoids of i, f ...",
            ),
            (
                r"$dz^o = do \odot o \odot (1-o) \qquad dz^g = dg \odot (1-g^2)$",
                "... and o, and through the tanh of g",
            ),
            (
                r"$dc_{t-1}^{\,\mathrm{next}} = dc_t \odot f_t \qquad dh_{t-1}^{\,\mathrm{next}} = dz_t W_h^\top$",
                "what step t − 1 gets; no weights on the way of c",
            ),
            (r"$dx_t = dz_t W_x^\top$", "(B,4H)(4H,D); for h: (B,4H)(4H,H)"),
            (r"$dW_x = \sum_t x_t^\top dz_t \qquad dW_h = \sum_t h_{t-1}^\top dz_t$", "add up over time"),
            (r"$db = \sum_t \sum_n dz_t$", "and over the batch"),
        ),
    ),
    (
        "How long it remembers",
        "lessons 2, 4, 6",
        (
            (
                r"RNN: $\|dh_{t-k}\| \leq \sigma_{\max}^{\,k}\, \|dh_t\|$",
                r"always, for one loss at $t$; $\sigma_{\max}$: largest singular value of $W_h$",
            ),
            (
                r"small signals: $\|dh_{t-k}\| \approx C \rho^{\,k}$",
                r"$\rho$: spectral radius; vanishes below 1, explodes above",
            ),
            (
                r"LSTM, along $c$ alone: $\partial c_t / \partial c_{t-k} = f_t \odot \cdots \odot f_{t-k+1}$",
                r"$f \approx \sigma(b_f)$: 0.5, 0.73, 0.95, 0.993 for $b_f$ = 0, 1, 3, 5",
            ),
            (r"half-life: $\ln \frac{1}{2} \,/\, \ln f$ steps", "69 steps for f = 0.99, 693 for 0.999"),
        ),
    ),
    (
        "Training",
        "lesson 7",
        (
            (
                r"$m = \beta_1 m + (1-\beta_1)\, dW \quad v = \beta_2 v + (1-\beta_2)\, dW^2$",
                r"Adam: running means; $\beta_1 = 0.9$, $\beta_2 = 0.999$",
            ),
            (
                r"$W = W - \eta\, \hat m / (\sqrt{\hat v} + \varepsilon)$",
                r"$\hat m = m/(1-\beta_1^N) \quad \hat v = v/(1-\beta_2^N)$; $N$: number of this update",
            ),
            (
                r"if $\|dW\| > \mathrm{limit}$:  $dW = dW \cdot \mathrm{limit} / \|dW\|$",
                "clipping, by the norm of all gradients together",
            ),
            (r"$b_f = \ln u \quad u \sim U(1, T-1) \quad b_i = -b_f$", "chrono initialisation"),
        ),
    ),
    (
        "Is it right?",
        "lessons 2, 6",
        (
            (
                r"$dw \approx (L(w+\varepsilon) - L(w-\varepsilon)) \,/\, (2\varepsilon)$",
                r"central difference, weight by weight, in 64 bits, $\varepsilon = 10^{-5}$",
            ),
        ),
    ),
)
# Heights as parts of the page; the sign of a sum or a root needs more.
LINE, TALL, GAP, TOP = 0.0322, 0.0105, 0.0225, 0.942
DRAWING = (0.06, 0.032, 0.88, 0.128)  # left, bottom, width and height of the cell's drawing
# The cell's drawing. Wires: (corners, colour, whether an arrow ends them); boxes: (x, y, text, edge, shape).
UP, DOWN = 16, 3.2
WIRES = (
    (((7, DOWN), (64, DOWN), (64, 5.4)), "x", False),
    (((19, -1.5), (19, DOWN)), "x", False),
    *((((x, DOWN), (x, 5.4)), "x", False) for x in (27, 40, 52)),
    (((7, UP), (25.4, UP)), "c", True),
    (((28.6, UP), (44.4, UP)), "c", True),
    (((47.6, UP), (88, UP)), "c", True),
    (((27, 9), (27, UP - 1.7)), "f", True),
    (((40, 9), (40, 11.4), (44.3, 11.4)), "i", True),
    (((52, 9), (52, 11.4), (47.7, 11.4)), "g", True),
    (((46, 13), (46, UP - 1.7)), "g", True),
    (((75, UP), (75, 8.9)), "c", True),
    (((68, 7.2), (73.3, 7.2)), "o", True),
    (((75, 5.5), (75, DOWN), (88, DOWN)), "h", True),
)
GATE, SIGN = "round,pad=0.4", "circle,pad=0.15"
NODES = (
    *(
        (x, 7.2, rf"${k} = {squash}(z^{k})$", k, GATE)
        for x, k, squash in ((27, "f", r"\sigma"), (40, "i", r"\sigma"), (52, "g", r"\tanh"), (64, "o", r"\sigma"))
    ),
    (75, 12.2, r"$\tanh$", "c", GATE),
    *((x, y, rf"$\{sign}$", "", SIGN) for x, y, sign in ((27, UP, "odot"), (46, 11.4, "odot"), (75, 7.2, "odot"))),
    (46, UP, "$+$", "", SIGN),
)
LABELS = (
    (3.5, UP, "$c_{t-1}$", 11),
    (3.5, DOWN, "$h_{t-1}$", 11),
    (22, -0.2, "$x_t$", 11),
    (91, UP, "$c_t$", 11),
    (91, DOWN, "$h_t$", 11),
    (3.5, UP - 2.6, "(B,H)", 7.5),
    (3.5, DOWN - 2.6, "(B,H)", 7.5),
    (26.6, -0.2, "(B,D)", 7.5),
    (91, UP - 2.6, "(B,H)", 7.5),
    (91, DOWN - 2.6, "(B,H)", 7.5),
    (44, 1.1, "$z = x_t W_x + h_{t-1} W_h + b$  (B,4H)", 7.9),
    (27, UP + 2.9, "keep", 7.5),
    (46, UP + 2.9, "add", 7.5),
    (79.5, 7.2, "show", 7.5),
)


def sheet():
    """The page as a figure of A4 size."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    fig = Figure(figsize=(8.27, 11.69))
    fig.text(0.06, 0.970, "LSTM from Scratch: formula sheet", fontsize=15, weight="bold")
    fig.text(0.06, 0.952, SHAPES, fontsize=8, color=COLOURS["x"])
    for x, blocks in ((0.06, LEFT), (0.52, RIGHT)):
        y = TOP
        for title, lesson, lines in blocks:
            y -= GAP
            fig.text(x, y, title, fontsize=11.5, weight="bold", color=COLOURS["o"])
            fig.text(x + 0.42, y, lesson, fontsize=7.5, color=COLOURS["x"], ha="right")
            fig.add_artist(Line2D([x, x + 0.42], [y - 0.006] * 2, color=COLOURS["o"], linewidth=0.7, alpha=0.5))
            for formula, says in lines:
                tall = TALL * (r"\sum" in formula or r"\sqrt" in formula)
                y -= LINE + tall
                fig.text(x, y + 0.0105 + 0.45 * tall, formula, fontsize=10.5, va="center")
                fig.text(x + 0.012, y - 0.0045, says, fontsize=8, va="center", color=COLOURS["x"])
            y -= 0.0095
    _cell(fig.add_axes(DRAWING))
    return fig


def _cell(ax):
    """One step of the cell, with shapes: the cell state runs along the top, the hidden state along the bottom."""
    ax.set(xlim=(0, 97), ylim=(0, 20), aspect="equal")
    ax.axis("off")
    for points, colour, head in WIRES:
        xs, ys = zip(*points, strict=True)
        ax.plot(xs, ys, color=COLOURS[colour], linewidth=1.7, solid_joinstyle="round", solid_capstyle="butt", zorder=1)
        if head:
            ax.annotate(
                "",
                points[-1],
                points[-2],
                arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "color": COLOURS[colour]},
            )
    for x, y, text, edge, shape in NODES:
        box = {"boxstyle": shape, "facecolor": "white", "edgecolor": COLOURS.get(edge, "black"), "linewidth": 1.4}
        ax.text(x, y, text, ha="center", va="center", fontsize=8.5, bbox=box, zorder=3)
    for x, y, text, size in LABELS:
        ax.text(x, y, text, ha="center", va="center", fontsize=size, color="black" if size > 8 else COLOURS["x"])


def write(file):
    """Write the page as a PDF, to a path or a binary file: the same bytes each time."""
    sheet().savefig(file, format="pdf", metadata={"CreationDate": None, "Producer": None, "Creator": None})
