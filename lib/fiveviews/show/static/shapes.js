// Shapes that a reader turns, changes, cuts open and points at: see fiveviews/show/turnable.py,
// which writes them. One canvas lies over all views of a figure. Without WebGL the pictures stay.
(function () {
  "use strict";
  const SHADED = 0, DOT = 1, FIELD = 2;
  const LIGHT = [-0.35, 0.6, 0.72].map((x) => x / Math.hypot(0.35, 0.6, 0.72)); // moves with the eye
  const VERTEX = `#version 300 es
    in vec3 place; in vec3 colour; uniform mat4 view; uniform float size;
    out vec3 at; out vec3 paint;
    void main() { at = place; paint = colour; gl_Position = view * vec4(place, 1.0); gl_PointSize = size; }`;
  const FRAGMENT = `#version 300 es
    precision highp float;
    in vec3 at; in vec3 paint; out vec4 shown;
    uniform int kind; uniform vec3 light, across, up; uniform vec4 plane; uniform float alpha, bound;
    uniform sampler2D field;
    void main() {
      if (kind == ${DOT}) {
        float r = length(2.0 * gl_PointCoord - 1.0);
        if (r > 1.0) discard;
        shown = vec4(r > 0.7 ? vec3(1.0) : paint, alpha);
      } else if (kind == ${FIELD}) {
        shown = texture(field, 0.5 + 0.5 * vec2(dot(across, at), dot(up, at)) / bound);
      } else {
        if (dot(plane.xyz, at) > plane.w) discard; // the near side of the cut
        vec3 normal = normalize(cross(dFdx(at), dFdy(at)));
        shown = vec4(min(1.15 * paint * (0.5 + 0.5 * max(0.0, dot(normal, light))), 1.0), 1.0);
      }
    }`;
  const NOWHERE = [0, 0, 0, 1]; // a plane that cuts nothing

  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const minus = (a, b) => a.map((x, i) => x - b[i]);

  async function inflate(base64) {
    const packed = Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).arrayBuffer();
  }

  // Meshes come as 16-bit differences: places, colours and canonical places by axis, then faces.
  function unpack(numbers, data) {
    let offset = 0;
    const take = (count, columns) => {
      const values = new Uint16Array(count * columns);
      for (let k = 0; k < columns; k++) {
        for (let i = 0, sum = 0; i < count; i++) {
          sum = (sum + numbers[offset++]) & 65535;
          values[i * columns + k] = sum;
        }
      }
      return values;
    };
    const places = (count) => Float32Array.from(take(count, 3), (x) => (x / 32767.5 - 1) * data.bound);
    return data.meshes.map(({ vertices, faces, painted, canonical }) => ({
      vertices: places(vertices),
      colours: painted ? Float32Array.from(take(vertices, 3), (x) => x / 255)
        : Float32Array.from({ length: 3 * vertices }, (_, i) => data.colour[i % 3]),
      canonical: canonical ? places(vertices) : null,
      faces: take(faces, 3),
    }));
  }

  function program(gl) {
    const made = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(made, shader);
    }
    gl.bindAttribLocation(made, 0, "place");
    gl.bindAttribLocation(made, 1, "colour");
    gl.linkProgram(made);
    if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
    gl.useProgram(made);
    return new Proxy({}, { get: (_, name) => gl.getUniformLocation(made, name) });
  }

  function upload(gl, { vertices, colours, faces }) {
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    [vertices, colours].forEach((values, index) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(index);
      gl.vertexAttribPointer(index, 3, gl.FLOAT, false, 0, 0);
    });
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, faces, gl.STATIC_DRAW);
    return { array, count: faces.length };
  }

  // Where the eye is and which way it looks: rows right, up, and towards the viewer.
  function eyeOf(scene) {
    const [azimuth, elevation, distance] = scene.stand;
    const back = [Math.cos(elevation) * Math.sin(azimuth), Math.sin(elevation), Math.cos(elevation) * Math.cos(azimuth)];
    const right = [Math.cos(azimuth), 0, -Math.sin(azimuth)];
    return { at: back.map((x, i) => scene.target[i] + distance * x), right, up: cross(back, right), back };
  }

  function matrix(scene, eye) {
    const { right, up, back, at } = eye, f = 1 / scene.tangent, far = 100, near = 0.01;
    const [a, b] = [(far + near) / (near - far), 2 * far * near / (near - far)];
    const row = (axis) => [...axis, -dot(axis, at)];
    const [x, y, z] = [row(right), row(up), row(back)];
    const rows = [x.map((v) => f * v), y.map((v) => f * v), z.map((v, i) => a * v + (i === 3 ? b : 0)), z.map((v) => -v)];
    return new Float32Array([0, 1, 2, 3].flatMap((column) => rows.map((r) => r[column])));
  }

  function drawAll(scene) {
    if (!scene.gl) return;
    const { gl, at, canvas, views } = scene, ratio = Math.min(2, window.devicePixelRatio || 1);
    const whole = canvas.parentElement.getBoundingClientRect();
    const [width, height] = [whole.width, whole.height].map((x) => Math.round(x * ratio));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.SCISSOR_TEST);
    gl.clearColor(1, 1, 1, 1);
    const eye = eyeOf(scene);
    gl.uniformMatrix4fv(at.view, false, matrix(scene, eye));
    gl.uniform3fv(at.light, [0, 1, 2].map((i) => LIGHT[0] * eye.right[i] + LIGHT[1] * eye.up[i] + LIGHT[2] * eye.back[i]));
    gl.uniform1f(at.size, 15 * ratio);
    gl.uniform1f(at.bound, scene.bound);
    for (const view of views) {
      const box = view.stage.getBoundingClientRect();
      const corner = [box.left - whole.left, whole.bottom - box.bottom].map((x) => Math.round(x * ratio));
      const side = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
      gl.viewport(...corner, ...side);
      gl.scissor(...corner, ...side);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.uniform1i(at.kind, SHADED);
      gl.uniform4fv(at.plane, scene.plane || NOWHERE);
      const mesh = scene.buffers[view.mesh];
      gl.bindVertexArray(mesh.array);
      gl.drawElements(gl.TRIANGLES, mesh.count, gl.UNSIGNED_SHORT, 0);
      gl.bindVertexArray(null);
      if (scene.plane) drawPlane(scene);
      if (view.mark) drawMark(scene, view.mark);
    }
  }

  function drawPlane({ gl, at, plane, axes, bound, glass }) {
    const [across, up] = axes, centre = plane.slice(0, 3).map((x) => x * plane[3]);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, glass.side, glass.side, 0, gl.RGBA, gl.UNSIGNED_BYTE, glass.pixels);
    gl.uniform1i(at.kind, FIELD);
    gl.uniform3fv(at.across, across);
    gl.uniform3fv(at.up, up);
    const corners = [[-1, -1], [1, -1], [-1, 1], [1, 1]]
      .flatMap(([a, b]) => centre.map((x, i) => x + bound * (a * across[i] + b * up[i])));
    points(gl, corners, [1, 1, 1], gl.TRIANGLE_STRIP);
  }

  function drawMark({ gl, at }, mark) { // pale where something is in front of it
    gl.uniform1i(at.kind, DOT);
    for (const [test, alpha] of [[gl.ALWAYS, 0.3], [gl.LEQUAL, 1]]) {
      gl.depthFunc(test);
      gl.uniform1f(at.alpha, alpha);
      points(gl, mark, [0.835, 0.369, 0], gl.POINTS);
    }
  }

  function points(gl, places, colour, kind) {
    [places, null].forEach((values, index) => {
      gl.disableVertexAttribArray(index);
      if (!values) return gl.vertexAttrib3f(index, ...colour);
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.fvSmall ??= gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(values), gl.STREAM_DRAW);
      gl.enableVertexAttribArray(index);
      gl.vertexAttribPointer(index, 3, gl.FLOAT, false, 0, 0);
    });
    gl.drawArrays(kind, 0, places.length / 3);
  }

  // Waking up and turning ------------------------------------------------------------------------

  async function prepare(figure) {
    const data = JSON.parse(figure.querySelector(".fv-data").textContent);
    const buffer = await inflate(figure.querySelector(".fv-packed").textContent);
    const meshes = unpack(new Uint16Array(buffer), data);
    const away = minus(data.eye, data.target), distance = Math.hypot(...away);
    const stand = [Math.atan2(away[0], away[2]), Math.asin(away[1] / distance), distance];
    const scene = {
      figure, meshes, stand, home: [...stand], target: data.target, bound: data.reach ?? data.bound,
      tangent: Math.tan(data.fov * Math.PI / 360), controls: figure.querySelector(".fv-controls"),
      views: [...figure.querySelectorAll(".fv-stage")].map((stage, mesh) => ({ stage, mesh })),
    };
    scene.eye = () => eyeOf(scene);
    let waiting = false;
    scene.redraw = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; drawAll(scene); });
    };
    scene.attached = (name) => inflate(figure.querySelector(`.fv-${name}`).textContent);
    scene.change = (index, mesh) => {
      meshes[index] = mesh;
      if (scene.gl) scene.buffers[index] = upload(scene.gl, mesh);
      scene.redraw();
    };
    await window.fvKinds[data.kind](scene, data);
    scene.views.forEach((view) => turnable(scene, view));
    new ResizeObserver(scene.redraw).observe(figure);
    return scene;
  }

  function wake(scene) {
    if (scene.gl) return;
    const canvas = Object.assign(document.createElement("canvas"), { className: "fv-over" });
    canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;pointer-events:none";
    const gl = canvas.getContext("webgl2", { antialias: true, premultipliedAlpha: false });
    if (!gl) throw new Error("no WebGL");
    scene.figure.querySelector(".fv-views").append(canvas);
    Object.assign(scene, { gl, canvas, at: program(gl), buffers: scene.meshes.map((mesh) => upload(gl, mesh)) });
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
    gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const which of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, which, gl.LINEAR);
    scene.figure.classList.add("fv-awake");
    drawAll(scene);
  }

  function sleep(scene) { // browsers allow few WebGL contexts at a time
    scene.gl?.getExtension("WEBGL_lose_context")?.loseContext();
    scene.canvas?.remove();
    scene.gl = null;
    scene.figure.classList.remove("fv-awake");
  }

  function turnable(scene, view) {
    const { stage } = view;
    let from = null;
    const turn = (azimuth, elevation) => {
      scene.stand[0] += azimuth;
      scene.stand[1] = Math.max(-1.55, Math.min(1.55, scene.stand[1] + elevation));
      scene.redraw();
    };
    const inside = (event) => {
      const box = stage.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    stage.tabIndex = 0;
    stage.title = "Drag to turn, double-click to turn back; click, then scroll to zoom";
    stage.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, moved: false };
      stage.focus({ preventScroll: true });
    });
    stage.addEventListener("pointermove", (event) => {
      if (!from || !event.buttons) {
        if (event.pointerType === "mouse") view.point?.(...inside(event));
        return;
      }
      const [x, y] = [event.clientX - from.x, event.clientY - from.y];
      if (!from.moved && Math.hypot(x, y) < 4) return;
      if (!from.moved) stage.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, moved: true };
      turn(-x / 120, y / 120);
    });
    stage.addEventListener("pointerup", (event) => {
      if (from && !from.moved) view.point?.(...inside(event));
      from = null;
    });
    stage.addEventListener("dblclick", () => { scene.stand = [...scene.home]; scene.redraw(); });
    stage.addEventListener("wheel", (event) => {
      if (document.activeElement !== stage) return; // the wheel belongs to the page until then
      event.preventDefault();
      const closer = scene.stand[2] * 1.1 ** Math.sign(event.deltaY);
      scene.stand[2] = Math.max(0.3 * scene.home[2], Math.min(2 * scene.home[2], closer));
      scene.redraw();
    }, { passive: false });
    stage.addEventListener("keydown", (event) => {
      const sideways = (event.key === "ArrowRight") - (event.key === "ArrowLeft");
      const upward = (event.key === "ArrowUp") - (event.key === "ArrowDown");
      if (!sideways && !upward) return;
      event.preventDefault();
      turn(sideways * Math.PI / 18, upward * Math.PI / 18);
    });
  }

  function start() {
    const scenes = new Map(), visible = new Set();
    const tend = async (figure) => {
      if (!scenes.has(figure)) scenes.set(figure, prepare(figure));
      try {
        const scene = await scenes.get(figure);
        (visible.has(figure) ? wake : sleep)(scene);
      } catch (error) {
        figure.classList.add("fv-still"); // the pictures stay
      }
    };
    const watch = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) visible.add(target); else visible.delete(target);
        if (isIntersecting || scenes.has(target)) tend(target);
      }
    }, { rootMargin: "120px" });
    document.querySelectorAll(".fv-shapes:not([data-ready])").forEach((figure) => {
      figure.dataset.ready = "yes";
      watch.observe(figure);
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
