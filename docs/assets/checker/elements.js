// Elements by name, the few that both pages share, and the way to a page of this site.

const ROOT = new URL("../../", import.meta.url);

/** The address of a page of this guide: `howto/troubleshoot`, with an anchor if there is one. */
export const pageAddress = (page, anchor = "") => new URL(`${page}/${anchor && `#${anchor}`}`, ROOT).href;

/** An element with properties (`dataset` and attributes with a dash or `role` too) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A button that does something. */
export function button(text, action, properties = {}) {
  const made = make("button", { type: "button", textContent: text, ...properties });
  made.addEventListener("click", action);
  return made;
}

let last = 0;

/** A labelled field: `{ row, field }`. The hint is read out with it. */
export function labelled(text, field, hint = "") {
  field.id = `checker-${++last}`;
  const row = make("div", { className: "checker-field" }, make("label", { htmlFor: field.id }, text), field);
  if (hint) {
    row.append(make("small", { id: `${field.id}-hint`, textContent: hint }));
    field.setAttribute("aria-describedby", `${field.id}-hint`);
  }
  return { row, field };
}

/** Lets an area take texts: typed, dropped as files, or loaded. `changed` is called after. */
export function takesFiles(area, changed, { append = false } = {}) {
  const take = async (files) => {
    const texts = await Promise.all([...files].map((file) => file.text()));
    if (!texts.length) return;
    area.value = append && area.value.trim() ? [area.value.trimEnd(), ...texts].join("\n---\n") : texts.join("\n---\n");
    changed();
  };
  const input = make("input", { type: "file", multiple: append, hidden: true });
  input.addEventListener("change", () => take(input.files).finally(() => (input.value = "")));
  area.addEventListener("dragover", (event) => event.preventDefault());
  area.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  const load = button(append ? "Load files" : "Load a file", () => input.click());
  return [load, input];
}

const LONG = 400; // characters: such a line says as little as no line

/** Selects a place of an area, and shows it: its lines, or in a long line what stands there alone. */
export function selectPlace(area, { line, lastLine = line, span }) {
  const lines = area.value.split("\n");
  const before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  const length = lines.slice(line - 1, lastLine).join("\n").length;
  const exact = span && lines[line - 1].length > LONG;
  // Python counts characters, a browser the halves of some.
  const offset = (count) => [...area.value.slice(0, 2 * count)].slice(0, count).join("").length;
  const [start, end] = exact ? span.map(offset) : [before, before + length];
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, end);
  const height = parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 3) * height);
  if (exact) area.scrollLeft = area.scrollWidth * ((start - before) / lines[line - 1].length) - area.clientWidth / 4;
  area.scrollIntoView({ block: "nearest" });
}
