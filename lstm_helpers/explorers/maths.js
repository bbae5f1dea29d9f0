// The mathematics of a small recurrent network that trains in the browser: what lstm_helpers.nn and .training compute.
//
// This text may stand between shared.js and an explorer's own. Arrays are flat Float64Arrays, row by row: x (T, B, D) holds
// x[t, b, d] at (t * B + b) * D + d. Shapes are written as in the lessons: T time steps, B batch, D inputs, H units.
// Parameters and gradients are objects, name -> array: W_x (D, H), W_h (H, H), b (H,) of the RNN; 4H columns, gates in
// the order i, f, g, o, of the LSTM; W (D, K), b (K,) of a linear layer. Sizes are read from them.

// ------------------------------------------------------------------------------------------------ matrices

// out (n, p) += A (n, m) B (m, p). Two rows of A and four of B at once: most of the time goes into reaching the numbers.
export function addProduct(out, A, B, n, m, p) {
  const pairs = n - (n % 2), fours = m - (m % 4);
  for (let row = 0; row < pairs; row += 2) {
    const from = row * m, from2 = from + m, to = row * p, to2 = to + p;
    for (let k = 0; k < fours; k += 4) {
      const a0 = A[from + k], a1 = A[from + k + 1], a2 = A[from + k + 2], a3 = A[from + k + 3];
      const c0 = A[from2 + k], c1 = A[from2 + k + 1], c2 = A[from2 + k + 2], c3 = A[from2 + k + 3];
      const k0 = k * p, k1 = k0 + p, k2 = k1 + p, k3 = k2 + p;
      for (let j = 0; j < p; j++) {
        const b0 = B[k0 + j], b1 = B[k1 + j], b2 = B[k2 + j], b3 = B[k3 + j];
        out[to + j] += a0 * b0 + a1 * b1 + a2 * b2 + a3 * b3;
        out[to2 + j] += c0 * b0 + c1 * b1 + c2 * b2 + c3 * b3;
      }
    }
  }
  for (let row = 0; row < n; row++) { // what is left of a pair or a four
    const from = row * m, to = row * p;
    let k = row < pairs ? fours : 0;
    for (; k < fours; k += 4) {
      const a0 = A[from + k], a1 = A[from + k + 1], a2 = A[from + k + 2], a3 = A[from + k + 3];
      const k0 = k * p, k1 = k0 + p, k2 = k1 + p, k3 = k2 + p;
      for (let j = 0; j < p; j++) out[to + j] += a0 * B[k0 + j] + a1 * B[k1 + j] + a2 * B[k2 + j] + a3 * B[k3 + j];
    }
    for (; k < m; k++) {
      const a = A[from + k];
      for (let j = 0; j < p; j++) out[to + j] += a * B[k * p + j];
    }
  }
  return out;
}

// A (n, m) turned into (m, n).
export function transposed(A, n, m) {
  const out = new Float64Array(n * m);
  for (let r = 0; r < n; r++) for (let c = 0; c < m; c++) out[c * n + r] = A[r * m + c];
  return out;
}

// Each row of `out` starts as b.
function filledWith(b, rows) {
  const out = new Float64Array(rows * b.length);
  for (let r = 0; r < rows; r++) out.set(b, r * b.length);
  return out;
}

function columnSums(A, width) {
  const sums = new Float64Array(width);
  for (let k = 0; k < A.length; k += width) for (let j = 0; j < width; j++) sums[j] += A[k + j];
  return sums;
}

// Row t of an array whose rows have `size` numbers: a view.
const at = (array, t, size) => array.subarray(t * size, (t + 1) * size);

// ------------------------------------------------------------------------------------------ recurrent layers

// The RNN, h_t = tanh(x_t W_x + h_{t-1} W_h + b), over x (T, B, D) from h_0 (B, H), zeros by default.
// Returns the pass, which rnnBackward needs: h (T + 1, B, H), where h[t] is the state before step t, x and B.
export function rnnForward(params, x, B, h_0) {
  const { W_x, W_h, b } = params;
  const H = b.length, D = W_x.length / H, T = x.length / (B * D), size = B * H;
  const z = addProduct(filledWith(b, T * B), x, W_x, T * B, D, H);
  const h = new Float64Array((T + 1) * size);
  if (h_0) h.set(h_0);
  for (let t = 0; t < T; t++) {
    const z_t = addProduct(at(z, t, size), at(h, t, size), W_h, B, H, H);
    const h_t = at(h, t + 1, size);
    for (let k = 0; k < size; k++) h_t[k] = Math.tanh(z_t[k]);
  }
  return { x, B, h };
}

