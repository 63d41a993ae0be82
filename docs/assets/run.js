// Run buttons on a notebook's page. Python (`python/`) is loaded at the first Run, not before.
import { Cell, make } from "./run-cell.js";

const NO_WEBASSEMBLY = "no WebAssembly";
const bar = document.querySelector(".nb-bar");
const button = (name, title, act) => {
  const one = make("button", { type: "button", textContent: name, title });
  one.addEventListener("click", () => one.getAttribute("aria-disabled") !== "true" && act());
  return one;
};
const all = button("Run all", "Run every cell, in a new session", () => run(cells, true));
const end = button("Stop", "End Python now; the next Run starts it again", stop);
const back = button("Reset", "Show the stored cells and outputs, and forget what ran", reset);
const status = make("span");
const amount = make("span"); // apart from the status: a screen reader would say every step
const progress = make("progress", { className: "nb-progress", max: 1, value: 0 });
const cells = [...document.querySelectorAll(".nb-cell")].map(
  (box) => new Cell(box, { run: runUpTo, stop }),
);

let python; // that loads, or is there
let isLoaded = false;
let isNew = true; // its session has not begun
let isOutdated = false; // it began with other values than the reader's
let compared; // how a text was when the site was built; nothing where the reader has other values
let busy = false;
let isStopped = false;
let attempts = 0;
let refused; // by the page's policy, while Python was loading
let trouble;

status.setAttribute("role", "status");
progress.setAttribute("aria-label", "Loading Python");
bar.setAttribute("role", "group");
bar.setAttribute("aria-label", "Run this notebook");
bar.replaceChildren(
  ...[all, end, back, make("p", { className: "nb-status" }, status, " ", amount), progress],
);
say(`About ${bar.dataset.megabytes} MB load at the first Run. Nothing that you type is sent.`);
draw();
document.addEventListener("securitypolicyviolation", (event) => {
  refused = event.effectiveDirective;
});
document.addEventListener("podrole:values", () => {
  isOutdated = true;
  if (!busy) forgetOutdated();
});

function runUpTo(cell) {
  const before = cells.slice(0, cells.indexOf(cell)).filter(({ done }) => !done);
  return run([...before, cell]);
}

async function run(wanted, afresh = false) {
  if (busy) return;
  busy = true;
  isStopped = false;
  trouble?.remove();
  trouble = undefined;
  if (afresh) forget();
  draw();
  try {
    await start();
    await runEach(wanted);
  } catch (error) {
    python?.stop();
    python = undefined;
    forget("Python has ended since");
    const message = error.message.trim().split("\n").at(-1);
    if (isStopped) say("Stopped. The next Run starts Python again, and runs first what it needs.");
    else if (isLoaded) say(`Python ended: ${message}. The next Run starts it again.`);
    else tell(message, () => run(wanted, afresh));
    isLoaded = false;
  }
  busy = false;
  progress.value = 0;
  amount.textContent = "";
  forgetOutdated();
  draw();
}

async function start() {
  if (!python) {
    if (typeof WebAssembly !== "object") throw new Error(NO_WEBASSEMBLY);
    say("Loading Python…");
    refused = undefined;
    // A browser may remember that a module did not load.
    const again = attempts++ ? `?${attempts}` : "";
    const { Python } = await import(`./python/python.js${again}`);
    if (isStopped) throw new Error("stopped");
    python = new Python({
      archives: ["policy", "lab"],
      module: "podrole.pyodide.cells",
      progress: show,
    });
  }
  await python.ready;
  isLoaded = true;
  amount.textContent = "";
  if (!isNew) return;
  const values = await readValues();
  isOutdated = false;
  await python.call("reset", { values });
  isNew = false;
}

// The reader's values, where the site has the module that keeps them: it is on the page already.
async function readValues() {
  compared = (element) => element.textContent;
  const script = document.querySelector('script[src*="assets/values."]');
  if (!script) return {};
  try {
    const values = await import(script.src);
    compared = Object.keys(values.ownValues()).length ? undefined : values.builtText;
    return await values.currentValues();
  } catch {
    return {};
  }
}

