// What a figure of shapes can do besides turn: change, be pointed at, be cut open. See shapes.js.
(function () {
  "use strict";
  const AXES = { // of a cut: to the right in its picture, up, and towards the side that is cut away
    x: [[0, 0, -1], [0, 1, 0], [1, 0, 0]],
    y: [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
    z: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  };
  const INSIDE = [226, 126, 51]; // of what is cut through
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

  // The point of a mesh that is seen at (x, y) of its view: [face, weights of its corners] or null.
  function seenAt(scene, mesh, x, y, box) {
    const eye = scene.eye(), t = scene.tangent;
    const [u, v] = [t * (2 * x / box.width - 1), t * (1 - 2 * y / box.height)];
    const ray = [0, 1, 2].map((i) => u * eye.right[i] + v * eye.up[i] - eye.back[i]);
    const corner = (index) => mesh.vertices.subarray(3 * index, 3 * index + 3);
    let nearest = Infinity, found = null;
    for (let f = 0; f < mesh.faces.length; f += 3) {
      const [a, b, c] = [corner(mesh.faces[f]), corner(mesh.faces[f + 1]), corner(mesh.faces[f + 2])];
      const ab = minus(b, a), ac = minus(c, a), h = cross(ray, ac), d = dot(ab, h);
      if (Math.abs(d) < 1e-12) continue;
      const off = minus(eye.at, a), p = dot(off, h) / d, q = cross(off, ab), r = dot(ray, q) / d;
      const far = dot(ac, q) / d;
      if (p >= 0 && r >= 0 && p + r <= 1 && far > 0 && far < nearest) {
        nearest = far;
        found = { face: f, weights: [1 - p - r, p, r] };
      }
    }
    return found;
  }

  function blend(mesh, values, { face, weights }) {
    return [0, 1, 2].map((i) => weights.reduce((sum, w, k) => sum + w * values[3 * mesh.faces[face + k] + i], 0));
  }

  function nearestVertex(canonical, place) {
    let least = Infinity, found = 0;
    for (let i = 0; i < canonical.length; i += 3) {
      const square = (canonical[i] - place[0]) ** 2 + (canonical[i + 1] - place[1]) ** 2 + (canonical[i + 2] - place[2]) ** 2;
      if (square < least) [least, found] = [square, i];
    }
    return [found, Math.sqrt(least)];
  }

  const hint = (scene, words) => { scene.figure.querySelector(".fv-hint").textContent = words; };

  function range(scene, label, steps, start, change) {
    const line = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "range", min: 0, max: steps - 1, step: 1, value: start });
    const words = document.createElement("span");
    const show = () => { words.textContent = change(Number(input.value)); scene.redraw(); };
    input.addEventListener("input", show);
    input.style.cssText = "width:min(200px,40vw);vertical-align:middle;accent-color:#0072B2;margin:0 6px";
    words.style.cssText = "display:inline-block;min-width:5.5em;text-align:left";
    line.append(`${label} `, input, words);
    scene.controls.append(line);
    show();
    return { input, show };
  }

  function morph(scene, data) {
    hint(scene, "drag to turn; move the slider to change the shape");
    range(scene, data.label, data.values.length, data.start, (k) => {
      scene.views[0].mesh = k;
      return ` ${data.values[k]}`;
    });
  }

  function pointing(scene, data) {
    hint(scene, "point at one of them, and see where the others have this point; drag to turn");
    scene.views.forEach((view, index) => {
      view.point = (x, y) => {
        const mesh = scene.meshes[index], box = view.stage.getBoundingClientRect();
        const hit = seenAt(scene, mesh, x, y, box);
        if (!hit) return;
        const place = blend(mesh, mesh.canonical, hit);
        const apart = scene.views.map((other, k) => {
          if (k === index) { other.mark = blend(mesh, mesh.vertices, hit); return 0; }
          const [vertex, distance] = nearestVertex(scene.meshes[k].canonical, place);
          other.mark = [...scene.meshes[k].vertices.subarray(vertex, vertex + 3)];
          return distance;
        });
        const words = apart.map((d, k) => (k === index ? null : `${data.names[k] || k + 1}: ${d.toFixed(3)}`));
        hint(scene, `apart in the template: ${words.filter(Boolean).join(", ")}`);
        scene.redraw();
      };
    });
  }

  async function cutting(scene, data) {
    const { side, ramp, limit } = data, picture = scene.figure.querySelector(".fv-flat");
    const volume = new Uint8Array(await scene.attached("volume"));
    const pixels = 200, image = new ImageData(pixels, pixels), glass = new Uint8Array(4 * pixels * pixels);
    let axis = "x";
    const value = (p) => { // between the eight samples around
      const g = p.map((x) => Math.min(side - 1.001, Math.max(0, (x / scene.bound + 1) / 2 * (side - 1))));
      const [i, j, k] = g.map(Math.floor), [a, b, c] = g.map((x) => x % 1);
      const v = (x, y, z) => volume[(x * side + y) * side + z];
      const line = (x, y) => v(x, y, k) * (1 - c) + v(x, y, k + 1) * c;
      return (line(i, j) * (1 - b) + line(i, j + 1) * b) * (1 - a) + (line(i + 1, j) * (1 - b) + line(i + 1, j + 1) * b) * a;
    };
    const slice = (at) => {
      const [across, up, normal] = AXES[axis], middle = 127.5, values = new Float32Array(pixels * pixels);
      for (let r = 0; r < pixels; r++) {
        for (let c = 0; c < pixels; c++) {
          const [u, v] = [((c + 0.5) / pixels * 2 - 1) * scene.bound, (1 - (r + 0.5) / pixels * 2) * scene.bound];
          values[r * pixels + c] = value([0, 1, 2].map((i) => at * normal[i] + u * across[i] + v * up[i]));
        }
      }
      for (let i = 0; i < values.length; i++) {
        const inside = values[i] < middle, code = Math.round(values[i]), row = Math.floor(i / pixels);
        const edge = (i % pixels && (values[i - 1] < middle) !== inside) || (row && (values[i - pixels] < middle) !== inside);
        const mirrored = 4 * ((pixels - 1 - row) * pixels + i % pixels); // textures begin below
        for (let k = 0; k < 3; k++) {
          image.data[4 * i + k] = edge ? 34 : ramp[3 * code + k];
          glass[mirrored + k] = inside ? INSIDE[k] : ramp[3 * code + k];
        }
        image.data[4 * i + 3] = 255;
        glass[mirrored + 3] = inside ? 255 : 40;
      }
      scene.glass = { side: pixels, pixels: glass };
      scene.plane = [...normal, at];
      scene.axes = [across, up];
      picture.getContext("2d").putImageData(image, 0, 0);
    };
    Object.assign(picture, { width: pixels, height: pixels });
    picture.hidden = false;
    hint(scene, `orange is inside; colours end at ±${limit}; drag to turn`);
    const steps = 81;
    const slider = range(scene, "plane at", steps, (steps - 1) / 2, (k) => {
      const at = (2 * k / (steps - 1) - 1) * 0.98 * scene.bound;
      slice(at);
      return ` ${axis} = ${at.toFixed(2)}`;
    });
    for (const name of Object.keys(AXES)) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.setAttribute("aria-label", `cut across ${name}`);
      button.style.cssText = "font:inherit;padding:0 0.7em;margin-left:6px;cursor:pointer;color:#222;" +
        "background:white;border:1px solid #8a8a8a;border-radius:4px";
      button.addEventListener("click", () => { axis = name; slider.show(); });
      scene.controls.append(button);
    }
  }

  window.fvKinds = Object.assign(window.fvKinds || {}, { morph, point: pointing, cut: cutting });
})();
