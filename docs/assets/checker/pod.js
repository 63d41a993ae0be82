// The page "Why is my pod denied?".
import { button, labelled, make, pageAddress, takesFiles } from "./elements.js";
import { Panel } from "./panel.js";

const STATES = { ok: "Holds", broken: "Broken", unknown: "Not seen" };

show(document.querySelector("[data-checker]"));

function show(mount) {
  const told = make("textarea", { className: "checker-text", rows: 4, spellcheck: false, name: "error" });
  told.placeholder = "An error occurred (AccessDenied) when calling …";
  const printed = make("textarea", { className: "checker-text", rows: 14, spellcheck: false, wrap: "off", name: "outputs" });
  printed.placeholder = "apiVersion: v1\nkind: List\nitems: …";
  const pods = make("select", { name: "pod" });
  const podRow = labelled("Pod", pods).row;
  podRow.hidden = true;
  const load = takesFiles(printed, () => panel.changed(), { append: true });
  const form = make(
    "form",
    { className: "checker-form", autocomplete: "off" },
    labelled("What the program says", told, "Its last lines are enough.").row,
    labelled(
      "What kubectl and aws print",
      printed,
      "One output after the other, JSON or YAML. No secret is needed; nothing that you paste leaves this page.",
    ).row,
    podRow,
  );
  form.setAttribute("aria-label", "What you know about the pod");
  let wanted = "";
  const panel = new Panel(mount, {
    form,
    empty: "Paste an error, or what kubectl and aws print: the answer appears here.",
    command: "podrole doctor",
    questions: () => {
      if (!told.value.trim() && !printed.value.trim()) return null;
      return [
        "pod",
        { error: told.value, texts: [{ name: "the paste", text: printed.value }], pod: wanted },
      ];
    },
    show: (answer) => {
      const several = answer.pods?.length > 1;
      podRow.hidden = !several;
      if (several) {
        pods.replaceChildren(...answer.pods.map((name) => new Option(name, name)));
        pods.value = answer.pod;
      }
      showLinks(panel, answer);
    },
    state: () => ({ error: told.value, outputs: printed.value, pod: wanted }),
    restore: (found) => {
      const text = (value) => (typeof value === "string" ? value : "");
      told.value = text(found.error);
      printed.value = text(found.outputs);
      wanted = text(found.pod);
    },
  });
  pods.addEventListener("input", () => (wanted = pods.value));
  const clear = button("Clear", () => {
    told.value = printed.value = wanted = "";
    podRow.hidden = true;
    panel.changed();
    told.focus();
  });
  form.append(make("p", { className: "checker-buttons" }, ...load, panel.shareButton(), clear));
  panel.open();
}

function showLinks(panel, answer) {
  const { links, broken, errors = [], noise = [], fault, ignored } = answer;
  const first = errors[0]?.causes[0] ?? noise[0];
  const parts = [];
  if (fault || answer.error) {
    const message = (fault ?? answer.error).message;
    panel.verdict.replaceChildren(make("strong", { className: "checker-none" }, "No chain"), ` ${message}.`);
  } else if (links) {
    const word = broken === null ? "Nothing broken" : "Broken";
    const strong = make("strong", { className: broken === null ? "checker-none" : "denied" }, word);
    const says = broken === null ? " No link breaks, as far as these files show." : ` The chain breaks at: ${links[broken].name}.`;
    panel.verdict.replaceChildren(strong, says);
  } else if (first) {
    panel.verdict.replaceChildren(make("strong", { className: "checker-none" }, "Recognised"), ` ${first.means}`);
  } else {
    panel.verdict.replaceChildren(make("strong", { className: "checker-none" }, "Unknown"), " No known error text found.");
  }
  if (first) parts.push(make("h2", {}, "What the text means"), ...errors.map(errorOf), ...noise.map(noiseOf));
  else if (answer.asked) parts.push(make("p", {}, "This text is not described yet. ", readFirst()));
  if (links) {
    parts.push(
      make("h2", {}, `The chain of ${answer.pod}`),
      make("ol", { className: "checker-links" }, ...links.map((link, number) => item(link, number === broken))),
    );
  }
  if (ignored?.length) {
    parts.push(
      make("h2", {}, "Not read"),
      make("ul", {}, ...ignored.map((text) => make("li", {}, text))),
    );
  }
  panel.result.replaceChildren(...parts);
}

function errorOf(error, number, all) {
  const part = make("div", { className: "checker-error" });
  const times = error.times > 1 ? `, ${error.times} times` : "";
  if (all.length > 1) part.append(make("h3", {}, `Error ${number + 1}${times}${error.follows ? ", possibly only a consequence of another" : ""}`));
  part.append(make("ol", { className: "checker-links" }, ...error.causes.map(causeOf)));
  return part;
}

function causeOf(cause, number) {
  const command = /^(aws|kubectl|curl|podrole) /.test(cause.decide);
  const element = make(
    "li",
    { className: "checker-link" },
    make("p", {}, number ? "Or: " : "", make("b", {}, cause.means)),
    make("p", {}, `Evidence: ${cause.because}.`),
    make("p", {}, "To be sure: ", command ? code(cause.decide) : cause.decide),
    make("p", {}, `Fix: ${cause.fix} `, make("a", { href: pageAddress("howto/troubleshoot", cause.section) }, "Proof and fix")),
  );
  if (cause.take) element.append(make("p", {}, "Take ", snippet(cause.take), "."));
  return element;
}

const noiseOf = (cause) => make("p", {}, "Not an AWS error: ", cause.means);

function item(link, first) {
  const mark = make("b", { className: `checker-state-${link.state}` }, STATES[link.state]);
  const element = make("li", { className: `checker-link checker-link-${link.state}` }, make("p", {}, mark, ` ${link.name}: ${link.says}`));
  if (first) {
    element.classList.add("checker-first");
    element.setAttribute("aria-current", "true");
  }
  if (link.fix) {
    const command = /^(aws|kubectl) /.test(link.fix);
    element.append(make("p", {}, link.state === "broken" ? "Fix: " : "To see it: ", command ? code(link.fix) : link.fix));
  }
  if (link.snippet) element.append(make("p", {}, "Take ", snippet(link.snippet), "."));
  return element;
}

const code = (text) => make("code", { textContent: text });
const snippet = (id) => make("a", { href: pageAddress(`catalogue/${id}`) }, id);
const readFirst = () =>
  make("a", { href: pageAddress("howto/troubleshoot", "first-of-all-who-is-it") }, "Start by finding out who the caller is.");
