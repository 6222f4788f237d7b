"use strict";
const form = document.querySelector("form");
const place = document.getElementById("example");
const score = document.getElementById("score");
const fault = document.getElementById("fault");
const NO_TRUNCATION = 4;
let asked = 0, waiting = false, again = false;

function question() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) query.set(name, value || "0");
  if (Number(query.get("truncation")) >= NO_TRUNCATION) query.delete("truncation");
  query.set("moves", [...form.querySelectorAll(".move")].map((slider) => slider.value).join(","));
  return query;
}

function show(answer) {
  fault.textContent = "";
  let shown = place.firstElementChild;
  const kind = answer.source ? "IMG" : "P";
  if (!shown || shown.tagName !== kind) {
    shown = document.createElement(kind);
    place.replaceChildren(shown);
  }
  if (answer.source) {
    Object.assign(shown, { src: answer.source, width: answer.width, height: answer.height, alt: "" });
    shown.className = answer.crisp ? "crisp" : "";
  } else {
    shown.textContent = answer.text || "(an empty line)";
  }
  small("gradient", answer.gradient);
  small("nearest", answer.nearest, (found) => `The closest training example${found.text ? ` “${found.text}”` : ""}, at a distance of ${found.distance.toPrecision(3)}`);
  if (score && answer.score) {
    const above = Math.round(100 * answer.score.above);
    score.textContent = `D’s logit ${answer.score.logit.toFixed(2)}: higher than ${above} % of the generator’s own samples`;
  }
}

function small(name, found, told) { // beside the example, if it was answered
  const place = document.getElementById(name), picture = place.querySelector("img");
  place.hidden = !found;
  if (!found) return;
  picture.hidden = !found.source;
  if (found.source) picture.src = found.source;
  if (told) place.querySelector("span").textContent = told(found);
}

async function draw() {  // one question at a time; what changed meanwhile is asked afterwards
  if (waiting) { again = true; return; }
  waiting = true;
  try {
    const answer = await fetch(`example?${question()}`);
    const content = await answer.json();
    if (answer.ok) show(content);
    else fault.textContent = typeof content.detail === "string" ? content.detail : "This value is not possible.";
  } catch {
    fault.textContent = "nashgan explore does not answer; is it still running?";
  }
  waiting = false;
  asked += 1;
  document.body.dataset.drawn = asked;
  if (again) { again = false; draw(); }
}

function changed() {
  for (const slider of form.querySelectorAll("input[type=range]")) {
    const any = slider.name === "truncation" && Number(slider.value) >= NO_TRUNCATION;
    const digits = slider.step === "0.01" ? 2 : 1;
    slider.parentElement.querySelector("output").textContent = any ? "any" : Number(slider.value).toFixed(digits);
  }
  draw();
}

form.addEventListener("input", changed);
form.elements.label?.addEventListener("change", changed);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(changed));
document.getElementById("random").addEventListener("click", () => {
  for (const name of ["seed", "other"]) form.elements[name].value = Math.floor(Math.random() * 100000);
  changed();
});
changed();