// Back-propagation through time. dh (T, B, H) is the loss's own gradient at each step, dh_T (B, H) what the last state
// gets from beyond the end; either may be left out. Returns
//   dx (T, B, D);  dh (T + 1, B, H), the whole gradient of the state before step t: dh[0] is that of h_0;
//   grads {W_x, W_h, b}
export function rnnBackward(params, pass, up) {
  const { dz, dh } = rnnSweep(params, pass, up);
  return { ...sharedGradients(dz, pass, params), dh };
}

// The states alone: dh as above, and dz (T, B, H), the gradient of what goes into the tanh. With `rows`, a multiple of B, so
// many gradients go back at once, row n through sequence n % B: then B is `rows` in all shapes but that of the pass.
export function rnnSweep({ W_h, b }, { B, h }, { dh: own, dh_T }, rows = B) {
  const H = b.length, size = rows * H, T = h.length / (B * H) - 1;
  const W_hT = transposed(W_h, H, H);
  const dh = new Float64Array((T + 1) * size), dz = new Float64Array(T * size);
  if (own) dh.set(own, size);
  if (dh_T) add(at(dh, T, size), dh_T);
  for (let t = T - 1; t >= 0; t--) {
    const dz_t = at(dz, t, size), dh_t = at(dh, t + 1, size), slope = at(h, t + 1, B * H).map((v) => 1 - v * v);
    for (let from = 0; from < size; from += B * H) for (let k = 0; k < B * H; k++) dz_t[from + k] = dh_t[from + k] * slope[k];
    addProduct(at(dh, t, size), dz_t, W_hT, rows, H, H);
  }
  return { dz, dh };
}

// The LSTM over x (T, B, D) from h_0 and c_0 (B, H), zeros by default. Returns the pass, which lstmBackward needs:
//   h, c (T + 1, B, H), the states before step t;  gates (T, B, 4H), i, f, g, o side by side;  tanh_c (T, B, H);  x, B
export function lstmForward(params, x, B, h_0, c_0) {
  const { W_x, W_h, b } = params;
  const H = b.length / 4, D = W_x.length / (4 * H), T = x.length / (B * D), size = B * H;
  const gates = addProduct(filledWith(b, T * B), x, W_x, T * B, D, 4 * H);
  const h = new Float64Array((T + 1) * size), c = new Float64Array((T + 1) * size), tanh_c = new Float64Array(T * size);
  if (h_0) h.set(h_0);
  if (c_0) c.set(c_0);
  for (let t = 0; t < T; t++) {
    const z = addProduct(at(gates, t, 4 * size), at(h, t, size), W_h, B, H, 4 * H);
    for (let row = 0; row < B; row++) {
      const z_i = row * 4 * H, z_f = z_i + H, z_g = z_f + H, z_o = z_g + H;
      const prev = t * size + row * H, now = prev + size;
      for (let k = 0; k < H; k++) {
        const i = (z[z_i + k] = sigmoid(z[z_i + k]));
        const f = (z[z_f + k] = sigmoid(z[z_f + k]));
        const g = (z[z_g + k] = Math.tanh(z[z_g + k]));
        const o = (z[z_o + k] = sigmoid(z[z_o + k]));
        c[now + k] = f * c[prev + k] + i * g;
        h[now + k] = o * (tanh_c[prev + k] = Math.tanh(c[now + k]));
      }
    }
  }
  return { x, B, h, c, gates, tanh_c };
}

// All steps backwards. dh (T, B, H) is the loss's own gradient at each step, dh_T and dc_T (B, H) what the last states get
// from beyond the end; each may be left out. Returns
//   dx (T, B, D);  dh, dc (T + 1, B, H), the whole gradients of the states before step t: dh[0], dc[0] are those of h_0, c_0;
//   grads {W_x, W_h, b}
export function lstmBackward(params, pass, up) {
  const { dz, dh, dc } = lstmSweep(params, pass, up);
  return { ...sharedGradients(dz, pass, params), dh, dc };
}

