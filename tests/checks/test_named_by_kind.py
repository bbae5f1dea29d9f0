"""Wrong answers that readers gave of their own, and that had no name or passed: what each is told, on any seed."""

import pytest

from lstm_helpers import checks
from lstm_helpers.checks import judge
from tests.checks.test_false_names import looks

COUNTS = "the loop counts the sequences, not the steps"
TOLD = {  # (check, the cause): the answer
    ("cross_entropy", "the scores are divided by their sum, in nats"): """
        def cross_entropy(logits, targets):
            p = logits / logits.sum(axis=-1, keepdims=True)
            return np.mean(-np.log(np.take_along_axis(p, targets[..., None], axis=-1)))
        """,
    ("sampling_probabilities", "scores divided by their sum, and no np.exp"): """
        def sampling_probabilities(logits, temperature):
            scores = logits / temperature[:, None]
            return scores / scores.sum(axis=1, keepdims=True)
        """,
    ("loss_gradient", "scores divided by their sum, and no np.exp"): """
        def loss_gradient(logits, targets):
            p = logits / logits.sum(axis=-1, keepdims=True)
            return (p - (targets[..., None] == np.arange(p.shape[-1]))) / targets.size / np.log(2)
        """,
    ("kept_share", "the product of the batch alone"): """
        def kept_share(f):
            return np.exp(np.log(f).sum(axis=1))
        """,
    ("early_stopping", "failures are counted in total, and the first epoch is one"): """
        def early_stopping(validation, patience):
            best = waited = 0
            for epoch, loss in enumerate(validation):
                if loss < validation[best]:
                    best = epoch
                else:
                    waited += 1
                if waited == patience:
                    break
            return best, epoch
        """,
    ("gru_layers", "H is read off the input"): """
        def gru_layers(x, h_prev, W_x, W_h, b):
            H, n = x.shape[1], slice(2 * x.shape[1], None)
            r, z = (sigmoid(x @ W_x[:, k] + h_prev @ W_h[:, k] + b[k]) for k in (slice(0, H), slice(H, 2 * H)))
            new = np.tanh(x @ W_x[:, n] + (r * h_prev) @ W_h[:, n] + b[n])
            return r, z, new
        """,
    ("lstm_step_stacked", "H is H + D"): """
        def lstm_step_stacked(x, h_prev, c_prev, W, b):
            z, H = np.hstack((h_prev, x)) @ W + b, len(W)
            i, f, g, o = (z[:, k * H : (k + 1) * H] for k in range(4))
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            c = f * c_prev + i * g
            return o * np.tanh(c), c
        """,
    ("lstm_step_stacked", "all rows of W are for h_prev"): """
        def lstm_step_stacked(x, h_prev, c_prev, W, b):
            H = len(W)
            top, rest = W[:H], W[H:]
            z = h_prev @ top + x @ rest + b
            return lstm_step(x, h_prev, c_prev, rest, top, b)
        """,
    ("lstm_step_fused", "H is the width of all four blocks"): """
        def lstm_step_fused(z_x, h_prev, c_prev, W_h):
            z, H = z_x + h_prev @ W_h, z_x.shape[1]
            i, f, o = sigmoid(z[:, :H]), sigmoid(z[:, H:2 * H]), sigmoid(z[:, 3 * H:])
            g = np.tanh(z[:, 2 * H:3 * H])
            c = f * c_prev + i * g
            return o * np.tanh(c), c
        """,
    ("lstm_backward", "db has a row for each sequence"): """
        def lstm_backward(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
            dz, dh_0, dc_0 = pre_activation_gradients(dh, dh_next, dc_next, c, gates, W_h)
            dW_x, dW_h, db = 0, 0, 0
            for t in range(len(x)):
                dW_x, dW_h, db = dW_x + x[t].T @ dz[t], dW_h + h[t].T @ dz[t], db + dz[t]
            return dz @ W_x.T, dh_0, dc_0, dW_x, dW_h, db
        """,
    ("lstm_backward", "dz of the whole batch is added to db"): """
        def lstm_backward(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
            steps, dh_0, dc_0 = pre_activation_gradients(dh, dh_next, dc_next, c, gates, W_h)
            bias = np.zeros(len(W_h) * 4)
            for dz in steps:
                bias += dz
            return steps @ W_x.T, dh_0, dc_0, *weight_gradients(steps, x, h)[:2], bias
        """,
    ("pad", "each step takes the row before"): """
        def pad(rows, lengths):
            x = np.zeros((max(lengths), len(lengths), rows.shape[1]))
            mask, starts = np.zeros(x.shape[:2]), np.cumsum(lengths) - lengths
            for k, n in enumerate(lengths):
                for t in range(n):
                    x[t, k], mask[t, k] = rows[starts[k] + t - 1], 1
            return x, mask
        """,
    ("pad", "the cut begins at row start - 1"): """
        def pad(rows, lengths):
            x = np.zeros((max(lengths), len(lengths), rows.shape[1]))
            mask, ends = np.zeros(x.shape[:2]), np.cumsum(lengths)
            for k, n in enumerate(lengths):
                x[:n, k] = rows[ends[k] - n - 1 : ends[k] - 1]
                mask[:n, k] = 1
            return x, mask
        """,
    ("last_states", "every pair of end and sequence, in one row for each end"): """
        def last_states(h, lengths):
            return np.reshape(h[lengths - 1], (len(lengths), -1))
        """,
    ("last_states", "a reshape to (B, T, H)"): """
        def last_states(h, lengths):
            T, B, H = h.shape
            return np.array([states[n - 1] for states, n in zip(h.reshape(B, T, H), lengths)])
        """,
    ("softmax", "the result is rounded"): """
        def softmax(logits):
            e = np.exp(logits - logits.max(-1, keepdims=True))
            return np.round(e / e.sum(-1, keepdims=True), 4)
        """,
    ("encode", "ids of one byte"): """
        def encode(codes, vocab):
            table = np.zeros(max(vocab) + 1, np.uint8)
            table[vocab] = np.arange(len(vocab))
            return table[codes]
        """,
    ("rnn_step", "the input's part and the past's part are squashed each by itself"): """
        def rnn_step(x, h_prev, W_x, W_h, b):
            return np.tanh(x @ W_x + b) + np.tanh(h_prev @ W_h)
        """,
    ("rnn_forward", COUNTS): """
        def rnn_forward(x, h_0, W_x, W_h, b):
            h, hs = h_0, []
            for t in range(h_0.shape[0]):
                h = rnn_step(x[t], h, W_x, W_h, b)
                hs.append(h)
            return np.array(hs)
        """,
    ("rnn_backward", COUNTS): """
        def rnn_backward(dh, x, h, W_x, W_h):
            dx, carried, A, B, d = np.zeros(x.shape), 0, 0, 0, 0
            for t in range(len(h[0]) - 1, -1, -1):
                dx[t], carried, a, b, e = rnn_step_backward(dh[t] + carried, x[t], h[t], h[t + 1], W_x, W_h)
                A, B, d = A + a, B + b, d + e
            return dx, carried, A, B, d
        """,
    ("rnn_backward", "dz of the whole batch is added to db"): """
        def rnn_backward(dh, x, h, W_x, W_h):  # the line that fails is the last of a loop
            dx, back, A, B, db = np.zeros(x.shape), np.zeros(h[0].shape), 0, 0, np.zeros(len(W_h))
            for t in reversed(range(len(x))):
                dz = (dh[t] + back) * (1 - h[t + 1] ** 2)
                dx[t], back = dz @ W_x.T, dz @ W_h.T
                A, B = A + x[t].T @ dz, B + h[t].T @ dz
                db += dz
            return dx, back, A, B, db
        """,
    ("lstm_forward_cached", "c_0 is changed in place, and all of c is the last cell state"): """
        def lstm_forward_cached(x, h_0, c_0, W_x, W_h, b):
            h, c, hs, cs, gates = h_0, c_0, [h_0], [c_0], []
            for x_t in x:
                i, f, g, o = np.split(x_t @ W_x + h @ W_h + b, 4, axis=1)
                i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
                c *= f
                c += i * g
                h = o * np.tanh(c)
                hs.append(h)
                cs.append(c)
                gates.append(np.hstack([i, f, g, o]))
            return np.stack(hs), np.stack(cs), np.stack(gates)
        """,
    ("cross_entropy", "log softmax runs along time"): """
        def cross_entropy(logits, targets):
            z = logits - np.logaddexp.reduce(logits, axis=0)
            return -np.take_along_axis(z, targets[..., None], -1).mean() / np.log(2)
        """,
    ("central_difference", "divided by 2e-5, whatever eps is"): """
        def central_difference(w, x, y, eps=1e-5):
            g = np.zeros(w.shape)
            for k in np.ndindex(w.shape):
                e = np.zeros(w.shape)
                e[k] = eps
                g[k] = (loss(w + e, x, y) - loss(w - e, x, y)) / 2e-5
            return g
        """,
    ("lstm_step", "the new hidden state shows what is written alone"): """
        def lstm_step(x, h_prev, c_prev, W_x, W_h, b):
            i, f = input_gate(x, h_prev, W_x, W_h, b), forget_gate(x, h_prev, W_x, W_h, b)
            g, o = candidate(x, h_prev, W_x, W_h, b), output_gate(x, h_prev, W_x, W_h, b)
            c = f * c_prev + i * g
            return o * np.tanh(i * g), c
        """,
    ("project_inputs", "reshaped back with time and batch exchanged, then transposed"): """
        def project_inputs(x, W_x, b):
            T, B, D = x.shape
            return (x.reshape(T * B, D) @ W_x + b).reshape(B, T, -1).transpose(1, 0, 2)
        """,
    ("lstm_forward", COUNTS): """
        def lstm_forward(x, h_0, c_0, W_x, W_h, b):
            h, c, hs = h_0, c_0, []
            z = project_inputs(x, W_x, b)
            for t in range(len(h_0)):
                h, c = lstm_step_fused(z[t], h, c, W_h)
                hs.append(h)
            return np.array(hs), (h, c)
        """,
    ("lstm_forward_masked", COUNTS): """
        def lstm_forward_masked(x, mask, h_0, c_0, W_x, W_h, b):
            h, c, hs = h_0, c_0, []
            z = project_inputs(x, W_x, b)
            for t in range(len(h_0)):
                m = mask[t][:, None]
                h_new, c_new = lstm_step_fused(z[t], h, c, W_h)
                h, c = m * h_new + (1 - m) * h, m * c_new + (1 - m) * c
                hs.append(m * h)
            return np.array(hs), (h, c)
        """,
    ("lstm_step_backward", "dc of the next step goes through the slope of tanh too"): """
        def lstm_step_backward(dh, dc, x, h_prev, c_prev, c, gates, W_x, W_h):
            i, f, g, o = np.split(gates, 4, axis=1)
            do, more = hidden_update_backward(dh, o, c)
            df, dcp, di, dg = cell_update_backward((dc + dh * o) * (1 - np.tanh(c) ** 2), f, c_prev, i, g)
            dz = gates_backward(di, df, dg, do, i, f, g, o)
            dx, dhp, a, b_, d = pre_activation_backward(dz, x, h_prev, W_x, W_h)
            return dx, dhp, dcp, a, b_, d
        """,
    ("lstm_backward", COUNTS): """
        def lstm_backward(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
            dx, A, B, d = np.zeros_like(x), 0, 0, 0
            for t in range(dh.shape[1] - 1, -1, -1):
                dx[t], dh_next, dc_next, a, b, e = lstm_step_backward(
                    dh[t] + dh_next, dc_next, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h
                )
                A, B, d = A + a, B + b, d + e
            return dx, dh_next, dc_next, A, B, d
        """,
    ("lstm_backward", "the last step's own gradient comes in twice"): """
        def lstm_backward(dh, dh_next, dc_next, x, h, c, gates, W_x, W_h):
            dhn, dcn = dh_next + dh[-1], dc_next
            dx, A, B, db = np.zeros_like(x), 0, 0, 0
            for t in reversed(range(len(x))):
                dx[t], dhn, dcn, a, b_, d = lstm_step_backward(
                    dh[t] + dhn, dcn, x[t], h[t], c[t], c[t + 1], gates[t], W_x, W_h
                )
                A, B, db = A + a, B + b_, db + d
            return dx, dhn, dcn, A, B, db
        """,
    ("masked_mse", "the mask is made as (B, T), and reshaped"): """
        def masked_mse(pred, target, lengths):
            m = np.arange(pred.shape[0])[None, :] < lengths[:, None]
            m = m.reshape(pred.shape)
            d = np.where(m, pred - target, 0)
            return (d**2).sum() / m.sum(), 2 * d / m.sum()
        """,
    ("witten_bell", "u is the number of occurrences, or the two are mixed half and half"): """
        def witten_bell(counts, below):
            s = counts.sum(1, keepdims=True)
            return np.where(s > 0, 0.5 * counts / np.maximum(s, 1) + 0.5 * below, below)
        """,
    ("score_text", "the length of a one-hot row is taken from the ids"): """
        def score_text(ids, h, c, W_x, W_h, b, W_y, b_y):
            out, V, r = [], ids.max() + 1, np.arange(ids.shape[1])
            for t in range(len(ids) - 1):
                h, c = lstm_step(np.eye(V)[ids[t]], h, c, W_x, W_h, b)
                out.append(-log_softmax(h @ W_y + b_y)[r, ids[t + 1]])
            return np.array(out), h, c
        """,
}


