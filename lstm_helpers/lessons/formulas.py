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
            (r"$dz_t = dh_t \odot (1 - h_t^2)$", "through the tanh"),
            (
                r"$dh_{t-1} = dh_{t-1}^{\,\mathrm{loss}} + dz_t W_h^\top \quad dx_t = dz_t W_x^\top$",
                r"times $W_h^\top$ at each step back: this vanishes or explodes",
            ),
            (r"$dW_x = \sum_t x_t^\top dz_t \quad dW_h = \sum_t h_{t-1}^\top dz_t$", "the same weights at each step"),
            (r"$db = \sum_t \sum_n dz_t$", r"$n$: the sequences of the batch"),
        ),
    ),
    (
        "The gates of an LSTM",
        "lesson 3",
        (
            (r"$z_t = x_t W_x + h_{t-1} W_h + b$", "(B,4H): one product for all four"),
            (r"$z = [\,z^i \;|\; z^f \;|\; z^g \;|\; z^o\,]$", "H columns each, always in the order i, f, g, o"),
            (r"$i = \sigma(z^i) \quad f = \sigma(z^f) \quad o = \sigma(z^o)$", "the gates: fractions, 0 to 1"),
            (r"$g = \tanh(z^g)$", "the candidate: values, −1 to 1"),
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
            (r"$\sigma(z) = 1/(1 + e^{-z}) \quad \sigma' = \sigma(1 - \sigma) \leq 1/4$", r"$\sigma(0) = 1/2$"),
            (r"$\tanh' = 1 - \tanh^2 \leq 1$", r"$\tanh(z) = 2\sigma(2z) - 1$"),
        ),
    ),
    (
        "Choosing one of K",
        "lesson 1",
        (
            (r"$p_k = e^{s_k} / \sum_j e^{s_j}$", r"softmax; subtract the largest s first; temperature: $s / \tau$"),
            (
                r"$L = -\ln p_y \quad ds = p - \mathrm{onehot}(y)$",
                r"for one guess; the loss is the mean; bits: $L / \ln 2$",
            ),
        ),
    ),
)
RIGHT = (
    (
        "One LSTM step backwards",
        "lesson 6",
        (
            (r"$dh_t = dh_t^{\,\mathrm{loss}} + dh_t^{\,\mathrm{next}}$", "from the loss, and from step t + 1"),
            (r"$do = dh_t \odot \tanh(c_t)$", "from the hidden update"),
            (
                r"$dc_t = dc_t^{\,\mathrm{next}} + dh_t \odot o_t \odot (1 - \tanh^2 c_t)$",
                "kept and shown: used twice, collects twice",
            ),
            (r"$df = dc_t \odot c_{t-1} \quad di = dc_t \odot g_t \quad dg = dc_t \odot i_t$", "from the cell update"),
            (r"$dc_{t-1} = dc_t \odot f_t$", "the highway: no weights on it"),
            (r"$dz^i = di\, i(1-i) \quad dz^f = df\, f(1-f)$", "through the sigmoids of i, f ..."),
            (r"$dz^o = do\, o(1-o) \quad dz^g = dg\,(1-g^2)$", "... and o, and through the tanh of g"),
            (r"$dx_t = dz_t W_x^\top \quad dh_{t-1} = dz_t W_h^\top$", "(B,4H)(4H,D) and (B,4H)(4H,H)"),
            (r"$dW_x = \sum_t x_t^\top dz_t \quad dW_h = \sum_t h_{t-1}^\top dz_t$", "add up over time"),
            (r"$db = \sum_t \sum_n dz_t$", "and over the batch"),
        ),
    ),
    (
        "How long it remembers",
        "lessons 2, 4, 6",
        (
            (r"RNN: $\|dh_{t-n}\| \sim \rho^{\,n}$", r"$\rho$: spectral radius of $W_h$, small signals"),
            (
                r"LSTM: $dc_{t-n} = dc_t\, \prod f$",
                r"$f \approx \sigma(b_f)$: 0.5, 0.73, 0.95, 0.993 for $b_f$ = 0, 1, 3, 5",
            ),
            (r"half-life: $n = \ln \frac{1}{2} \,/\, \ln f$", "69 steps for f = 0.99, 693 for 0.999"),
        ),
    ),
    (
        "Training",
        "lesson 7",
        (
            (r"$m = \beta_1 m + (1-\beta_1)\, dW \quad v = \beta_2 v + (1-\beta_2)\, dW^2$", "Adam"),
            (
                r"$W = W - \eta\, \hat m / (\sqrt{\hat v} + \varepsilon)$",
                r"$\hat m = m/(1-\beta_1^n) \quad \hat v = v/(1-\beta_2^n)$",
            ),
            (r"$\|dW\| > k:\; dW = k\, dW / \|dW\|$", "clipping by the norm of all gradients"),
            (r"$b_f = \ln u,\; u \sim U(1, T-1) \quad b_i = -b_f$", "chrono"),
        ),
    ),
    (
        "Is it right?",
        "lessons 2, 6",
        ((r"$dw \approx (L(w+\varepsilon) - L(w-\varepsilon))/2\varepsilon$", "central difference, weight by weight"),),
    ),
)
LINE, TALL, GAP, TOP = 0.0375, 0.011, 0.0235, 0.938  # heights as parts of the page; a sum sign needs more


def sheet():
    """The page as a figure of A4 size."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    fig = Figure(figsize=(8.27, 11.69))
    fig.text(0.06, 0.966, "LSTM from Scratch: formula sheet", fontsize=15, weight="bold")
    fig.text(0.06, 0.947, SHAPES, fontsize=8, color=COLOURS["x"])
    for x, blocks in ((0.06, LEFT), (0.52, RIGHT)):
        y = TOP
        for title, lesson, lines in blocks:
            y -= GAP
            fig.text(x, y, title, fontsize=11.5, weight="bold", color=COLOURS["o"])
            fig.text(x + 0.42, y, lesson, fontsize=7.5, color=COLOURS["x"], ha="right")
            fig.add_artist(Line2D([x, x + 0.42], [y - 0.006] * 2, color=COLOURS["o"], linewidth=0.7, alpha=0.5))
            for formula, says in lines:
                tall = TALL * (r"\sum" in formula)
                y -= LINE + tall
                fig.text(x, y + 0.0125 + 0.45 * tall, formula, fontsize=11, va="center")
                fig.text(x + 0.012, y - 0.0045, says, fontsize=8, va="center", color=COLOURS["x"])
            y -= 0.011
    return fig


def write(file):
    """Write the page as a PDF, to a path or a binary file: the same bytes each time."""
    sheet().savefig(file, format="pdf", metadata={"CreationDate": None, "Producer": None, "Creator": None})
