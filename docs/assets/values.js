// The reader's own values: kept in this browser, shown wherever a code block has a mark of the build
// (`<span data-value="namespace">`). The form, files and links are in modules that load when needed.

const KEY = "podrole.values";
const VERSION = 1;
const CLOSE = ["Close", () => {}];
const marks = [...document.querySelectorAll("[data-value]")];
const built = new Map(marks.map((mark) => [mark, mark.textContent]));
let own = {};
let storing = true;
let loading;

/** The names that this page shows, in order. */
export const shownHere = [...new Set(marks.map((mark) => mark.dataset.value))];

/** Fields by name, each with the `test` of its pattern; fetched once, when first needed. */
export function fields() {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load() {
  const answer = await fetch(new URL("values.json", import.meta.url));
  if (!answer.ok) throw new Error(`values.json: ${answer.status}`);
  const data = await answer.json();
  const shell = new RegExp(`^(?:${data.shell})$`, "u");
  const known = new Map();
  for (const field of data.fields) {
    const part = field.part && new RegExp(`^(?:${field.part})$`, "u");
    known.set(field.name, { ...field, test: new RegExp(`^(?:${field.pattern})$`, "u"), part, shell });
  }
  known.secrets = data.secrets;
  known.regions = data.regions.map((one) => ({ ...one, test: new RegExp(`^(?:${one.pattern})$`, "u") }));
  return known;
}

/** The value, or the part of it that is meant: an ARN's name, an issuer's id. */
function taken(field, value) {
  return field.test.test(value) ? value : (field.part?.exec(value)?.[1] ?? value);
}

/** What the Region decides: partition and the end of host names. */
function decided(known, region) {
  return known.regions.find((one) => one.test.test(region))?.values ?? {};
}

/** What is wrong with a value among others, or nothing. */
export function fault(known, name, value, among = own) {
  const field = known.get(name);
  if (!field) return `${name}: no such value; the form lists them all`;
  if (typeof value !== "string") return `${name}: ${JSON.stringify(value)} must be a string; put it in quotes`;
  const example = `Example: ${field.value}`;
  value = taken(field, value);
  if (!field.test.test(value)) return `${name}: “${value}” does not match ${field.pattern}. ${example}`;
  if (!field.shell.test(value)) {
    return `${name}: “${value}” contains characters that a shell interprets, or begins like an option. ${example}`;
  }
  const region = name === "region" ? value : (among.region ?? known.get("region").value);
  const right = decided(known, region);
  if (name === "region" && !Object.keys(right).length) return `region: no AWS partition has a Region like “${value}”. ${example}`;
  if (name in right && right[name] !== value) {
    const other = known.regions.find((one) => one.values[name] === value);
    return `${name}: “${value}” contradicts region ${region}, which needs ${right[name]}. For ${value} use a Region such as ${other?.example}`;
  }
  return "";
}

/** Whether YAML reads the bare word as a text, in version 1.1 and in 1.2: `yaml_writer.py` has the
 *  same rule. No character is read twice, so a long word takes no longer than its length. */
export function isYamlText(word) {
  return !(
    /^(?:y|n|yes|no|on|off|true|false|null|~|=|<<)?$/i.test(word) ||
    /^[-+]?(?:0b[01_]*|0x[\da-f_]*|0o[0-7_]*|(?:\d[\d_]*)?(?:\.[\d_]*)?(?:e[-+]?\d*)?)$/i.test(word) ||
    /^[-+]?\d[\d_]*(?::\d+)+(?:\.[\d_]*)?$/.test(word) ||
    /^[-+]?\.?(?:inf|nan)$/i.test(word) ||
    /^\d{4}-\d\d?-\d\d?(?:[Tt ]|$)/.test(word) ||
    /^[-?:](?: |$)|^[,[\]{}#&*!|>'"%@`]|^---|^\.\.\.|: |:$| #|^\s|\s$/.test(word)
  );
}

/** What the reader gave, without what is the guide's own. */
export const ownValues = () => ({ ...own });

/** All values as they hold now: `{account_id: "…", …}`. */
export async function currentValues() {
  const known = await fields();
  return Object.fromEntries([...known].map(([name, field]) => [name, own[name] ?? field.value]));
}

/** The text of an element as it was built, with the guide's own names: what the stored outputs ran. */
export function builtText(element) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let text = "";
  let last;
  while (texts.nextNode()) {
    const mark = texts.currentNode.parentElement.closest("[data-value]");
    if (mark && mark === last) continue;
    text += built.get(mark) ?? texts.currentNode.data;
    last = mark;
  }
  return text;
}

/** Whether this browser keeps the values beyond the page. */
export const isKept = () => storing;

/** Take these in place of the reader's values, show and keep them. The values must fit. */
export async function setValues(values) {
  const known = await fields();
  const parts = Object.entries(values).map(([name, value]) => [name, taken(known.get(name), value)]);
  const whole = { ...Object.fromEntries(parts) };
  Object.assign(whole, decided(known, whole.region ?? known.get("region").value));
  const given = Object.entries(whole).filter(([name, value]) => known.get(name).value !== value);
  apply(Object.fromEntries(given));
  try {
    if (given.length) localStorage.setItem(KEY, JSON.stringify({ version: VERSION, values: own }));
    else localStorage.removeItem(KEY);
  } catch {
    storing = false;
  }
}

function apply(values) {
  own = values;
  for (const [mark, text] of built) {
    const value = own[mark.dataset.value];
    const bare = value === undefined || !("scalar" in mark.dataset) || isYamlText(value);
    mark.textContent = value === undefined ? text : bare ? value : JSON.stringify(value);
    mark.classList.toggle("own-value", value !== undefined);
  }
  document.body.classList.toggle("own-values", Object.keys(own).length > 0);
  document.dispatchEvent(new CustomEvent("podrole:values", { detail: ownValues() }));
}

/** Show what this browser keeps. What does not fit is left out, and said. */
async function restore() {
  let kept;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    storing = false;
    return;
  }
  if (kept === null) {
    if (Object.keys(own).length) apply({});
    return;
  }
  let values;
  try {
    const { version, values: found } = JSON.parse(kept);
    if (version === VERSION && found && typeof found === "object") values = found;
  } catch {
    // said below
  }
  if (!values) {
    apply({});
    const text = "What this browser kept as your values cannot be read. The pages show the guide's own names.";
    notice(text, ["Forget it", () => setValues({})], CLOSE);
    return;
  }
  let known;
  try {
    known = await fields();
  } catch {
    notice("Your values did not load, so the pages show the guide's own names. Load the page again.", CLOSE);
    return;
  }
  const faults = [];
  const fit = {};
  for (const [name, value] of Object.entries(values)) {
    const wrong = fault(known, name, value, values);
    if (wrong) faults.push(wrong);
    else if (known.get(name).value !== value) fit[name] = value;
  }
  apply(fit);
  if (faults.length) {
    const text = `Some of the values that this browser kept are not valid. ${faults.join(" ")}`;
    notice(text, ["Forget these", () => setValues(fit)], CLOSE);
  }
}