// The states alone: dh and dc as above, and dz (T, B, 4H), the gradient of what goes into the gates. `rows` as in rnnSweep.
export function lstmSweep({ W_h, b }, { B, c, gates, tanh_c }, { dh: own, dh_T, dc_T }, rows = B) {
  const H = b.length / 4, size = rows * H, T = tanh_c.length / (B * H);
  const W_hT = rows > 1 ? transposed(W_h, H, 4 * H) : null; // of one sequence, W_h times a column is the same
  const dh = new Float64Array((T + 1) * size), dc = new Float64Array((T + 1) * size), dz = new Float64Array(4 * T * size);
  if (own) dh.set(own, size);
  if (dh_T) add(at(dh, T, size), dh_T);
  if (dc_T) dc.set(dc_T, T * size);
  for (let t = T - 1; t >= 0; t--) {
    for (let row = 0; row < rows; row++) {
      const n = t * B + (row % B), i_n = n * 4 * H, f_n = i_n + H, g_n = f_n + H, o_n = g_n + H; // of the pass
      const z_i = (t * rows + row) * 4 * H, z_f = z_i + H, z_g = z_f + H, z_o = z_g + H;
      const prev = (t * rows + row) * H, now = prev + size;
      for (let k = 0; k < H; k++) {
        const i = gates[i_n + k], f = gates[f_n + k], g = gates[g_n + k], o = gates[o_n + k];
        const shown = tanh_c[n * H + k];
        const dh_t = dh[now + k];
        const dc_t = (dc[now + k] += dh_t * o * (1 - shown * shown));
        dz[z_i + k] = dc_t * g * i * (1 - i);
        dz[z_f + k] = dc_t * c[n * H + k] * f * (1 - f);
        dz[z_g + k] = dc_t * i * (1 - g * g);
        dz[z_o + k] = dh_t * shown * o * (1 - o);
        dc[prev + k] = dc_t * f;
      }
    }
    if (W_hT) addProduct(at(dh, t, size), at(dz, t, 4 * size), W_hT, rows, 4 * H, H);
    else addProduct(at(dh, t, size), W_h, at(dz, t, 4 * size), H, 4 * H, 1);
  }
  return { dz, dh, dc };
}

// What all steps and sequences contribute to x and the parameters, in one product each.
function sharedGradients(dz, { x, h }, { W_x, W_h, b }) {
  const width = b.length, H = W_h.length / width, D = W_x.length / width, rows = dz.length / width;
  const dx = addProduct(new Float64Array(x.length), dz, transposed(W_x, D, width), rows, width, D);
  const grads = {
    W_x: addProduct(new Float64Array(D * width), transposed(x, rows, D), dz, D, rows, width),
    W_h: addProduct(new Float64Array(H * width), transposed(h, rows, H), dz, H, rows, width), // h_T is not among the rows
    b: columnSums(dz, width),
  };
  return { dx, grads };
}

function add(to, array) {
  for (let k = 0; k < to.length; k++) to[k] += array[k];
}

// ------------------------------------------------------------------------------------------ readout and loss

// y = x W + b for the rows of x (N, D): y (N, K).
export function linearForward({ W, b }, x) {
  const K = b.length, D = W.length / K, N = x.length / D;
  return addProduct(filledWith(b, N), x, W, N, D, K);
}

// From dy (N, K) to dx (N, D) and grads {W, b}.
export function linearBackward({ W, b }, x, dy) {
  const K = b.length, D = W.length / K, N = x.length / D;
  const dx = addProduct(new Float64Array(N * D), dy, transposed(W, D, K), N, K, D);
  return { dx, grads: { W: addProduct(new Float64Array(D * K), transposed(x, N, D), dy, D, N, K), b: columnSums(dy, K) } };
}

// The mean of -log softmax(logits)[target] over the rows of logits (N, V), in nats; targets: N classes, 0 to V - 1.
// Returns {loss, gradient (N, V)}.
export function softmaxCrossEntropy(logits, targets) {
  const N = targets.length, V = logits.length / N;
  const gradient = new Float64Array(N * V);
  let loss = 0;
  for (let n = 0; n < N; n++) {
    const row = n * V;
    let largest = -Infinity, total = 0;
    for (let v = 0; v < V; v++) largest = Math.max(largest, logits[row + v]);
    for (let v = 0; v < V; v++) total += gradient[row + v] = Math.exp(logits[row + v] - largest);
    for (let v = 0; v < V; v++) gradient[row + v] /= total * N;
    gradient[row + targets[n]] -= 1 / N;
    loss += Math.log(total) + largest - logits[row + targets[n]];
  }
  return { loss: loss / N, gradient };
}

// The mean of (pred - target)^2. Returns {loss, gradient}, the gradient as pred.
export function meanSquaredError(pred, target) {
  const gradient = pred.map((y, k) => (2 / pred.length) * (y - target[k]));
  return { loss: pred.reduce((sum, y, k) => sum + (y - target[k]) ** 2, 0) / pred.length, gradient };
}

