"""Wrong answers in styles of their own, and the slip that each of them is: named so on every seed."""

import pytest

from tests.checks.test_false_names import looks

NAMED = {  # cause: (check, answer)
    "the last stretch of small errors, not the first": (
        "solved_after",
        """
        def solved_after(errors, window):
            def good(n):
                return errors[n - window:n].mean() < 0.01 and errors[n - window:n].max() <= 0.04
            low, high = window, len(errors)
            if high < window or not good(high):
                return 0
            while low < high:
                middle = (low + high) // 2
                low, high = (low, middle) if good(middle) else (middle + 1, high)
            return low
        """,
    ),
    "divided by p": ("dropout", "def dropout(h, u, p): return np.where(u >= p, h, 0.0) / max(p, 1e-12)"),
    "an improvement has to exceed a margin": (
        "early_stopping",
        """
        def early_stopping(validation, patience):
            best = 0
            for epoch, loss in enumerate(validation):
                best = epoch if loss < 0.99 * validation[best] else best
                if epoch - best >= patience:
                    break
            return best, epoch
        """,
    ),
    "two slips at once: the same loss counts as better; and stops one epoch late": (
        "early_stopping",
        """
        def early_stopping(validation, patience):
            best = 0
            for epoch, loss in enumerate(validation):
                best = epoch if loss <= validation[best] else best
                if epoch - best > patience:
                    return best, epoch
            return best, len(validation) - 1
        """,
    ),
    "the last target of a stream is its own first number": (
        "cut_streams",
        """
        def cut_streams(series, B, T):
            L = (len(series) - 1) // B
            K = L // T
            columns = series[:L * B].reshape(B, L).T
            nexts = np.roll(columns, -1, axis=0)
            return columns[:K * T].reshape(K, T, B), nexts[:K * T].reshape(K, T, B)
        """,
    ),
    "u counts what followed once": (
        "witten_bell",
        """
        def witten_bell(counts, below):
            s, u = counts.sum(axis=1, keepdims=True), np.maximum((counts == 1).sum(axis=1, keepdims=True), 1)
            return (counts + u * below) / (s + u)
        """,
    ),
    "the temperature has no effect": (
        "with_temperature",
        """
        def with_temperature(scores, tau):
            e = np.exp(scores - scores.max(axis=1, keepdims=True)) / tau
            return e / e.sum(axis=1, keepdims=True)
        """,
    ),
    "the character that goes beyond top is dropped, 0 everywhere if it is the first": (
        "nucleus",
        """
        def nucleus(p, top):
            order = np.argsort(-p, axis=1)
            ranked = np.take_along_axis(p, order, axis=1)
            out = np.zeros_like(p)
            np.put_along_axis(out, order, np.where(np.cumsum(ranked, axis=1) <= top, ranked, 0), axis=1)
            return out / np.maximum(out.sum(axis=1, keepdims=True), 1e-9)
        """,
    ),
    "no ranking at all": (
        "nucleus",
        """
        def nucleus(p, top):
            kept = np.where(np.cumsum(p, axis=1) - p < top, p, 0)
            return kept / kept.sum(axis=1, keepdims=True)
        """,
    ),
    "the K best as np.argpartition leaves them": (
        "beam_step",
        """
        def beam_step(log_p, total):
            flat = (total[:, None] + log_p).ravel()
            best = np.argpartition(-flat, len(total) - 1)[:len(total)]
            return flat[best], *np.divmod(best, log_p.shape[1])
        """,
    ),
    "a line that is not alive counts as -1000": (
        "beam_step",
        """
        def beam_step(log_p, total):
            flat = np.where(total == -np.inf, -1000.0, total)[:, None] + log_p
            best = np.argsort(-flat, axis=None)[:len(total)]
            return flat.ravel()[best], *np.divmod(best, log_p.shape[1])
        """,
    ),
    "each line goes on with the likeliest character after it": (
        "beam_step",
        """
        def beam_step(log_p, total):
            new = total + log_p.max(axis=1)
            order = np.argsort(-new)
            return new[order], order, log_p.argmax(axis=1)[order]
        """,
    ),
}


@pytest.mark.parametrize(("cause", "name", "source"), [(cause, *of) for cause, of in NAMED.items()], ids=NAMED)
def test_a_slip_in_another_style_has_the_name_of_its_kind(cause, name, source):
    assert {result.cause for result in looks(name, source, range(4))} == {cause}
