// Runs the quizzes of a page: see fiveviews/show/quiz.py, which writes them. Nothing is sent anywhere.
(function () {
  "use strict";
  const COLOURS = { right: "#009E73", wrong: "#D55E00" };

  function make(tag, words, style) {
    const element = document.createElement(tag);
    if (words) element.textContent = words;
    element.style.cssText = style || "";
    return element;
  }

  function picture(uri, alt) {
    const image = make("img", "", "width:100%;display:block;background:white;image-rendering:auto");
    image.src = uri;
    image.alt = alt;
    return image;
  }

  // So many columns side by side, and fewer where one would be narrower than `least` pixels.
  function row(columns, least) {
    const each = `max(${least}px,calc((100% - ${8 * (columns - 1)}px) / ${columns}))`;
    return make("div", "", `display:grid;gap:8px;margin:8px 0;max-width:680px;grid-template-columns:repeat(auto-fill,minmax(${each},1fr))`);
  }

  const share = (flags) => flags.filter(Boolean).length / Math.max(1, flags.length);
  const percent = (value) => `${Math.round(100 * value)} %`;

  // Wilson's 95 % interval of a share: honest for a dozen questions, where p ± error is not.
  function interval(p, n) {
    const z = 1.96, d = 1 + z * z / n, middle = (p + z * z / (2 * n)) / d;
    const half = z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d;
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
  }

  function remembered(key, value) {
    try {
      if (value !== undefined) localStorage.setItem(key, value);
      return Number(localStorage.getItem(key) || 0);
    } catch (error) {
      return 0; // a browser that keeps nothing
    }
  }

  function run(quiz) {
    const data = JSON.parse(quiz.querySelector(".fv-quiz-data").textContent);
    const body = quiz.querySelector(".fv-quiz-body");
    let given, seconds, began, timer;

    function start() {
      given = [];
      seconds = [];
      ask();
    }

    function button(words, action) {
      const element = make("button", words, "font:inherit;padding:0.35em 1em;margin:4px 8px 4px 0;cursor:pointer");
      element.type = "button";
      element.addEventListener("click", action);
      body.append(element);
      return element;
    }

    function ask() {
      const i = given.length, question = data.questions[i];
      const clock = make("span", "0 s", "float:right;color:#6b6b6b");
      body.replaceChildren(clock, make("div", `Question ${i + 1} of ${data.questions.length}`));
      const top = row(Math.max(question.given.length, question.options.length), 80);
      question.given.forEach((uri, k) => {
        const cell = make("div");
        cell.append(picture(uri, data.labels[k]), make("div", data.labels[k], "text-align:center;color:#6b6b6b"));
        top.append(cell);
      });
      const bottom = row(question.options.length, 130);
      question.options.forEach((uri, k) => {
        const choice = make("button", "", "padding:2px;border:2px solid #8a8a8a;border-radius:4px;background:white;cursor:pointer");
        choice.type = "button";
        choice.className = "fv-quiz-option";
        choice.setAttribute("aria-label", `option ${k + 1}`);
        choice.append(picture(uri, `option ${k + 1}`), make("span", String(k + 1), "color:#6b6b6b"));
        choice.addEventListener("click", () => answer(k, bottom, clock));
        bottom.append(choice);
      });
      body.append(top, bottom);
      bottom.firstChild.focus({ preventScroll: true });
      began = performance.now();
      clearInterval(timer);
      timer = setInterval(() => {
        clock.textContent = `${Math.round((performance.now() - began) / 1000)} s`;
        if (!document.contains(quiz)) clearInterval(timer);
      }, 500);
    }

    function answer(k, choices, clock) {
      clearInterval(timer);
      seconds.push((performance.now() - began) / 1000);
      given.push(k);
      const i = given.length - 1, right = data.answers[i], more = given.length < data.questions.length;
      if (!data.tell) return more ? ask() : end();
      [...choices.children].forEach((choice, option) => {
        choice.disabled = true;
        if (option === right) choice.style.borderColor = COLOURS.right;
        else if (option === k) choice.style.borderColor = COLOURS.wrong;
      });
      const also = Object.entries(data.others)
        .map(([who, said]) => `${who}: ${said[i] + 1} ${said[i] === right ? "✓" : "✗"}`);
      const words = k === right ? "✓ Right." : `✗ It was ${right + 1}.`;
      clock.textContent = `${seconds[i].toFixed(1)} s`;
      const said = make("div", `${words} ${also.join(" · ")}`, "margin:4px 0");
      said.setAttribute("aria-live", "polite");
      body.append(said);
      const next = button(more ? "Next" : "How did I do?", more ? ask : end);
      if (more) button("Stop here", end);
      next.focus({ preventScroll: true });
    }

    function end() {
      const n = given.length, p = share(given.map((k, i) => k === data.answers[i]));
      const [low, high] = interval(p, n);
      const mean = seconds.reduce((a, b) => a + b, 0) / n;
      const lines = [["you", p, `${percent(low)} to ${percent(high)} with 95 % confidence, ${mean.toFixed(0)} s a question`]];
      for (const [who, said] of Object.entries(data.others)) {
        lines.push([who, share(given.map((_, i) => said[i] === data.answers[i])), "on the same questions"]);
      }
      for (const [who, value] of Object.entries(data.known)) lines.push([who, value, who === "chance" ? "guessing" : "on other questions"]);
      lines.sort((a, b) => b[1] - a[1]);
      const table = make("div", "", "max-width:680px;margin:8px 0");
      for (const [who, value, note] of lines) {
        const line = make("div", "", "margin:6px 0");
        const bar = make("div", "", `height:8px;border-radius:4px;width:${100 * value}%;background:${who === "you" ? "#D55E00" : "#0072B2"}`);
        line.append(make("div", `${who}: ${percent(value)} (${note})`, who === "you" ? "font-weight:600" : ""), bar);
        table.append(line);
      }
      const key = `fiveviews.${data.name}`, whole = n === data.questions.length;
      const best = whole ? remembered(key, Math.max(p, remembered(key))) : remembered(key);
      body.replaceChildren(make("div", `${n} questions answered.`), table);
      if (best > 0) body.append(make("div", `Your best on all of them, in this browser: ${percent(best)}.`));
      button("Once more", start);
      button("Save my answers (CSV)", save);
    }

    function save() {
      const rows = given.map((k, i) => [i + 1, k + 1, data.answers[i] + 1, Number(k === data.answers[i]),
        seconds[i].toFixed(2)].join(","));
      const text = ["question,answer,right_answer,right,seconds", ...rows].join("\n") + "\n";
      const link = make("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = `${data.name}.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }

    quiz.addEventListener("keydown", (event) => { // the number of an option chooses it
      const choice = body.querySelectorAll(".fv-quiz-option")[Number(event.key) - 1];
      if (!choice || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      choice.click();
    });
    button("Start the clock", start);
  }

  document.querySelectorAll(".fv-quiz:not([data-ready])").forEach((quiz) => {
    quiz.dataset.ready = "yes";
    run(quiz);
  });
})();