async function runEach(wanted) {
  say(wanted.length > 1 ? `Running ${wanted.length} cells…` : `Running cell ${wanted[0].number}…`);
  for (const cell of wanted) {
    cell.begin();
    draw();
    const asked = { name: `cell ${cell.number}`, code: cell.source };
    const { value } = await python.call("run", asked, (piece) => cell.write(piece));
    cell.end(value.error, compared);
    if (cell.done) continue;
    say(`Cell ${cell.number} ended with an error, shown below it.`);
    return;
  }
  const others = wanted.filter((cell) => cell.verdict === "differs from").length;
  const same = wanted.filter((cell) => cell.verdict === "matches").length;
  const ran = wanted.length > 1 ? `${wanted.length} cells ran` : `Cell ${wanted[0].number} ran`;
  if (others) say(`${ran}; ${others} did not print the stored output.`);
  else say(same ? `${ran}; the output matches the stored output.` : `${ran}.`);
}

function stop() {
  if (!busy) return;
  isStopped = true;
  python?.stop();
}

function reset() {
  stop();
  isNew = true;
  for (const cell of cells) cell.reset();
  trouble?.remove();
  trouble = undefined;
  say("The stored cells and outputs are back.");
  draw();
}

function forget(words) {
  isNew = true;
  for (const cell of cells) cell.forget(words);
}

function forgetOutdated() {
  if (isOutdated && !isNew) forget("ran with other values");
  isOutdated = false;
}

function draw() {
  all.setAttribute("aria-disabled", busy);
  end.setAttribute("aria-disabled", !busy);
  bar.classList.toggle("nb-active", busy || Boolean(trouble));
  for (const cell of cells) cell.draw(busy);
}

function say(words) {
  status.textContent = words;
}

function show(loaded, total) {
  progress.max = total;
  progress.value = Math.min(loaded, total);
  const [now, whole] = [loaded, total].map((bytes) => (bytes / 1e6).toFixed(1));
  const percent = Math.floor((100 * loaded) / total);
  amount.textContent = percent < 100 ? `${percent} %, ${now} of ${whole} MB` : "all here, starting";
}

// -- a load that failed ------------------------------------------------------------------

function tell(message, again) {
  say("Python did not load.");
  const [what, ...fixes] = advice(message);
  const list = make("ul", {}, ...fixes.map((fix) => make("li", { textContent: fix })));
  const retry = button("Try again", "Load Python again", () => {
    end.focus();
    again();
  });
  trouble = make("div", { className: "nb-trouble" }, make("p", { textContent: what }), list, retry);
  trouble.setAttribute("role", "alert");
  bar.append(trouble);
}

function advice(message) {
  const lab = "Or run the notebook on your own machine, in JupyterLab: make lab.";
  if (message === NO_WEBASSEMBLY) {
    return [
      "This browser has no WebAssembly, or it is disabled.",
      "Enable it, or use a current Firefox, Chrome, Edge or Safari.",
      lab,
    ];
  }
  if (refused || /unsafe-eval|Content.Security/i.test(message)) {
    return [
      `The site's Content-Security-Policy forbids it: ${refused ?? message}.`,
      "For whoever serves the site: script-src 'self' 'wasm-unsafe-eval'; " +
        "worker-src 'self' blob:; connect-src 'self'.",
      lab,
    ];
  }
  if (/ answers \d/.test(message)) {
    return [
      `A file is missing: ${message}.`,
      "For whoever serves the site: make site fills assets/python/, where npm is; publish it too.",
      lab,
    ];
  }
  return [
    `A file did not load: ${message}.`,
    "Check that this site still answers, then try again.",
    "For whoever serves the site: .js is to be sent as text/javascript.",
    lab,
  ];
}
