// Brings the 3D figures of the book to life: see fiveviews/show/meshes.py, which writes them.
// A figure starts as a still picture. When it comes into view, k3d draws over the picture; figures
// out of view give their WebGL contexts back, because browsers allow only a few at a time.
(function () {
  "use strict";
  const base = new URL(".", document.currentScript.src).href;
  const MOST_CONTEXTS = 8;
  const awake = new Map(); // figure -> its k3d views, least recently woken first
  const visible = new Set();
  let library = null;

  // k3d comes as an AMD module: hand it a `define` that answers to its name alone.
  function loadK3d() {
    library ??= new Promise((resolve, reject) => {
      window.k3dCompressed = ""; // else k3d fetches its own source, to write files we do not offer
      const previous = window.define;
      window.define = function (name, needs, factory) {
        if (name !== "k3d") return previous?.apply(this, arguments);
        window.define = previous;
        resolve(factory());
      };
      const script = document.createElement("script");
      script.src = base + "k3d-standalone.js";
      script.onerror = () => reject(new Error("cannot load " + script.src));
      document.head.append(script);
    });
    return library;
  }

  function bytes(base64) {
    return Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0)).buffer;
  }

  const contexts = () => [...awake.values()].reduce((sum, views) => sum + views.length, 0);

  async function wake(figure) {
    if (awake.has(figure)) return;
    const boxes = [...figure.querySelectorAll(".fv-view")];
    for (const other of [...awake.keys()]) {
      if (contexts() + boxes.length > MOST_CONTEXTS && !visible.has(other)) sleep(other);
    }
    if (awake.size > 0 && contexts() + boxes.length > MOST_CONTEXTS) return;
    const views = boxes.map((box) => ({ box, stage: box.querySelector(".fv-stage") }));
    awake.set(figure, views);
    try {
      const k3d = await loadK3d();
      if (awake.get(figure) !== views) return; // put to sleep while loading
      await Promise.all(views.map((view) => draw(k3d, view)));
    } catch (error) {
      sleep(figure); // the picture stays
      figure.classList.add("fv-still");
      return;
    }
    if (awake.get(figure) !== views) return views.forEach(clear);
    views.forEach((view) => turnTogether(view, views));
    figure.classList.add("fv-awake");
  }

  async function draw(k3d, view) {
    view.layer = document.createElement("div");
    view.layer.className = "fv-layer";
    view.stage.append(view.layer);
    const snapshot = bytes(view.box.querySelector(".fv-snapshot").textContent);
    view.plot = await k3d.CreateK3DAndLoadBinarySnapshot(snapshot, view.layer);
    view.home = view.plot.getWorld().controls.object.position.toArray();
    view.home.push(...view.plot.getWorld().controls.target.toArray(), 0, 1, 0);
  }

  function clear(view) {
    view.plot?.disable();
    view.layer?.remove();
    view.plot = view.layer = null;
  }

  function sleep(figure) {
    awake.get(figure)?.forEach(clear);
    awake.delete(figure);
    figure.classList.remove("fv-awake");
  }

  let turning = false;
  function turn(views, camera, except) {
    if (turning) return;
    turning = true;
    views.filter((view) => view !== except).forEach((view) => view.plot?.setCamera(camera));
    turning = false;
  }

  function turnTogether(view, views) {
    const plot = view.plot;
    plot.on(plot.events.CAMERA_CHANGE, (camera) => turn(views, camera, view));
    view.layer.addEventListener("dblclick", () => turn(views, view.home));
  }

  // Arrow keys walk around the object, 10 degrees a step.
  function step(view, key) {
    const [x, y, z, ...rest] = view.plot.getWorld().controls.object.position.toArray()
      .concat(view.plot.getWorld().controls.target.toArray(), 0, 1, 0);
    const [a, b, c] = [x - rest[0], y - rest[1], z - rest[2]];
    const distance = Math.hypot(a, b, c);
    const degrees = Math.PI / 18;
    const azimuth = Math.atan2(a, c) + degrees * ((key === "ArrowRight") - (key === "ArrowLeft"));
    const raised = Math.asin(b / distance) + degrees * ((key === "ArrowUp") - (key === "ArrowDown"));
    const elevation = Math.max(-1.55, Math.min(1.55, raised));
    const flat = distance * Math.cos(elevation);
    return [rest[0] + flat * Math.sin(azimuth), rest[1] + distance * Math.sin(elevation),
      rest[2] + flat * Math.cos(azimuth), ...rest];
  }

  function prepare(figure) {
    figure.querySelectorAll(".fv-stage").forEach((stage) => {
      stage.tabIndex = 0;
      stage.title = "Drag to turn, double-click to turn back; click, then scroll to zoom";
      // The wheel belongs to the page until a reader clicks into the view.
      stage.addEventListener("pointerdown", () => stage.focus({ preventScroll: true }), true);
      stage.addEventListener("wheel", (event) => {
        if (document.activeElement !== stage) event.stopPropagation();
      }, { capture: true, passive: true });
      stage.addEventListener("keydown", (event) => {
        const views = awake.get(figure);
        const view = views?.find((candidate) => candidate.stage === stage);
        if (!view?.plot || !event.key.startsWith("Arrow")) return;
        event.preventDefault();
        turn(views, step(view, event.key));
      });
    });
  }

  function start() {
    const figures = [...document.querySelectorAll(".fv-mesh")];
    if (!figures.length || !document.createElement("canvas").getContext("webgl2")) return;
    figures.forEach(prepare);
    const watch = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) visible.add(target); else visible.delete(target);
      }
      visible.forEach(wake);
    }, { rootMargin: "120px" });
    figures.forEach((figure) => watch.observe(figure));
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
