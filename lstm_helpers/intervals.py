"""How sure a difference is: 95 % intervals of differences that were measured in pairs."""

import numpy as np

# The 97.5 % points of Student's distribution with 1, 2, ... degrees of freedom.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def over_seeds(ours, theirs):
    """The mean difference of two models' figures, and half of its 95 % interval (paired t interval).

    ours, theirs: a figure for each seed, 2 to 10 of them, the seeds in the same order. A few seeds say how much the
    training varies, not how much the test does: see ``over_cases``. Raises ValueError for other numbers of seeds.
    """
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape or not 2 <= len(ours) <= len(STUDENT) + 1:
        raise ValueError(
            f"expected two lists of the same 2 to {len(STUDENT) + 1} seeds, got shapes {ours.shape} and {theirs.shape}"
        )
    pairs = ours - theirs
    return pairs.mean(), STUDENT[len(pairs) - 2] * pairs.std(ddof=1) / len(pairs) ** 0.5


def over_cases(measure, *columns, groups=None, draws=2000, seed=0):
    """(measure of all cases, low, high): its 95 % interval over test sets that might have been (bootstrap).

    measure(*columns) -> a number, such as the difference of two models' accuracy. columns: arrays with an entry for
    each case, drawn together with replacement, so that what is compared is compared on the same cases. groups: a label
    for each case where cases belong together (copies, windows of one day): whole groups are drawn. The limits are the
    2.5 % and 97.5 % points of ``draws`` draws. Source: Efron 1979. Raises ValueError for columns of different lengths.
    """
    columns = [np.asarray(column) for column in columns]
    N = len(columns[0])
    if {len(column) for column in columns} != {N} or (groups is not None and len(groups) != N):
        raise ValueError(f"expected an entry for each case in every column, got {[len(column) for column in columns]}")
    rng = np.random.default_rng(seed)
    label = np.arange(N) if groups is None else np.unique(groups, return_inverse=True)[1]
    members = [np.flatnonzero(label == g) for g in range(label.max() + 1)] if groups is not None else None

    def again():
        if members is None:
            return rng.integers(N, size=N)
        return np.concatenate([members[g] for g in rng.integers(len(members), size=len(members))])

    drawn = [measure(*(column[rows] for column in columns)) for rows in (again() for _ in range(draws))]
    return (float(measure(*columns)), *(float(limit) for limit in np.quantile(drawn, [0.025, 0.975])))
