"""Pictures of lesson 8: the grammar, five cells against the lag, the paper's table, one success, a stream, a counter.

Each ``..._picture`` returns what ``figures.show`` makes of it. Shapes here: ``T`` time steps, ``H`` hidden units.
"""

from collections import defaultdict

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.lines import Line2D

from lstm_helpers import wording
from lstm_helpers.data import tasks_1997
from lstm_helpers.figures import COLOURS, TEXT, look, show
from lstm_helpers.lessons.long_term_memory import experiments
from lstm_helpers.paper import results
from lstm_helpers.paper.rows import ROWS

# ---------------------------------------------------------------- the grammar

PLACES = [(0, 0), (1, 0), (2, 0.8), (2, -0.8), (3.2, 0.8), (3.2, -0.8), (4.2, 0)]
LOOP = {2: 1, 3: -1}  # nodes with an arrow to themselves: above or below
OUTER = {"T": 2.2, "P": -2.2}  # the two ways through the embedding: how high they run


def _arrow(ax, start, end, symbol, *, bend=0.0, at=(0, 0), colour="#333333"):
    style = {"arrowstyle": "-|>", "color": colour, "shrinkA": 11, "shrinkB": 11, "lw": 1.6,
             "connectionstyle": f"arc3,rad={bend}"}  # fmt: skip
    ax.annotate("", end, start, arrowprops=style)
    x, y = (np.add(start, end) / 2) + np.array(at)
    ax.text(x, y, symbol, ha="center", va="center", weight="bold", color=colour,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip


def grammar_picture():
    """Reber's grammar as a map of arrows, and the embedding around it with its two ways."""
    with look():
        fig, (ax, outer) = plt.subplots(1, 2, figsize=(8.8, 3.4), width_ratios=(1.6, 1), layout="constrained")
        for node, arrows in enumerate(tasks_1997.GRAMMAR):
            for symbol, after in arrows:
                if after == node:
                    x, y = PLACES[node]
                    up = LOOP[node]
                    style = {"arrowstyle": "-|>", "color": "#333333", "lw": 1.6, "shrinkA": 5, "shrinkB": 5,
                             "connectionstyle": f"arc3,rad={-1.6 * up}"}  # fmt: skip
                    ax.annotate("", (x + 0.2, y + 0.12 * up), (x - 0.2, y + 0.12 * up), arrowprops=style)
                    ax.text(x, y + 0.78 * up, symbol, ha="center", va="center", weight="bold")
                else:
                    end = (5.0, 0) if after is None else PLACES[after]
                    _arrow(ax, PLACES[node], end, symbol)
            ax.plot(*PLACES[node], "o", markersize=17, markerfacecolor="#eef3f7", markeredgecolor="#333333", zorder=3)
        ax.plot(5.0, 0, "o", markersize=17, markerfacecolor="#333333", markeredgecolor="#333333", zorder=3)
        ax.set(xlim=(-0.4, 5.4), ylim=(-1.9, 1.9), title="Reber's grammar: follow the arrows")
        for symbol, y in OUTER.items():
            colour = TEXT["f"] if symbol == "T" else TEXT["o"]
            for start, end in (((0.6, 0), (1.3, y / 2)), ((3.9, y / 2), (4.6, 0))):
                _arrow(outer, start, end, symbol, colour=colour)
            outer.text(2.6, y / 2, "a whole string\nof the grammar", ha="center", va="center", fontsize=10.5,
                       bbox={"facecolor": "#eef3f7", "edgecolor": colour, "boxstyle": "round", "pad": 0.5})  # fmt: skip
        for start, end, symbol in (((-1.2, 0), (0.6, 0), "B"), ((4.6, 0), (6.4, 0), "E")):
            _arrow(outer, start, end, symbol)
            for at in (start, end):
                face = "#333333" if at == (6.4, 0) else "#eef3f7"
                outer.plot(*at, "o", markersize=11, markerfacecolor=face, markeredgecolor="#333333", zorder=3)
        outer.set(xlim=(-1.6, 6.8), ylim=(-1.9, 1.9), title="embedded: twice the same")
        for each in (ax, outer):
            each.axis("off")
    arrows = [
        f"{s} from {n} to {'the end' if m is None else m}" for n, a in enumerate(tasks_1997.GRAMMAR) for s, m in a
    ]
    return show(
        fig,
        f"Left, a map of seven nodes, 0 to 6, and lettered arrows: {', '.join(arrows)}. Right, the embedding: B, then "
        "T or P, then a whole string of the grammar, then the same T or P again, then E.",
    )


# ---------------------------------------------------------------- five cells against the lag


def lags_picture():
    """Of five seeds, how many solve the task at each lag: a square for each cell and lag, with the median effort."""
    lags, cells = experiments.LAGS, list(experiments.CELLS)
    runs = {(cell, lag): experiments.of("lag", lag, cell) for cell in cells for lag in lags}
    met = np.array([[sum(run["met"] for run in runs[cell, lag]) for lag in lags] for cell in cells])
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 3.5), layout="constrained")
        ax.imshow(met, cmap="cividis", vmin=0, vmax=5, aspect="auto")
        for y, cell in enumerate(cells):
            for x, lag in enumerate(lags):
                counts = [run["sequences"] for run in runs[cell, lag] if run["met"]]
                said = f"{met[y, x]} of {len(runs[cell, lag])}"
                said += f"\nafter {np.median(counts):,.0f}" if counts else ""
                ax.text(x, y, said, ha="center", va="center", color="black" if met[y, x] > 2 else "white")
        ax.set_xticks(range(len(lags)), [str(lag) for lag in lags])
        ax.set_yticks(range(len(cells)), cells)
        ax.set(xlabel="distractors between the symbol and the question, at least")
        ax.set_title("How many of five seeds learn to remember one symbol")
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
    told = "; ".join(
        f"{cell}: " + ", ".join(f"{met[y, x]} of 5 at {lag}" for x, lag in enumerate(lags))
        for y, cell in enumerate(cells)
    )
    return show(fig, f"A grid of five cells and four lags; each square says how many of five seeds learn it. {told}.")


