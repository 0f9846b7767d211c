// Draws the plotly figures of a page with the site's own plotly.js, each when the reader comes near,
// and all of them before the page is printed.
(() => {
  "use strict";
  const home = new URL(".", document.currentScript.src);
  let library = null;

  const plotly = () =>
    (library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("plotly.min.js", home);
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error(`${script.src} could not be loaded`));
      document.head.append(script);
    }));

  const CONTROL = 110; // pixels below the panels that a slider takes, as in show/sliders.py

  // Panels whose pixels are square grow no taller than their width allows: on a phone the box is as
  // much lower, and what stands above and below the panels is not. `tall` is a panel's height by its
  // width.
  const fit = (box, layout) => {
    const square = Object.keys(layout).filter(
      (name) => name.startsWith("yaxis") && layout[name].scaleanchor && !layout[name].domain,
    );
    if (!square.length || !layout.height) return;
    const { t = 0, b = 0, l = 0, r = 0 } = layout.margin ?? {};
    const around = t + b + (layout.sliders?.length ? CONTROL : 0);
    const shares = square.map((name) => {
      const [from, to] = layout[name.replace("y", "x")]?.domain ?? [0, 1];
      return to - from;
    });
    const panel = Math.max(...shares) * (box.clientWidth - l - r) * (layout.meta?.tall ?? 1);
    layout.height = Math.round(Math.min(layout.height, around + panel));
    box.style.height = `${layout.height}px`;
  };

  const draw = async (box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "soon";
    const figure = JSON.parse(box.querySelector("script").textContent);
    const Plotly = await plotly();
    fit(box, figure.layout);
    figure.layout = { paper_bgcolor: "white", ...figure.layout };
    delete figure.layout.width; // as wide as the column, on a phone too
    figure.config = { responsive: true, displaylogo: false, ...figure.config };
    await Plotly.newPlot(box, figure);
    box.dataset.drawn = "yes";
  };

  const start = () => {
    const near = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          near.unobserve(entry.target);
          draw(entry.target);
        }
      },
      { rootMargin: "600px" },
    );
    const boxes = [...document.querySelectorAll(".plotly-figure")];
    boxes.forEach((box) => near.observe(box));
    if (!boxes.length) return;
    // Printing does not wait for a script, so that it must be there before.
    (window.requestIdleCallback ?? setTimeout)(() => plotly().catch(() => null));
    addEventListener("beforeprint", () => boxes.forEach(draw));
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
