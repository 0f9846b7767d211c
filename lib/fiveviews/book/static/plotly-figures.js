// Draws the plotly figures of a page with the site's own plotly.js, each when the reader comes near.
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

  const draw = async (box) => {
    const figure = JSON.parse(box.querySelector("script").textContent);
    const Plotly = await plotly();
    figure.layout = { paper_bgcolor: "white", ...figure.layout };
    delete figure.layout.width; // as wide as the column, on a phone too
    const { picture, room } = figure.layout.meta ?? {};
    if (picture) { // a square picture of that share of the width: on a phone, no empty space below it
      const high = Math.round(box.clientWidth * picture) + room;
      figure.layout.height = Math.min(figure.layout.height, high);
      box.style.height = `${figure.layout.height}px`;
    }
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
    document.querySelectorAll(".plotly-figure").forEach((box) => near.observe(box));
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
