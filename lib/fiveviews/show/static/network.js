// A trained encoder and the fields it chooses, in the browser: from a picture to a surface.
// fiveviews/show/browser.py writes the weights in the order in which they are read here. The
// function is also the source of a worker, so it uses nothing from outside.
window.fvNetwork = function () {
  "use strict";

  // IEEE half precision, two bytes a number, to float32.
  function halves(buffer) {
    return Float32Array.from(new Uint16Array(buffer), (h) => {
      const sign = h & 0x8000 ? -1 : 1, power = (h >> 10) & 31, rest = h & 1023;
      return sign * (power ? (1 + rest / 1024) * 2 ** (power - 15) : rest * 2 ** -24);
    });
  }

  function convolve(input, { weights, bias, width, kernel, stride, pad }) {
    const { data, channels, size } = input, out = Math.floor((size + 2 * pad - kernel) / stride) + 1;
    const result = new Float32Array(width * out * out);
    for (let o = 0, at = 0; o < width; o++) {
      for (let y = 0; y < out; y++) {
        for (let x = 0; x < out; x++, at++) {
          let sum = bias[o];
          for (let c = 0; c < channels; c++) {
            for (let i = 0; i < kernel; i++) {
              const row = y * stride + i - pad;
              if (row < 0 || row >= size) continue;
              for (let j = 0; j < kernel; j++) {
                const column = x * stride + j - pad;
                if (column < 0 || column >= size) continue;
                sum += weights[((o * channels + c) * kernel + i) * kernel + j] * data[(c * size + row) * size + column];
              }
            }
          }
          result[at] = sum;
        }
      }
    }
    return { data: result, channels: width, size: out };
  }

  function pool({ data, channels, size }) { // the largest of 3 × 3, every second
    const out = Math.floor((size - 1) / 2) + 1, result = new Float32Array(channels * out * out).fill(-Infinity);
    for (let c = 0, at = 0; c < channels; c++) {
      for (let y = 0; y < out; y++) {
        for (let x = 0; x < out; x++, at++) {
          for (let row = Math.max(0, 2 * y - 1); row <= Math.min(size - 1, 2 * y + 1); row++) {
            for (let column = Math.max(0, 2 * x - 1); column <= Math.min(size - 1, 2 * x + 1); column++) {
              result[at] = Math.max(result[at], data[(c * size + row) * size + column]);
            }
          }
        }
      }
    }
    return { data: result, channels, size: out };
  }

  const rectify = (x) => { x.data.forEach((v, i) => { if (v < 0) x.data[i] = 0; }); return x; };

  function linear(weights, bias, x) {
    return Float32Array.from(bias, (b, o) => x.reduce((sum, v, i) => sum + weights[o * x.length + i] * v, b));
  }

  // Weights (a flat array) and their plan to what can be computed with.
  function load(weights, plan) {
    let at = 0;
    const take = (count) => weights.subarray(at, (at += count));
    const layer = ([channels, width, kernel, stride, pad]) => ({
      width, kernel, stride, pad, weights: take(width * channels * kernel * kernel), bias: take(width),
    });
    const { hidden, code, features } = plan;
    const encoder = {
      stem: layer(plan.stem),
      blocks: plan.blocks.map(({ first, second, shortcut }) => ({
        first: layer(first), second: layer(second), shortcut: shortcut && layer(shortcut),
      })),
      head: [take(code * features), take(code)],
    };
    const warper = {
      ofCode: take(4 * hidden * code), ofPoint: take(4 * hidden * 3), bias: take(4 * hidden),
      recurrent: take(hidden * 4 * hidden), head: take(6 * hidden), headBias: take(6),
    };
    const template = plan.template.map(([from, to]) => ({ from, to, weights: take(from * to), bias: take(to) }));
    return { plan, encoder, warper, template };
  }

  // Picture, planes of red, green, blue in [0, 1], to features and code.
  function encode({ plan, encoder }, picture) {
    const area = plan.size * plan.size;
    const data = Float32Array.from(picture, (v, i) => (v - plan.mean[Math.floor(i / area)]) / plan.std[Math.floor(i / area)]);
    let x = pool(rectify(convolve({ data, channels: 3, size: plan.size }, encoder.stem)));
    for (const { first, second, shortcut } of encoder.blocks) {
      const inner = convolve(rectify(convolve(x, first)), second), around = shortcut ? convolve(x, shortcut) : x;
      inner.data.forEach((v, i) => { inner.data[i] = v + around.data[i]; });
      x = rectify(inner);
    }
    const cells = x.size * x.size, features = new Float32Array(x.channels);
    x.data.forEach((v, i) => { features[Math.floor(i / cells)] += v / cells; });
    return { features, code: linear(...encoder.head, features) };
  }

  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const tanh = (x) => 1 - 2 / (1 + Math.exp(2 * x)); // several times as fast as Math.tanh

  // The field of a code: a function from points (3n numbers) to values (n).
  function field({ plan, warper, template }, code) {
    const { hidden, warps } = plan, wide = 4 * hidden;
    const constant = linear(warper.ofCode, warper.bias, code);
    const gates = new Float32Array(wide), h = new Float32Array(hidden), memory = new Float32Array(hidden);
    const layers = template.map((layer) => new Float32Array(layer.to)), { recurrent } = warper;
    function warp(p) {
      h.fill(0);
      memory.fill(0);
      for (let step = 0; step < warps; step++) {
        for (let j = 0; j < wide; j++) {
          gates[j] = constant[j] + warper.ofPoint[3 * j] * p[0] + warper.ofPoint[3 * j + 1] * p[1] + warper.ofPoint[3 * j + 2] * p[2];
        }
        for (let k = 0; step && k < hidden; k += 4) { // four at a time: memory is what takes time
          const a = h[k], b = h[k + 1], c = h[k + 2], d = h[k + 3], row = k * wide;
          for (let j = 0; j < wide; j++) {
            gates[j] += a * recurrent[row + j] + b * recurrent[row + wide + j] +
              c * recurrent[row + 2 * wide + j] + d * recurrent[row + 3 * wide + j];
          }
        }
        for (let k = 0; k < hidden; k++) {
          const kept = sigmoid(gates[hidden + k]) * memory[k];
          memory[k] = kept + sigmoid(gates[k]) * tanh(gates[2 * hidden + k]);
          h[k] = sigmoid(gates[3 * hidden + k]) * tanh(memory[k]);
        }
        for (let k = 0; k < 3; k++) {
          let [v, xi] = [warper.headBias[k], warper.headBias[3 + k]];
          for (let i = 0; i < hidden; i++) {
            v += warper.head[k * hidden + i] * h[i];
            xi += warper.head[(3 + k) * hidden + i] * h[i];
          }
          p[k] += xi + v * p[k];
        }
      }
      return p;
    }
    function read(p) {
      let x = p;
      template.forEach(({ from, to, weights, bias }, index) => {
        const y = layers[index], last = index === template.length - 1;
        for (let o = 0; o < to; o++) {
          let sum = bias[o];
          for (let i = 0; i < from; i++) sum += weights[o * from + i] * x[i];
          y[o] = last ? tanh(sum) : Math.max(0, sum);
        }
        x = y;
      });
      return x[0];
    }
    return (points) => {
      const values = new Float32Array(points.length / 3), p = new Float32Array(3);
      for (let i = 0; i < values.length; i++) {
        p.set(points.subarray(3 * i, 3 * i + 3));
        values[i] = read(warp(p));
      }
      return values;
    };
  }

  // Values on n³ points of [-1, 1]³, indexed [x, y, z]: true ones near the surface, elsewhere ±1.
  // Blocks of 4 and then of 2 cells are left out where the field, no steeper than slope, has no zero.
  function sample(ask, n, slope, progress) {
    const place = (i) => 2 * i / (n - 1) - 1, values = new Float32Array(n * n * n).fill(NaN);
    let asked = 0;
    const evaluate = (points, share) => {
      const found = new Float32Array(points.length / 3), batch = 512;
      for (let i = 0; i < found.length; i += batch) {
        found.set(ask(points.subarray(3 * i, 3 * Math.min(found.length, i + batch))), i);
        progress(share[0] + (share[1] - share[0]) * i / found.length);
      }
      asked += found.length;
      return found;
    };
    let blocks = [];
    for (let x = 0; x < n - 1; x += 4) for (let y = 0; y < n - 1; y += 4) for (let z = 0; z < n - 1; z += 4) blocks.push([x, y, z]);
    const fill = ([x, y, z], side, value) => {
      for (let i = x; i <= Math.min(n - 1, x + side); i++) for (let j = y; j <= Math.min(n - 1, y + side); j++) {
        for (let k = z; k <= Math.min(n - 1, z + side); k++) {
          const at = (i * n + j) * n + k;
          if (Number.isNaN(values[at])) values[at] = value < 0 ? -1 : 1;
        }
      }
    };
    for (const [side, share] of [[4, [0, 0.1]], [2, [0.1, 0.4]]]) {
      const reach = slope * Math.sqrt(3) * side / (n - 1);
      const middles = Float32Array.from(blocks.flatMap((low) => low.map((i) => place(Math.min(n - 1, i + side / 2)))));
      const found = evaluate(middles, share);
      const near = blocks.filter((low, b) => {
        if (Math.abs(found[b]) <= reach) return true;
        fill(low, side, found[b]);
        return false;
      });
      if (side === 2) { blocks = near; break; }
      blocks = near.flatMap(([x, y, z]) => [0, 2].flatMap((a) => [0, 2].flatMap((b) => [0, 2].map((c) => [x + a, y + b, z + c]))))
        .filter((low) => low.every((i) => i < n - 1));
    }
    const nodes = new Set();
    for (const [x, y, z] of blocks) {
      for (let i = x; i <= Math.min(n - 1, x + 2); i++) for (let j = y; j <= Math.min(n - 1, y + 2); j++) {
        for (let k = z; k <= Math.min(n - 1, z + 2); k++) nodes.add((i * n + j) * n + k);
      }
    }
    const order = [...nodes], points = new Float32Array(3 * order.length);
    order.forEach((at, i) => points.set([Math.floor(at / n / n), Math.floor(at / n) % n, at % n].map(place), 3 * i));
    evaluate(points, [0.4, 1]).forEach((v, i) => { values[order[i]] = v; });
    return { values, asked };
  }

  // Surface nets: a vertex in each cell that the surface crosses, a square across each edge.
  function surface(values, n) {
    const vertices = [], faces = [], number = new Int32Array(n * n * n).fill(-1);
    const jump = [n * n, n, 1], corners = [0, 1, 2, 3, 4, 5, 6, 7].map((c) => [c >> 2, (c >> 1) & 1, c & 1]);
    const offset = corners.map((c) => c[0] * jump[0] + c[1] * jump[1] + c[2]);
    for (let x = 0; x < n - 1; x++) for (let y = 0; y < n - 1; y++) for (let z = 0; z < n - 1; z++) {
      const at = (x * n + y) * n + z, v = offset.map((o) => values[at + o]);
      const inside = v.filter((value) => value < 0).length;
      if (!inside || inside === 8) continue;
      const sum = [0, 0, 0];
      let count = 0;
      for (let a = 0; a < 8; a++) for (const bit of [1, 2, 4]) {
        const b = a | bit;
        if (b === a || (v[a] < 0) === (v[b] < 0)) continue;
        const t = v[a] / (v[a] - v[b]);
        for (let k = 0; k < 3; k++) sum[k] += corners[a][k] + t * (corners[b][k] - corners[a][k]);
        count++;
      }
      number[at] = vertices.length / 3;
      [x, y, z].forEach((low, k) => vertices.push(2 * (low + sum[k] / count) / (n - 1) - 1));
    }
    for (let x = 0; x < n; x++) for (let y = 0; y < n; y++) for (let z = 0; z < n; z++) {
      const place = [x, y, z], at = (x * n + y) * n + z;
      for (let d = 0; d < 3; d++) {
        const [u, v] = [(d + 1) % 3, (d + 2) % 3];
        if (place[d] === n - 1 || !place[u] || !place[v] || place[u] === n - 1 || place[v] === n - 1) continue;
        const inside = values[at] < 0;
        if (inside === (values[at + jump[d]] < 0)) continue;
        const square = [at - jump[u] - jump[v], at - jump[v], at, at - jump[u]].map((cell) => number[cell]);
        const [a, b, c, e] = inside ? square : square.reverse();
        faces.push(a, b, c, a, c, e);
      }
    }
    return { vertices: Float32Array.from(vertices), faces: Uint16Array.from(faces) };
  }

  // How steep the field is between neighbours that were evaluated: what was promised is to be kept.
  function steepest(values, n) {
    let most = 0;
    for (let at = 0; at < values.length; at++) {
      if (Math.abs(values[at]) === 1) continue; // only a sign
      const place = [Math.floor(at / n / n), Math.floor(at / n) % n, at % n];
      [n * n, n, 1].forEach((jump, d) => {
        const next = place[d] < n - 1 ? values[at + jump] : 1;
        if (Math.abs(next) !== 1) most = Math.max(most, Math.abs(values[at] - next));
      });
    }
    return most * (n - 1) / 2;
  }

  function reconstruct(network, picture, n, progress = () => {}) {
    const { features, code } = encode(network, picture), ask = field(network, code);
    let { slope } = network.plan, found = sample(ask, n, slope, progress);
    for (let tries = 0; tries < 3 && steepest(found.values, n) > slope; tries++) {
      slope = 1.3 * steepest(found.values, n);
      found = sample(ask, n, slope, progress);
    }
    return { features, code, asked: found.asked, ...surface(found.values, n) };
  }

  return { halves, load, encode, field, sample, steepest, surface, reconstruct };
};