@pytest.mark.parametrize(("name", "cause"), TOLD, ids=map(" ".join, TOLD))
def test_what_was_done_is_what_is_told(name, cause):
    for result in looks(name, TOLD[name, cause], range(6)):
        assert result.state in (judge.WRONG, judge.ERROR)
        assert result.cause == cause, result.text


def test_arrays_that_do_not_fit_are_told_the_axis():
    source = """
        def lstm_step_stacked(x, h_prev, c_prev, W, b):
            z = np.concatenate([h_prev, x], axis=0) @ W + b
            i, f, g, o = np.split(z, 4, axis=1)
            c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
            return sigmoid(o) * np.tanh(c), c
        """
    for result in looks("lstm_step_stacked", source, [0]):
        assert "along that axis: axis=-1 joins them side by side, axis=0 one below the other" in result.text


FALSE = {  # (check, cause): what its advice must say
    ("masked_mse", "the gradient has the opposite sign"): "with respect to pred is +2 (pred - target)",
    ("masked_mse", "the absolute error"): "2 * error / N as its gradient",
    ("gradient_agreement", "the lengths are those of matrices"): "np.linalg.norm(a, 2) is a matrix norm",
    ("beam_step", "the totals so far are forgotten"): "of the line it goes on from: add `total[:, None]`",
    ("beam_step", "V lines are kept"): "Keep K lines, as many as came in.",
}


@pytest.mark.parametrize(("name", "cause"), FALSE, ids=map(" ".join, FALSE))
def test_advices_that_stopped_a_reader_are_mended(name, cause):
    (advice,) = [m.advice for m in checks.find(name).misconceptions if m.name == cause]
    assert FALSE[name, cause] in advice
