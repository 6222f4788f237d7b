"use strict";

// The timeline: one picture at a time, chosen by the slider or by playing.
const slider = document.getElementById("moment");
if (slider) {
  const frames = [...document.querySelectorAll(".frame")];
  const seen = document.getElementById("seen");
  const play = document.getElementById("play");
  let timer = null;

  const show = () => {
    const chosen = Number(slider.value);
    frames.forEach((frame, index) => { frame.hidden = index !== chosen; });
    seen.value = frames[chosen].dataset.images;
    slider.setAttribute("aria-valuetext", `${seen.value} ${seen.nextElementSibling.textContent}`);
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  const step = () => {
    if (slider.value === slider.max) return stop();
    slider.value = Number(slider.value) + 1;
    show();
  };
  slider.addEventListener("input", () => { stop(); show(); });
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (slider.value === slider.max) slider.value = 0;
    show();
    play.textContent = "Pause";
    timer = setInterval(step, Math.max(120, Math.min(600, 6000 / frames.length)));
  });
  slider.closest(".controls").hidden = false;
  show(); // a reloaded page may bring back an earlier place of the slider
}

// The charts: the values under the pointer.
const short = (value) => Number(value.toPrecision(4)).toLocaleString("en");
for (const chart of document.querySelectorAll(".chart")) {
  const drawing = chart.querySelector("svg");
  const readout = chart.querySelector(".readout");
  const cursor = chart.querySelector(".cursor");
  const lines = [...chart.querySelectorAll(".line")]
    .map((line) => ({ name: line.dataset.name, points: JSON.parse(line.dataset.points) }))
    .filter((line) => line.points.length);
  if (!lines.length) continue;

  const nearest = (points, x) => points.reduce((best, point) => (Math.abs(point[0] - x) < Math.abs(best[0] - x) ? point : best));
  drawing.addEventListener("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * drawing.viewBox.baseVal.width;
    const [at, , seen] = nearest(lines[0].points, x);
    const values = lines.map((line) => `${line.name} ${short(nearest(line.points, at)[3])}`);
    readout.textContent = `At ${seen.toLocaleString("en")} ${chart.dataset.plural}: ${values.join(", ")}`;
    cursor.setAttribute("transform", `translate(${at} 0)`);
    chart.classList.add("pointed");
  });
  const atEnd = readout.textContent;
  drawing.addEventListener("pointerleave", () => {
    readout.textContent = atEnd;
    chart.classList.remove("pointed");
  });
}
