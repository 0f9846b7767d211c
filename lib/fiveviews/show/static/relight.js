// Scenes of surfels whose lights a reader drags: see fiveviews/show/relight.py, which writes them.
// Each pixel's depth and normal come as two pictures; shading them is equation 1 of Pix2Scene.
(function () {
  "use strict";
  const NEAREST = 0.05; // depth at which a light stops, so that it stays in front of the viewer
  const ENTRY = 0.5; // share of the farthest depth at which a light enters the picture

  function pixels(source) {
    return new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => {
        const canvas = document.createElement("canvas");
        canvas.width = image.naturalWidth;
        canvas.height = image.naturalHeight;
        const context = canvas.getContext("2d", { colorSpace: "srgb", willReadFrequently: true });
        context.drawImage(image, 0, 0);
        resolve(context.getImageData(0, 0, canvas.width, canvas.height));
      };
      image.onerror = () => reject(new Error("cannot read the stored surfels"));
      image.src = source;
    });
  }

  // Position (x, y, z) and normal of every surfel, in view coordinates; z is 0 where there is none.
  function unpack(scene, depth, normals) {
    const { width, height } = depth;
    const surfels = new Float32Array(6 * width * height);
    for (let i = 0; i < width * height; i++) {
      const code = 256 * depth.data[4 * i] + depth.data[4 * i + 1];
      if (!code) continue;
      const z = (code - 1) / 65534 * scene.far;
      const half = scene.tangent * z;
      surfels[6 * i] = (2 * (i % width) + 1 - width) / height * half;
      surfels[6 * i + 1] = (height - 1 - 2 * Math.floor(i / width)) / height * half;
      surfels[6 * i + 2] = -z;
      const n = [0, 1, 2].map((k) => normals.data[4 * i + k] / 127.5 - 1);
      const length = Math.hypot(...n) || 1;
      n.forEach((value, k) => { surfels[6 * i + 3 + k] = value / length; });
    }
    return surfels;
  }

  function shade(scene, surfels, image) {
    const [constant, linear, quadratic] = scene.attenuation;
    const count = image.width * image.height;
    const light = new Float32Array(3 * count);
    const brightest = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      const [x, y, z, nx, ny, nz] = surfels.subarray(6 * i, 6 * i + 6);
      if (z === 0) continue;
      const sum = [...scene.ambient];
      for (let j = 0; j < scene.lights.length; j++) {
        const [dx, dy, dz] = [scene.lights[j][0] - x, scene.lights[j][1] - y, scene.lights[j][2] - z];
        const square = Math.max(dx * dx + dy * dy + dz * dz, 1e-12);
        const distance = Math.sqrt(square);
        const cosine = Math.max(0, nx * dx + ny * dy + nz * dz) / distance;
        const part = cosine / (constant + linear * distance + quadratic * square);
        for (let k = 0; k < 3; k++) sum[k] += part * scene.colours[j][k];
      }
      for (let k = 0; k < 3; k++) light[3 * i + k] = scene.reflectance * sum[k];
      brightest[i] = scene.reflectance * Math.max(...sum);
    }
    // Close by, a light is far brighter than the picture can show: let the exposure adapt.
    const high = Float32Array.from(brightest).sort()[Math.floor(0.97 * count)];
    const exposure = 255 * Math.min(1, 1 / Math.max(high, 1e-6));
    for (let i = 0; i < count; i++) {
      const there = surfels[6 * i + 2] !== 0;
      for (let k = 0; k < 3; k++) image.data[4 * i + k] = there ? exposure * light[3 * i + k] : 255;
      image.data[4 * i + 3] = 255;
    }
  }

  // Where on the stage, in its pixels, light j is seen: a light out of view waits at the bottom.
  function place(scene, j, stage) {
    const [x, y, z] = scene.lights[j];
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    const scale = height / 2 / (scene.tangent * -z);
    const [left, top] = [width / 2 + x * scale, height / 2 - y * scale];
    const seen = z <= -NEAREST && left >= 0 && left <= width && top >= 0 && top <= height;
    return seen ? [left, top] : [16 + 26 * j, height - 16];
  }

  // Put light j where it is seen at (x, y), at its own depth if it was in view.
  function move(scene, j, stage, x, y) {
    const light = scene.lights[j];
    const [left, top] = place(scene, j, stage);
    if (top === stage.clientHeight - 16 && left === 16 + 26 * j) light[2] = -ENTRY * scene.far;
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    const scale = scene.tangent * -light[2] / (height / 2);
    light[0] = (Math.min(width, Math.max(0, x)) - width / 2) * scale;
    light[1] = (height / 2 - Math.min(height, Math.max(0, y))) * scale;
  }

  function css(colour) {
    const most = Math.max(...colour, 1e-6);
    return `rgb(${colour.map((value) => Math.round(255 * value / most)).join(",")})`;
  }

  async function wake(figure) {
    const scene = JSON.parse(figure.querySelector(".fv-surfels").textContent);
    const [depth, normals] = await Promise.all([pixels(scene.depth), pixels(scene.normals)]);
    const surfels = unpack(scene, depth, normals);
    const stage = figure.querySelector(".fv-stage");
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [depth.width, depth.height];
    canvas.className = "fv-layer";
    canvas.setAttribute("aria-hidden", "true");
    stage.append(canvas);
    const context = canvas.getContext("2d");
    const image = context.createImageData(depth.width, depth.height);

    let waiting = false;
    function draw() {
      waiting = false;
      shade(scene, surfels, image);
      context.putImageData(image, 0, 0);
      handles.forEach((handle, j) => {
        const [x, y] = place(scene, j, stage);
        handle.style.transform = `translate(${x - 9}px, ${y - 9}px)`;
      });
    }
    const redraw = () => { if (!waiting) { waiting = true; requestAnimationFrame(draw); } };

    const handles = scene.lights.map((light, j) => {
      const handle = document.createElement("button");
      handle.type = "button";
      handle.className = "fv-light";
      handle.style.background = css(scene.colours[j]);
      handle.setAttribute("aria-label", `Light ${j + 1}: drag it or use the arrow keys, ` +
        "plus and minus to move it nearer and farther");
      handle.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        handle.focus({ preventScroll: true });
        handle.setPointerCapture(event.pointerId);
      });
      handle.addEventListener("pointermove", (event) => {
        if (!handle.hasPointerCapture(event.pointerId)) return;
        const box = stage.getBoundingClientRect();
        move(scene, j, stage, event.clientX - box.left, event.clientY - box.top);
        redraw();
      });
      const deeper = (steps) => {
        const [x, y] = place(scene, j, stage);
        move(scene, j, stage, x, y); // into the picture, if it was not there
        light[2] = -Math.max(NEAREST, -light[2] * 1.08 ** steps);
        move(scene, j, stage, x, y);
        redraw();
      };
      handle.addEventListener("wheel", (event) => {
        if (document.activeElement !== handle) return; // the wheel belongs to the page until then
        event.preventDefault();
        deeper(-Math.sign(event.deltaY));
      }, { passive: false });
      handle.addEventListener("keydown", (event) => {
        const sideways = (event.key === "ArrowRight") - (event.key === "ArrowLeft");
        const down = (event.key === "ArrowDown") - (event.key === "ArrowUp");
        const away = (event.key === "-") - (event.key === "+" || event.key === "=");
        if (!sideways && !down && !away) return;
        event.preventDefault();
        if (away) return deeper(away);
        const [x, y] = place(scene, j, stage);
        move(scene, j, stage, x + 6 * sideways, y + 6 * down);
        redraw();
      });
      stage.append(handle);
      return handle;
    });
    figure.querySelector(".fv-hint").textContent =
      "drag a light into the picture; + and \u2212 move it nearer and farther";
    figure.classList.add("fv-awake");
    new ResizeObserver(redraw).observe(stage);
    draw();
  }

  function start() {
    const watch = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        wake(target).catch(() => {}); // the picture stays
      }
    }, { rootMargin: "120px" });
    document.querySelectorAll(".fv-relight").forEach((figure) => watch.observe(figure));
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
