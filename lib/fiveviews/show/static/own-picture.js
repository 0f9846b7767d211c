// The reader's own picture on a page: chosen, cropped, cut out, reconstructed, turned, taken home.
// Nothing leaves the browser. See fiveviews/show/own_picture.py, photo.js and network.js.
(function () {
  "use strict";
  const SIDE = 224; // of a training picture, before it is made as small as the network wants it

  // How far a picture is from the nearest training picture, and where that is among held-out ones.
  function judge(features, known, { held_out: held, n, few, much, verdicts }) {
    let least = Infinity;
    for (let i = 0; i < known.length; i += features.length) {
      let sum = 0;
      for (let k = 0; k < features.length; k++) sum += (known[i + k] - features[k]) ** 2;
      least = Math.min(least, sum);
    }
    const distance = Math.sqrt(least), times = distance / Math.max(held[Math.floor(held.length / 2)], 1e-12);
    const farther = held.filter((d) => d > distance).length / held.length;
    return `This picture is ${distance.toPrecision(3)} from the nearest training picture, ${times.toFixed(1)} times the median of ` +
      `${n.toLocaleString("en")} held-out pictures, of which ${farther ? `${Math.round(100 * farther)}%` : "none"} are farther; ` +
      `it is ${verdicts[farther >= few ? 0 : times < much ? 1 : 2]}.`;
  }

  function glb({ vertices, faces }, colour) {
    const wide = Uint32Array.from(faces), length = vertices.byteLength + wide.byteLength;
    const ends = (pick) => [0, 1, 2].map((k) => vertices.reduce((m, v, i) => (i % 3 === k ? pick(m, v) : m), vertices[k]));
    const head = new TextEncoder().encode(JSON.stringify({
      asset: { version: "2.0" }, scene: 0, scenes: [{ nodes: [0] }], nodes: [{ mesh: 0 }],
      meshes: [{ primitives: [{ attributes: { POSITION: 0 }, indices: 1, material: 0 }] }],
      materials: [{ doubleSided: true, pbrMetallicRoughness: { baseColorFactor: [...colour, 1], metallicFactor: 0 } }],
      buffers: [{ byteLength: length }],
      bufferViews: [{ buffer: 0, byteOffset: 0, byteLength: vertices.byteLength }, { buffer: 0, byteOffset: vertices.byteLength, byteLength: wide.byteLength }],
      accessors: [
        { bufferView: 0, componentType: 5126, count: vertices.length / 3, type: "VEC3", min: ends(Math.min), max: ends(Math.max) },
        { bufferView: 1, componentType: 5125, count: wide.length, type: "SCALAR" },
      ],
    }));
    const padded = 4 * Math.ceil(head.length / 4), file = new ArrayBuffer(28 + padded + length), view = new DataView(file);
    const words = [0x46546c67, 2, file.byteLength, padded, 0x4e4f534a];
    words.forEach((word, i) => view.setUint32(4 * i, word, true));
    new Uint8Array(file, 20, padded).fill(32).set(head);
    view.setUint32(20 + padded, length, true);
    view.setUint32(24 + padded, 0x004e4942, true);
    new Uint8Array(file, 28 + padded).set(new Uint8Array(vertices.buffer, vertices.byteOffset, vertices.byteLength));
    new Uint8Array(file, 28 + padded + vertices.byteLength).set(new Uint8Array(wide.buffer));
    return new Blob([file], { type: "model/gltf-binary" });
  }

  function save(blob, name) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function worker() { // so that the page stays alive while the network thinks
    const source = `const api = (${window.fvNetwork})(); let network;
      onmessage = ({ data }) => {
        if (data.weights) network = api.load(api.halves(data.weights), data.plan);
        else postMessage({ made: api.reconstruct(network, data.picture, data.n, (done) => postMessage({ done })) });
      };`;
    return new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  }

  async function own(scene, data) {
    const photo = window.fvPhoto(), api = window.fvNetwork(), [from, seen] = scene.figure.querySelectorAll(".fv-flat");
    const weights = await scene.attached("weights");
    const known = data.familiar && api.halves(await scene.attached("features"));
    const state = { whole: null, box: [0, 0, 1, 1], tolerance: 0.12, windows: true, picture: null, made: null };
    const say = (words, wrong) => {
      const line = scene.figure.querySelector(".fv-hint");
      line.textContent = words;
      line.style.color = wrong ? "#b34700" : "";
    };
    const button = (words, action) => {
      const made = Object.assign(document.createElement("button"), { type: "button", textContent: words });
      made.style.cssText = "font:inherit;padding:0.3em 0.9em;margin:4px;cursor:pointer;color:#222;background:white;" +
        "border:1px solid #8a8a8a;border-radius:4px";
      made.addEventListener("click", action);
      scene.controls.append(made);
      return made;
    };

    function drawPhoto() {
      const { width, height } = state.whole, scale = SIDE / Math.max(width, height), [l, t, r, b] = state.box;
      const copy = Object.assign(document.createElement("canvas"), { width, height });
      copy.getContext("2d").putImageData(new ImageData(state.whole.data, width, height), 0, 0);
      Object.assign(from, { width: SIDE, height: SIDE, hidden: false });
      const context = from.getContext("2d"), [w, h] = [width * scale, height * scale];
      state.frame = [(SIDE - w) / 2, (SIDE - h) / 2, w, h];
      const [x, y] = state.frame;
      context.fillStyle = "white";
      context.fillRect(0, 0, SIDE, SIDE);
      context.drawImage(copy, x, y, w, h);
      context.strokeStyle = "#D55E00";
      context.lineWidth = 2;
      context.strokeRect(x + l * w, y + t * h, (r - l) * w, (b - t) * h);
    }

    function prepare() {
      if (!state.whole) return;
      state.picture = null;
      drawPhoto();
      try {
        const part = photo.crop(state.whole, state.box), mask = photo.cutOut(part, state.tolerance, state.windows);
        state.picture = photo.asRender(part, mask, SIDE);
        const image = new ImageData(SIDE, SIDE);
        state.picture.forEach((v, i) => image.data.set([v, v, v, 255], 4 * i));
        Object.assign(seen, { width: SIDE, height: SIDE, hidden: false });
        seen.getContext("2d").putImageData(image, 0, 0);
        say("Is the object whole, and alone? Then reconstruct it. (Drag over the picture to crop it.)");
      } catch (error) {
        say(error.message, true);
      }
      go.disabled = !state.picture;
    }

    async function load(file) {
      try {
        Object.assign(state, { whole: await photo.read(file), box: [0, 0, 1, 1] });
        prepare();
      } catch (error) {
        say(error.message, true);
      }
    }

    function reconstruct() {
      const across = photo.resize(state.picture, SIDE, SIDE, data.plan.size, SIDE).map(photo.even);
      const small = photo.resize(across, data.plan.size, SIDE, data.plan.size, data.plan.size).map(photo.even);
      const picture = Float32Array.from([...small, ...small, ...small], (v) => v / 255);
      go.disabled = true;
      if (!state.worker) {
        state.worker = worker();
        state.worker.postMessage({ weights, plan: data.plan });
        state.worker.onmessage = ({ data: message }) => {
          if (message.made) finish(message.made);
          else say(`${Math.round(100 * message.done)} % …`);
        };
      }
      state.worker.postMessage({ picture, n: data.resolution });
    }

    function finish(made) {
      go.disabled = false;
      const judged = known ? judge(made.features, known, data.familiar) : "";
      keep.disabled = !made.faces.length;
      if (!made.faces.length) return say(`No surface came out: the field of this picture has no zero. ${judged}`, true);
      state.made = made;
      const colours = Float32Array.from(made.vertices, (_, i) => data.colour[i % 3]);
      scene.change(0, { vertices: made.vertices, colours, canonical: null, faces: made.faces });
      say(judged || "Drag to turn it.");
      scene.figure.dataset.made = String(Number(scene.figure.dataset.made || 0) + 1);
    }

    const input = Object.assign(document.createElement("input"), { type: "file", accept: "image/png,image/jpeg" });
    input.style.cssText = "position:absolute;opacity:0;width:1px;height:1px";
    input.setAttribute("aria-label", "choose a picture");
    input.addEventListener("change", () => input.files.length && load(input.files[0]));
    scene.controls.append(input);
    button("Your picture", () => input.click());
    const label = document.createElement("label"), gaps = document.createElement("label");
    const slider = Object.assign(document.createElement("input"), { type: "range", min: 0.01, max: 0.5, step: 0.01, value: state.tolerance });
    slider.style.cssText = "width:110px;vertical-align:middle;accent-color:#0072B2;margin:0 6px";
    slider.addEventListener("input", () => { state.tolerance = Number(slider.value); prepare(); });
    label.append("tolerance", slider);
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
    box.addEventListener("change", () => { state.windows = box.checked; prepare(); });
    gaps.append(box, " see through gaps");
    scene.controls.append(label, gaps);
    const go = button("Reconstruct", reconstruct), keep = button("Save as GLB", () => save(glb(state.made, data.colour), `${data.name}.glb`));
    go.disabled = keep.disabled = true;
    say("A PNG or JPEG of one object, whole and before a plain background. It stays in this browser.");

    const place = (event) => {
      const shown = from.getBoundingClientRect(), [x, y, w, h] = state.frame;
      return [[event.clientX - shown.left, shown.width, x, w], [event.clientY - shown.top, shown.height, y, h]]
        .map(([at, side, low, length]) => Math.max(0, Math.min(1, (at / side * SIDE - low) / length)));
    };
    from.style.touchAction = "none";
    from.addEventListener("pointerdown", (event) => {
      if (!state.whole) return;
      state.start = place(event);
      from.setPointerCapture(event.pointerId);
    });
    from.addEventListener("pointermove", (event) => {
      if (!state.start) return;
      const [[a, b], [c, d]] = [state.start, place(event)];
      state.box = [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
      drawPhoto();
    });
    from.addEventListener("pointerup", () => {
      if (!state.start) return;
      state.start = null;
      if (state.box[2] - state.box[0] < 0.05 || state.box[3] - state.box[1] < 0.05) state.box = [0, 0, 1, 1];
      prepare();
    });
    for (const kind of ["dragover", "drop"]) {
      scene.figure.addEventListener(kind, (event) => {
        event.preventDefault();
        if (kind === "drop" && event.dataTransfer.files.length) load(event.dataTransfer.files[0]);
      });
    }
    const example = scene.figure.querySelector(".fv-example");
    if (example) load(new Blob([Uint8Array.from(atob(example.textContent.trim()), (c) => c.charCodeAt(0))]));
  }

  window.fvKinds = Object.assign(window.fvKinds || {}, { own });
})();