/** A bar above the page's text, with buttons: label and what it does. Each closes the bar. */
export function notice(text, ...buttons) {
  document.querySelector(".values-notice")?.remove();
  const bar = document.createElement("div");
  bar.className = "values-notice";
  bar.setAttribute("role", "status");
  const words = document.createElement("p");
  bar.append(words);
  for (const [label, act] of buttons) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => {
      bar.remove();
      act();
    });
    bar.append(button);
  }
  (document.querySelector("main") ?? document.body).prepend(bar);
  words.textContent = text; // once the bar is in the page, so that a screen reader says it
}

/** The button in the header that opens the form. */
function addButton() {
  const header = document.querySelector(".md-header__inner");
  if (!header) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "md-header__button values-button";
  button.title = "Your values";
  button.setAttribute("aria-haspopup", "dialog");
  button.append(Object.assign(document.createElement("span"), { textContent: "Your values" }));
  button.addEventListener("click", async () => {
    try {
      const form = await import("./values-form.js");
      await form.open();
    } catch {
      notice("The form did not load. Load the page again.", CLOSE);
    }
  });
  const search = header.querySelector("label[for=__search]");
  if (search) search.before(button);
  else header.append(button);
}

async function readLink() {
  if (!location.hash.startsWith("#values=")) return;
  const link = await import("./values-link.js");
  await link.offer();
}

addButton();
addEventListener("storage", ({ key }) => (key === KEY || key === null) && restore());
addEventListener("pageshow", ({ persisted }) => persisted && restore());
addEventListener("hashchange", readLink);
restore().then(readLink);
