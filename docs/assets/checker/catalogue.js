// The guide's own policies, fetched when a reader first wants one, with the reader's values in them.

let fetched;

/** `{ values, derived, policies }`. */
export function catalogue() {
  fetched ??= fetch(new URL("../checker.json", import.meta.url))
    .then((answer) => {
      if (!answer.ok) throw new Error(`checker.json: the server answers ${answer.status}`);
      return answer.json();
    })
    .catch((error) => {
      fetched = undefined;
      throw error;
    });
  return fetched;
}

/** The reader's values over the guide's. The module that keeps them may not be on this site. */
export async function valuesOver(data) {
  const own = await readersValues(data.values);
  const values = { ...data.values, ...own };
  for (const [name, template] of Object.entries(data.derived)) values[name] = fill(template, values);
  return { values, own };
}

async function readersValues(defaults) {
  const script = document.querySelector('script[type="module"][src*="assets/values."]');
  if (!script) return {};
  try {
    const { currentValues } = await import(script.src);
    const found = Object.entries(await currentValues());
    return Object.fromEntries(found.filter(([name, value]) => name in defaults && value !== defaults[name]));
  } catch {
    return {};
  }
}

/** A text with its placeholders replaced. */
export function fill(text, values) {
  return text.replace(/\{\{\s*([a-z][a-z0-9_]*)\s*\}\}/g, (whole, name) => values[name] ?? whole);
}

/** A value of JSON with its placeholders replaced, in keys too. */
export const filled = (value, values) => JSON.parse(fill(JSON.stringify(value), values));