# ---------------------------------------------------------------- the paper's table

TASKS = {"reber": "1 embedded Reber", "words": "2a two words", "random-words": "2b two words, random", "lag": "2c lag",
         "plain": "3a two classes", "noisy": "3b in noise", "targets": "3c noisy targets", "adding": "4 adding",
         "multiplication": "5 product", "order": "6 order", "continual-reber": "2000 continual Reber",
         "anbn": "2001 a^n b^n", "anbncn": "2001 a^n b^n c^n"}  # fmt: skip
MAIN = "LSTM"  # the cell whose rows all have to be run; the others are a contrast


def row_label(row):
    """As "4 adding, 100": the experiment's number or the later paper's year, its task, and the sizes in its name."""
    name = row.name if row.name in TASKS else row.name.split("-")[0]
    sizes = row.name.removeprefix(name).strip("-").replace("-", ", ")
    return f"{TASKS[name]}{', ' * bool(sizes)}{sizes}"


def table(runs=None):
    """[(Row, cell, Reached or None)]: what the stored runs reached, row by row; None where the LSTM was not run yet.

    The LSTM comes first, and after it the other cells of the row that were run.
    """
    held = defaultdict(list)
    for run in results.read() if runs is None else runs:
        held[run["row"], run["cell"]].append(run)
    lines = [(row, cell, held.get((row.name, cell))) for row in ROWS for cell in row.cells]
    return [(row, cell, runs and results.reached(row, runs)) for row, cell, runs in lines if runs or cell == MAIN]


def verdict(row, reached):
    """Whether the runs hold what the paper tells of a row: "yes", "NO", "not run", or "" where its figures are not
    known for certain."""
    return "not run" if reached is None else "" if not row.paper.checked else "yes" if reached.holds else "NO"


def table_lines(runs=None):
    """The table as lines of text: the paper's figures beside ours, medians of the runs that met the rule."""
    yield f"{'':<25}{'sequences until the rule':>26}{'wrong answers':>17}"
    yield f"{'':<25}{'paper':>15}{'ours':>11}{'paper':>9}{'ours':>8}   {'success':<10}held"
    for row, cell, reached in table(runs):
        paper = row.paper if cell == MAIN and row.paper.checked else None
        theirs = f"{paper.sequences:,}" if paper else ""
        wrong = f"{paper.wrong:.2%}" if paper and paper.wrong is not None else ""
        ours = of_ours = success = ""
        if reached:
            ours = f"{reached.sequences[0]:,.0f}" if reached.met else "-"
            of_ours = f"{reached.wrong:.2%}" if reached.met else "-"
            success = f"{reached.met} of {reached.runs}"
        label, held = (row_label(row), verdict(row, reached)) if cell == MAIN else (f"   {cell}", "")
        line = f"{label:<25}{theirs:>15}{ours:>11}{wrong:>9}{of_ours:>8}   {success:<10}{held}"
        yield line.rstrip()


def share_with_fewer_sequences():
    """Of the LSTM's rows that were run and can be compared, the share that took fewer sequences than the paper."""
    compared = [reached for row, cell, reached in table() if cell == MAIN and reached and row.paper.checked]
    return np.mean([reached.fewer for reached in compared])


