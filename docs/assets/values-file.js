// The file of `podrole snippet render --values` and `make site VALUES=`: one mapping of names to
// texts, in YAML or JSON. Of YAML, what such a file needs.
import { fault, isYamlText, ownValues } from "./values.js";

/** The file's text, with what the reader gave. */
export function written(values) {
  const lines = Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const usage = "# Values for Podrole: make site VALUES=acme.yml, podrole snippet render --values acme.yml";
  return `${[usage, ...(lines.length ? lines : ["{}"])].join("\n")}\n`;
}

/** The values in a file's text and the names left out since no page asks for a secret.
 *  Throws an Error that names the line. */
export function read(text, known) {
  const entries = text.trimStart().startsWith("{") ? fromJson(text) : fromYaml(text);
  const all = Object.fromEntries(entries);
  const values = {};
  const left = [];
  for (const [name, value, line] of entries) {
    const place = line ? `line ${line}: ` : "";
    if (Object.hasOwn(values, name)) throw new Error(`${place}${name} is there twice`);
    if (known.secrets.includes(name)) {
      left.push(name);
      continue;
    }
    const wrong = fault(known, name, value, { ...ownValues(), ...all });
    if (wrong) throw new Error(place + wrong);
    values[name] = value;
  }
  if (!entries.length) throw new Error("there is no value in it; write name: value");
  return { values, left };
}

function fromJson(text) {
  try {
    return Object.entries(JSON.parse(text));
  } catch (error) {
    throw new Error(`no JSON: ${error.message}`);
  }
}

function fromYaml(text) {
  const entries = [];
  for (const [index, line] of text.replace(/^\uFEFF/, "").split(/\r?\n/).entries()) {
    if (/^\s*(?:#.*)?$/.test(line) || /^(?:---|\.\.\.)\s*$/.test(line) || /^\{\}\s*$/.test(line)) continue;
    const [, name, rest] = /^([a-z][a-z0-9_]*):(?:[ \t]+(.*))?$/.exec(line) ?? [];
    if (!name) throw new Error(`line ${index + 1}: “${line}” is not name: value`);
    entries.push([name, scalar(rest ?? "", `line ${index + 1}: ${name}`), index + 1]);
  }
  return entries;
}

function scalar(text, place) {
  const quoted = /^(?:("(?:[^"\\]|\\.)*")|'((?:[^']|'')*)')[ \t]*(?:[ \t]#.*)?$/.exec(text);
  if (quoted?.[1]) {
    try {
      return JSON.parse(quoted[1]);
    } catch {
      throw new Error(`${place}: ${quoted[1]} cannot be read; write it as JSON would`);
    }
  }
  if (quoted) return quoted[2].replaceAll("''", "'");
  const bare = text.replace(/(?:^|[ \t])#.*$/, "").trim();
  if (!isYamlText(bare)) throw new Error(`${place}: ${bare || "the value"} must be a string; put it in quotes`);
  return bare;
}
