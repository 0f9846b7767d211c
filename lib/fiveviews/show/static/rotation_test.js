// The mental rotation test: see fiveviews/show/rotation_test.py, which writes its questions.
// Everything happens in the page; nothing is sent, and only a reader's own click saves a file.
(function () {
  "use strict";
  const LETTERS = ["1", "2", "3"];

  // Wilson's 95 % interval for a share of right answers.
  function interval(right, count) {
    const z = 1.959964, p = right / count, z2 = z * z / count;
    const centre = (p + z2 / 2) / (1 + z2);
    const half = z / (1 + z2) * Math.sqrt(p * (1 - p) / count + z2 / (4 * count));
    return [Math.max(0, centre - half), Math.min(1, centre + half)];
  }

  const percent = (share) => (100 * share).toFixed(1) + " %";

  function element(tag, text, style) {
    const node = document.createElement(tag);
    if (text) node.textContent = text;
    if (style) node.style.cssText = style;
    return node;
  }

  function button(text, act) {
    const node = element("button", text);
    node.type = "button";
    node.className = "fv-button";
    node.addEventListener("click", act);
    return node;
  }

  // One of the four pictures of a strip: 0 is the reference.
  function picture(strip, index, label) {
    const box = element("div");
    box.className = "fv-picture";
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", label);
    const image = element("img");
    image.alt = "";
    image.src = strip;
    image.style.left = `calc(${-100 * index}% - ${index * 3.125}%)`; // the strip has small gaps
    box.append(image);
    return box;
  }

  function run(test) {
    const board = test.querySelector(".fv-board");
    const data = JSON.parse(test.querySelector(".fv-questions").textContent);
    const count = data.questions.length;
    let given = [], began = 0, asked = 0, clock = 0;

    function welcome() {
      const words = `${count} questions. One of the three lower figures is the upper one, turned. ` +
        "Click it, or press 1, 2 or 3. The clock runs; there is no way back.";
      board.replaceChildren(element("p", words), button("Start", begin));
    }

    function begin() {
      given = [];
      began = performance.now();
      clock = setInterval(tick, 500);
      ask();
    }

    function tick() {
      if (!test.isConnected) return clearInterval(clock);
      const seconds = Math.floor((performance.now() - began) / 1000);
      const shown = test.querySelector(".fv-clock");
      if (shown) shown.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    }

    function ask() {
      const strip = data.questions[given.length];
      const head = element("div");
      head.className = "fv-head";
      head.append(element("span", `Question ${given.length + 1} of ${count}`));
      const time = element("span", "0:00");
      time.className = "fv-clock";
      head.append(time);
      const row = element("div");
      row.className = "fv-row";
      LETTERS.forEach((letter, index) => {
        const choice = button("", () => answer(index));
        choice.classList.add("fv-choice");
        choice.append(picture(strip, index + 1, `candidate ${letter}`), element("span", letter));
        row.append(choice);
      });
      const reference = element("div");
      reference.className = "fv-row";
      reference.append(picture(strip, 0, "reference"));
      board.replaceChildren(head, reference, row);
      tick();
      asked = performance.now();
      row.firstChild.focus({ preventScroll: true });
    }

    function answer(index) {
      const seconds = (performance.now() - asked) / 1000;
      given.push({ answer: index, right: index === data.answers[given.length], seconds });
      if (given.length < count) return ask();
      clearInterval(clock);
      finish();
    }

    function bar(name, score, own) {
      const line = element("div");
      line.className = "fv-bar";
      line.append(element("span", name));
      const track = element("span");
      track.className = "fv-track";
      const filled = element("span");
      filled.style.cssText = `width:${100 * score}%;background:${own ? "#0072B2" : "#9a9a9a"}`;
      track.append(filled);
      line.append(track, element("span", percent(score)));
      return line;
    }

    function finish() {
      const right = given.filter((one) => one.right).length;
      const [low, high] = interval(right, count);
      const total = given.reduce((sum, one) => sum + one.seconds, 0);
      const words = `${right} of ${count} right: ${percent(right / count)}, 95 % interval ` +
        `${percent(low)} to ${percent(high)}, in ${total.toFixed(0)} seconds.`;
      const bars = element("div");
      const lines = [{ name: "you", score: right / count, own: true }, ...data.levels];
      lines.sort((a, b) => b.score - a.score);
      lines.forEach((line) => bars.append(bar(line.name, line.score, line.own)));
      const result = element("p", words);
      result.setAttribute("role", "status");
      const buttons = element("div");
      buttons.className = "fv-row";
      buttons.append(button("Save my answers (CSV)", save), button("Once more", begin));
      board.replaceChildren(result, bars, buttons);
    }

    function save() {
      const rows = given.map((one, i) => [i + 1, one.answer + 1, data.answers[i] + 1,
        one.right ? 1 : 0, one.seconds.toFixed(2)].join(","));
      const text = ["question,answer,right_answer,right,seconds", ...rows].join("\n") + "\n";
      const link = element("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = "mental_rotation.csv";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }

    test.addEventListener("keydown", (event) => {
      const choices = test.querySelectorAll(".fv-choice");
      const index = LETTERS.indexOf(event.key);
      if (index < 0 || !choices.length || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      choices[index].click();
    });
    welcome();
  }

  function start() {
    document.querySelectorAll(".fv-test:not(.fv-running)").forEach((test) => {
      test.classList.add("fv-running");
      run(test);
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
