"use strict";
const form = document.querySelector("form");
const [file, drop, heldOut, fault] = ["file", "drop", "held-out", "fault"].map((name) => document.getElementById(name));
let ask = null, index = 0, answered = 0; // what is asked again when the seed changes

function show(answer) {
  fault.textContent = "";
  for (const name of ["given", "made", "true"]) {
    const picture = document.getElementById(name), shown = answer[name];
    picture.parentElement.hidden = !shown;
    if (shown) Object.assign(picture, { src: shown.source, width: shown.width, height: shown.height, className: shown.crisp ? "crisp" : "" });
  }
}

async function answer() {
  if (!ask) return;
  try {
    const response = await ask(Number(form.elements.seed.value) || 0);
    const content = await response.json();
    if (response.ok) show(content);
    else fault.textContent = typeof content.detail === "string" ? content.detail : "This value is not possible.";
  } catch {
    fault.textContent = "nashgan explore does not answer; is it still running?";
  }
  answered += 1;
  document.body.dataset.answered = answered;
}

function send(picture) {
  if (!picture) return;
  ask = (seed) => fetch(`made?seed=${seed}`, { method: "POST", body: picture });
  answer();
}

file.addEventListener("change", () => send(file.files[0]));
drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  send(event.dataTransfer.files[0]);
});
heldOut?.addEventListener("click", () => {
  const at = index;
  index += 1;
  ask = (seed) => fetch(`example?index=${at}&seed=${seed}`);
  answer();
});
form.elements.seed.addEventListener("input", answer);
form.addEventListener("submit", (event) => event.preventDefault());