// -------------------------------------------------------------------------------------------------- training

// The global norm of gradients {name: array}.
export function norm(grads) {
  let total = 0;
  for (const grad of Object.values(grads)) for (let k = 0; k < grad.length; k++) total += grad[k] * grad[k];
  return Math.sqrt(total);
}

// Scale all gradients by one factor, in place, so that their global norm is at most `limit`. Returns the norm before.
// Pascanu, Mikolov & Bengio 2013, algorithm 1.
export function clipByNorm(grads, limit) {
  const before = norm(grads);
  const scale = limit / (before + 1e-6);
  if (scale < 1) for (const grad of Object.values(grads)) for (let k = 0; k < grad.length; k++) grad[k] *= scale;
  return before;
}

const zerosLike = (params) => Object.fromEntries(Object.entries(params).map(([name, p]) => [name, new Float64Array(p.length)]));

// An optimiser of params {name: array}, which change in place: step(grads) updates each once; `lr` may be changed.
// Steps of about lr: the running mean of the gradient over the root of its running mean square, both corrected for
// their start at 0. Kingma & Ba 2015, algorithm 1.
export function adam(params, lr, [beta1, beta2] = [0.9, 0.999], eps = 1e-8) {
  const mean = zerosLike(params), square = zerosLike(params);
  let steps = 0;
  return {
    lr,
    step(grads) {
      steps += 1;
      const mean_by = 1 - beta1 ** steps, square_by = 1 - beta2 ** steps;
      for (const [name, p] of Object.entries(params)) {
        const grad = grads[name], m = mean[name], s = square[name];
        for (let k = 0; k < p.length; k++) {
          m[k] += (1 - beta1) * (grad[k] - m[k]);
          s[k] += (1 - beta2) * (grad[k] * grad[k] - s[k]);
          p[k] -= (this.lr * (m[k] / mean_by)) / (Math.sqrt(s[k] / square_by) + eps);
        }
      }
    },
  };
}

// ---------------------------------------------------------------------------------------- chance and beginnings

// A generator of random numbers from a whole number: the same seed, the same numbers, in every browser.
// uniform(low, high), integer(n) from 0 to n - 1, normal(). The generator is mulberry32; normal() is Box and Muller's.
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform: (low = 0, high = 1) => low + (high - low) * next(),
    integer: (n) => Math.floor(n * next()),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

// Parameters of a layer, uniform between +-1/sqrt(H) as torch.nn draws them; `blocks` is 1 for the RNN, 4 for the LSTM.
export function recurrentParams(D, H, blocks, rng) {
  const drawn = (n) => Float64Array.from({ length: n }, () => rng.uniform(-(H ** -0.5), H ** -0.5));
  return { W_x: drawn(D * blocks * H), W_h: drawn(H * blocks * H), b: drawn(blocks * H) };
}

export function linearParams(D, K, rng) {
  const drawn = (n) => Float64Array.from({ length: n }, () => rng.uniform(-(D ** -0.5), D ** -0.5));
  return { W: drawn(D * K), b: drawn(K) };
}

// A random orthogonal matrix (H, H), drawn evenly: Gram and Schmidt's way through random normal columns.
export function orthogonal(H, rng) {
  const columns = [];
  while (columns.length < H) {
    const v = Float64Array.from({ length: H }, rng.normal);
    for (const q of [...columns, ...columns]) { // twice: rounding leaves a trace the first time
      const along = q.reduce((sum, q_k, k) => sum + q_k * v[k], 0);
      for (let k = 0; k < H; k++) v[k] -= along * q[k];
    }
    const length = norm({ v });
    columns.push(v.map((v_k) => v_k / length));
  }
  return Float64Array.from({ length: H * H }, (_, k) => columns[k % H][Math.floor(k / H)]);
}

// Each gate's block of W_h (H, blocks H) becomes a random orthogonal matrix: it keeps the length of h_{t-1}.
export function makeOrthogonal({ W_h, b }, rng) {
  const width = b.length, H = W_h.length / width;
  for (let start = 0; start < width; start += H) {
    const q = orthogonal(H, rng);
    for (let r = 0; r < H; r++) W_h.set(at(q, r, H), r * width + start);
  }
}

// The forget gate's slice of an LSTM's b becomes `value`.
export function setForgetBias({ b }, value) {
  b.fill(value, b.length / 4, b.length / 2);
}
