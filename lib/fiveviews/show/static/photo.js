// A reader's picture made like a training picture: fiveviews/data/photos.py, step by step, in the
// browser. Pictures are { width, height, data } with straight RGBA bytes.
window.fvPhoto = function () {
  "use strict";
  const MOST_BYTES = 40e6, LARGEST = 640, FILL = 0.61, DARK = 85, LIGHT = 205, SPECK = 0.05, WINDOW = 0.001;

  async function read(file) {
    if (file.size > MOST_BYTES) throw new Error("This file has more than 40 MB; make the picture smaller first.");
    let image;
    try {
      image = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch (error) {
      throw new Error("This file is no PNG or JPEG picture, or it is damaged; save it anew.");
    }
    if (Math.min(image.width, image.height) < 16) throw new Error("There is nothing to see in fewer than 16 × 16 pixels.");
    const scale = Math.min(1, LARGEST / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    const context = canvas.getContext("2d", { colorSpace: "srgb", willReadFrequently: true });
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  }

  function crop({ width, height, data }, [left, top, right, bottom]) {
    const [x, y] = [Math.round(left * width), Math.round(top * height)];
    const [w, h] = [Math.max(1, Math.round(right * width) - x), Math.max(1, Math.round(bottom * height) - y)];
    const part = new Uint8ClampedArray(4 * w * h);
    for (let r = 0; r < h; r++) part.set(data.subarray(4 * ((y + r) * width + x), 4 * ((y + r) * width + x + w)), 4 * r * w);
    return { width: w, height: h, data: part };
  }

  // Groups of pixels that hang together by their sides: a number for each pixel, 0 for none.
  function groups(mask, width, height) {
    const label = new Int32Array(mask.length), sizes = [0], stack = [];
    for (let start = 0; start < mask.length; start++) {
      if (!mask[start] || label[start]) continue;
      label[start] = sizes.length;
      let size = 0;
      stack.push(start);
      while (stack.length) {
        const i = stack.pop(), x = i % width;
        size++;
        for (const j of [x ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width]) {
          if (j < 0 || j >= mask.length || !mask[j] || label[j]) continue;
          label[j] = sizes.length;
          stack.push(j);
        }
      }
      sizes.push(size);
    }
    return { label, sizes };
  }

  function rimOf(label, width, height) {
    const found = new Set();
    for (let i = 0; i < label.length; i++) {
      const x = i % width, y = Math.floor(i / width);
      if ((!x || !y || x === width - 1 || y === height - 1) && label[i]) found.add(label[i]);
    }
    return found;
  }

  function solve(m, b) { // three equations, by Cramer's rule
    const det = (a) => a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0]) +
      a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]);
    const whole = det(m);
    return [0, 1, 2].map((k) => det(m.map((row, i) => row.map((v, j) => (j === k ? b[i] : v)))) / whole);
  }

  // The border's colour carried on over the picture, linear in row and column.
  function border({ width, height, data }) {
    const wide = Math.max(1, Math.floor(Math.min(width, height) / 50)), rim = [];
    const terms = (i) => [1, 2 * (i % width) / (width - 1) - 1, 2 * Math.floor(i / width) / (height - 1) - 1];
    for (let i = 0; i < width * height; i++) {
      const x = i % width, y = Math.floor(i / width);
      if (x < wide || y < wide || x >= width - wide || y >= height - wide) rim.push(i);
    }
    let good = rim, fit;
    const value = (i, c) => terms(i).reduce((sum, t, k) => sum + t * fit[c][k], 0);
    for (let round = 0; round < 3; round++) {
      const m = [0, 1, 2].map(() => [0, 0, 0]), b = [0, 1, 2].map(() => [0, 0, 0]);
      for (const i of good) {
        const t = terms(i);
        for (let j = 0; j < 3; j++) {
          for (let k = 0; k < 3; k++) m[j][k] += t[j] * t[k];
          for (let c = 0; c < 3; c++) b[c][j] += t[j] * data[4 * i + c] / 255;
        }
      }
      fit = b.map((side) => solve(m, side));
      const off = new Map(rim.map((i) => [i, Math.max(...[0, 1, 2].map((c) => Math.abs(data[4 * i + c] / 255 - value(i, c))))]));
      const limit = [...off.values()].sort((p, q) => p - q)[Math.floor(0.75 * (rim.length - 1))];
      good = rim.filter((i) => off.get(i) <= limit);
    }
    return value;
  }

  function cutOut(photo, tolerance, windows) {
    const { width, height, data } = photo, count = width * height;
    let kept = Uint8Array.from({ length: count }, (_, i) => Number(data[4 * i + 3] >= 128));
    if (kept.reduce((sum, k) => sum + k, 0) > 0.99 * count) {
      const wall = border(photo);
      const like = Uint8Array.from({ length: count }, (_, i) =>
        Number([0, 1, 2].every((c) => Math.abs(data[4 * i + c] / 255 - wall(i, c)) < tolerance)));
      const { label, sizes } = groups(like, width, height), rim = rimOf(label, width, height);
      kept = Uint8Array.from(label, (g) => Number(!g || !(rim.has(g) || (windows && sizes[g] > WINDOW * count))));
    }
    const { label, sizes } = groups(kept, width, height), most = sizes.reduce((a, b) => Math.max(a, b), 0);
    kept = Uint8Array.from(label, (g) => Number(g > 0 && sizes[g] > SPECK * most));
    if (!windows) {
      const holes = groups(kept.map((k) => 1 - k), width, height), rim = rimOf(holes.label, width, height);
      kept = kept.map((k, i) => Number(k || !rim.has(holes.label[i])));
    }
    const share = kept.reduce((sum, k) => sum + k, 0) / count;
    if (share <= 0.002 || share >= 0.98) {
      throw new Error(`${share < 0.5 ? "Nothing is" : "All of it is"} left of the picture: object and background cannot be ` +
        "told apart like this. Change the tolerance, crop it otherwise, or take a picture before a plain wall.");
    }
    return kept;
  }

  // As Pillow's box filter does: each new pixel is the mean of those that it covers.
  function resize(values, width, height, newWidth, newHeight) {
    const spans = (from, to) => Array.from({ length: to }, (_, i) => {
      const scale = from / to, centre = (i + 0.5) * scale, support = 0.5 * Math.max(1, scale);
      const low = Math.max(0, Math.floor(centre - support + 0.5)), high = Math.min(from, Math.floor(centre + support + 0.5));
      return Array.from({ length: high - low }, (_, k) => low + k)
        .filter((x) => { const off = (x - centre + 0.5) / Math.max(1, scale); return off > -0.5 && off <= 0.5; });
    });
    const across = spans(width, newWidth), down = spans(height, newHeight), rows = new Float64Array(newWidth * height);
    for (let y = 0; y < height; y++) {
      across.forEach((xs, i) => { rows[y * newWidth + i] = xs.reduce((s, x) => s + values[y * width + x], 0) / xs.length; });
    }
    const result = new Float64Array(newWidth * newHeight);
    down.forEach((ys, j) => {
      for (let i = 0; i < newWidth; i++) result[j * newWidth + i] = ys.reduce((s, y) => s + rows[y * newWidth + i], 0) / ys.length;
    });
    return result;
  }

  const even = (x) => { const low = Math.floor(x), half = x - low === 0.5; return half ? low + (low & 1) : Math.round(x); };

  function quantile(sorted, q) {
    const at = q * (sorted.length - 1), low = Math.floor(at);
    return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
  }

  // Brightness (size × size), 0 to 255, of the object in grey over white.
  function asRender({ width, data }, mask, size) {
    let [left, top, right, bottom] = [Infinity, Infinity, -1, -1];
    mask.forEach((k, i) => {
      if (!k) return;
      const x = i % width, y = Math.floor(i / width);
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    });
    const [w, h] = [right - left + 1, bottom - top + 1], grey = new Float64Array(w * h), alpha = new Float64Array(w * h);
    for (let i = 0; i < w * h; i++) {
      const at = (top + Math.floor(i / w)) * width + left + i % w;
      grey[i] = 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
      alpha[i] = mask[at];
    }
    const sorted = grey.filter((_, i) => alpha[i]).sort(), [low, high] = [quantile(sorted, 0.05), quantile(sorted, 0.95)];
    const flat = high - low <= 8, inked = grey.map((v, i) => {
      const unit = flat ? 0.5 : (v - low) / Math.max(high - low, 1);
      return Math.max(60, Math.min(230, DARK + (LIGHT - DARK) * unit)) * alpha[i];
    });
    const [newW, newH] = [w, h].map((side) => Math.max(1, even(FILL * size * side / Math.max(w, h))));
    const cover = resize(alpha, w, h, newW, newH), ink = resize(inked, w, h, newW, newH);
    const picture = new Float64Array(size * size).fill(255);
    const [x0, y0] = [Math.floor((size - newW) / 2), Math.floor((size - newH) / 2)];
    for (let i = 0; i < newW * newH; i++) {
      picture[(y0 + Math.floor(i / newW)) * size + x0 + i % newW] = even(ink[i] + 255 * (1 - cover[i]));
    }
    return picture;
  }

  return { read, crop, cutOut, asRender, resize, even };
};