def paper_picture(runs=None):
    """Training sequences of the paper and of the stored runs, row by row; missed and missing rows are marked."""
    lines = table(runs)
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 1.2 + 0.165 * len(lines)), layout="constrained")
        for y, (row, cell, reached) in enumerate(lines):
            paper, main = row.paper.sequences, cell == MAIN
            if main and row.paper.checked:
                ax.plot(paper, y, "D", color=COLOURS["x"], markersize=6)
            if reached is None or not reached.met:
                why = "not run yet" if reached is None else "rule never met"
                at, side = (paper / 1.25, "right") if main else (1100, "left")
                ax.text(at, y, why, ha=side, va="center", color="#595959", style="italic", fontsize=10)
                continue
            middle, least, most = reached.sequences
            missed = main and verdict(row, reached) == "NO"
            colour = COLOURS["f"] if missed else COLOURS["o"] if main else COLOURS["i"]
            ax.plot([least, most], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt")
            ax.plot(middle, y, "X" if missed else "o" if main else "s", color=colour, markersize=8 if main else 6)
            if reached.met < reached.runs:
                told = {"color": "#595959", "style": "italic", "fontsize": 10}
                ax.text(most * 1.12, y, _of_the_runs(reached), ha="left", va="center", **told)
        ax.set_yticks(range(len(lines)), [row_label(row) if cell == MAIN else cell for row, cell, _ in lines])
        for label, (_, cell, _) in zip(ax.get_yticklabels(), lines, strict=True):
            label.set(color="#333333" if cell == MAIN else "#737373")
        ax.set(
            xscale="log",
            xlim=(1000, 2.5e6),
            ylim=(len(lines) - 0.4, -0.6),
            xlabel="training sequences until the paper's rule was met",
        )
        ax.grid(axis="y", color="#f1f1f1")
        keys = {
            "the paper": {"marker": "D", "color": COLOURS["x"], "linestyle": ""},
            "today's LSTM, median and range": {"marker": "o", "color": COLOURS["o"]},
            "today's LSTM: more sequences, fewer successes or more errors": {"marker": "X", "color": COLOURS["f"]},
            "another cell on the task above": {"marker": "s", "color": COLOURS["i"]},
        }
        handles = [Line2D([], [], label=label, markersize=7, **style) for label, style in keys.items()]
        fig.legend(handles=handles, loc="outside lower center", ncols=2)
        said = [verdict(row, reached) for row, cell, reached in lines if cell == MAIN]
        held, compared, missing = said.count("yes"), said.count("yes") + said.count("NO"), said.count("not run")
        left = f", {missing} still to run" if missing else ""
        ax.set_title(f"1997 again: {wording.count(held, 'row')} of {compared} held{left}")
    told = "; ".join(_said(*line) for line in lines)
    return show(
        fig, f"Training sequences on a logarithmic axis, a line for each row of the tables and each cell. {told}."
    )


def _said(row, cell, reached):
    paper = f": paper {row.paper.sequences:,}" if cell == MAIN and row.paper.checked else ""
    name = f"{row_label(row)}{paper}" if cell == MAIN else f"{row_label(row)} by the {cell}"
    if reached is None:
        return f"{name}, not run yet"
    if not reached.met:
        return f"{name}, never met"
    judged = {"yes": ", nothing worse", "NO": ", something worse"}.get(verdict(row, reached), "") if paper else ""
    some = f" in {_of_the_runs(reached)}" if reached.met < reached.runs else ""
    return f"{name}, {'ours ' if paper else ''}{reached.sequences[0]:,.0f}{some}{judged}"


def _of_the_runs(reached):
    return f"{reached.met} of {wording.count(reached.runs, 'run')}"


# ---------------------------------------------------------------- one success


def telling_units(net, batch):
    """Which unit's c tells the first mark, and which the second, in the last state: two places."""
    c = experiments.states_at(net, batch, 99)[1]
    marks = np.array([batch.truth // 2, batch.truth % 2]) * 2 - 1
    fits = np.abs([np.corrcoef(np.column_stack([c, mark]).T)[-1, :-1] for mark in marks])
    one = int(fits[0].argmax())
    fits[1, one] = -1
    return one, int(fits[1].argmax())


def success_picture(net):
    """Two units of a network that has learned the temporal order, over one sequence of each order."""
    batch = net.task.draw(np.random.default_rng(11), 400)
    one, two = telling_units(net, batch)
    chosen = [int(np.flatnonzero(batch.truth == k)[0]) for k in range(4)]
    net.scores(batch, train=True)
    seen = net.layer.gates()
    names = ["XX", "XY", "YX", "YY"]
    styles = dict(zip(names, ((COLOURS["f"], "-"), (COLOURS["f"], "--"), (COLOURS["o"], "-"), (COLOURS["o"], "--")),
                      strict=True))  # fmt: skip
    with look():
        fig, axes = plt.subplots(3, 1, figsize=(8.6, 6.6), sharex=True, layout="constrained")
        for name, n in zip(names, chosen, strict=True):
            colour, line = styles[name]
            steps = np.arange(batch.lengths[n])
            for ax, unit in zip(axes[:2], (one, two), strict=True):
                ax.plot(steps, seen["c"][steps, n, unit], color=colour, linestyle=line, label=name)
        n = chosen[1]
        steps = np.arange(batch.lengths[n])
        for gate, line, word in (("i", "-", "input gate"), ("f", "--", "forget gate")):
            axes[2].plot(steps, seen[gate][steps, n, one], line, color=COLOURS[gate], label=word, linewidth=1.6)
        for t in np.flatnonzero(batch.x[:, n, 6:].any(axis=1)):
            axes[2].annotate("XY"[batch.x[t, n, 7:].astype(int)[0]], (t, 1.06), ha="center", weight="bold",
                             annotation_clip=False)  # fmt: skip
        for ax, words in zip(axes[:2], ("c of the unit that tells the first mark", "c of another, for the second"),
                             strict=True):  # fmt: skip
            ax.set_ylabel("cell state c")
            ax.set_title(words)
        for ax in axes[:2]:
            for start in (10, 50):
                ax.axvspan(start, start + 10, color="#f0f0f0", zorder=0)
        axes[2].set(xlabel="time step", ylabel="gate", ylim=(-0.05, 1.2))
        axes[2].set_title("gates of the first unit, in the sequence with XY")
        axes[0].legend(loc="upper left", ncols=4, bbox_to_anchor=(0.5, 1.22), columnspacing=1.2)
        axes[2].legend(loc="center right")
    ends = [seen["c"][95, n, one] for n in chosen]
    return show(
        fig,
        "Three panels over about 105 steps. Above, the cell state of one unit in four sequences: after the first mark, "
        f"at steps 10 to 20, it separates X first from Y first and stays apart; at step 95 it is {ends[0]:.1f}, "
        f"{ends[1]:.1f}, {ends[2]:.1f}, {ends[3]:.1f} for XX, XY, YX, YY. Middle, a unit that separates them after the "
        "second mark. Below, the input and the forget gate of the first unit in one sequence.",
    )


# ---------------------------------------------------------------- a stream, and a counter


def stream_picture(sizes):
    """Mean |c| while a stream is read. sizes: {name: (T,)}."""
    lines = zip(sizes.items(), ((COLOURS["f"], "-"), (COLOURS["o"], "-"), (COLOURS["i"], "--")), strict=False)
    with look():
        fig, ax = plt.subplots(figsize=(8.6, 3.4), layout="constrained")
        for (name, size), (colour, line) in lines:
            ax.plot(size, color=colour, linestyle=line, label=name)
        ax.set(xlabel="symbols read", ylabel="mean |c|")
        ax.set_title("Without a forget gate, the cell state grows and grows")
        ax.legend(loc="upper left")
    told = "; ".join(
        f"{name}: {size[100]:.0f} after 100 symbols, {size[-1]:.0f} at the end" for name, size in sizes.items()
    )
    return show(
        fig,
        f"Mean size of the cell state against the number of symbols read, up to about 1,100, for cells "
        f"that were trained on single strings. The cell without a forget gate grows in a straight line. {told}.",
    )


def counter_picture(nets, n=30):
    """One unit of each network over a^n b^n: the one that best follows the count. nets: {name: Network}."""
    x = experiments.string_of(2, n).x
    count = np.concatenate([[0], np.arange(1, n + 1), np.arange(n - 1, 0, -1)])
    with look():
        fig, axes = plt.subplots(1, len(nets), figsize=(8.6, 3.2), layout="constrained")
        told = []
        for ax, (name, net) in zip(axes, nets.items(), strict=True):
            h, _ = net.layer.forward(x)
            gates = net.layer.gates() if len(net.layer.states) == 2 else {"c": h}
            held = gates["c"][: len(count), 0]
            unit = np.argmax(np.abs(np.corrcoef(held.T, count)[-1, :-1]))
            ax.plot(held[:, unit], color=COLOURS["c" if "c" in net.layer.states else "h"])
            for left in (10, 2 * n - 10):
                ax.axvline(left, color="#8a8a8a", linestyle=":", linewidth=1.2)
            bound, state = ("no bound", "c") if "c" in net.layer.states else ("between -1 and 1", "h")
            ax.set(xlabel="symbols read", ylabel=f"{state} of one unit", title=f"{name}: {bound}")
            told.append(f"{name}: {held[1, unit]:.1f} after one a, {held[n, unit]:.1f} after {n}, "
                        f"{held[-1, unit]:.1f} before the last b")  # fmt: skip
    return show(
        fig,
        f"The unit that follows the count best, over {n} a and {n} b; dotted, where the count is 10, the largest that "
        f"was ever seen in training. {'; '.join(told)}.",
    )
