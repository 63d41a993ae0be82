// The page "Why is my pod denied?".
import { button, labelled, make, pageAddress, takesFiles } from "./elements.js";
import { toFragment } from "./link.js";
import { Panel } from "./panel.js";

const STATES = { ok: "Holds", broken: "Broken", unknown: "Not seen" };

/** The example below the box, until something stands in it. A test holds it against the doctor. */
const EXAMPLE = {
  text:
    "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: " +
    "Not authorized to perform sts:AssumeRoleWithWebIdentity",
  verdict:
    "STS refused AssumeRoleWithWebIdentity: the role's trust policy does not match the token (sub, aud or issuer), " +
    "or there is no such role. STS does not say which.",
};

function show(mount) {
  const area = make("textarea", { className: "checker-text", rows: 14, spellcheck: false, name: "text" });
  area.placeholder = "An error occurred (AccessDenied) when calling …\n\nand, or, in any order:\n\napiVersion: v1\nkind: List\nitems: …";
  const pods = make("select", { name: "pod" });
  const podRow = labelled("Pod", pods).row;
  podRow.hidden = true;
  const load = takesFiles(area, () => panel.changed(), { append: true });
  const form = make(
    "form",
    { className: "checker-form", autocomplete: "off" },
    labelled(
      "Paste what you have",
      area,
      "An error, a log, what kubectl and aws print, a policy: one after the other. It stays in this page.",
    ).row,
    podRow,
  );
  form.setAttribute("aria-label", "What you know about the pod");
  let wanted = "";
  const panel = new Panel(mount, {
    form,
    example,
    command: "podrole doctor",
    questions: () => (area.value.trim() ? ["pod", { text: area.value, pod: wanted }] : null),
    show: (answer) => {
      const several = answer.pods?.length > 1;
      podRow.hidden = !several;
      if (several) {
        pods.replaceChildren(...answer.pods.map((name) => new Option(name, name)));
        pods.value = answer.pod;
      }
      return showAnswer(panel, answer);
    },
    state: () => ({ text: area.value, pod: wanted }),
    restore: (found) => {
      // A link of before 2026-11-29 has two texts.
      const texts = [found.text, found.error, found.outputs].filter((one) => typeof one === "string" && one);
      area.value = texts.join("\n---\n");
      wanted = typeof found.pod === "string" ? found.pod : "";
    },
  });
  pods.addEventListener("input", () => (wanted = pods.value));
  const clear = button("Clear", () => {
    area.value = wanted = "";
    podRow.hidden = true;
    panel.changed();
    area.focus();
  });
  form.append(make("p", { className: "checker-buttons" }, ...load, panel.shareButton(), clear));
  panel.open();

  /** What an answer looks like: `[verdict, ...result]`. */
  function example() {
    const take = () => {
      area.value = EXAMPLE.text;
      panel.changed();
    };
    return [
      make("span", {}, make("strong", { className: "checker-none" }, "Recognised"), ` ${EXAMPLE.verdict}`),
      make("p", {}, "This is an example. The text was:"),
      make("pre", {}, code(EXAMPLE.text)),
      make("p", {}, "The answer names each cause that fits, what speaks for it, the command that decides, and the fix."),
      button("Answer the example", take),
    ];
  }
}

async function showAnswer(panel, answer) {
  const { links, broken, errors = [], noise = [], policies = [], fault, missing, ignored } = answer;
  const first = errors[0]?.causes[0] ?? noise[0];
  panel.verdict.replaceChildren(...verdict(answer, first));
  const parts = [];
  if (first) parts.push(make("h2", {}, "What the text means"), ...errors.map(errorOf), ...noise.map(noiseOf));
  if (links) {
    parts.push(
      make("h2", {}, `The chain of ${answer.pod}`),
      make("ol", { className: "checker-links" }, ...links.map((link, number) => item(link, number === broken))),
    );
  }
  if (policies.length) parts.push(make("h2", {}, policies.length > 1 ? "The policies" : "The policy"), ...(await Promise.all(policies.map(policyOf))));
  if (missing) parts.push(make("p", {}, "No pod is in this. To have its chain walked, add what this prints: ", code(missing)));
  if (!first && !links && !policies.length && !fault && !answer.error) parts.push(make("p", {}, readFirst()));
  if (ignored?.length) {
    parts.push(
      make("h2", {}, "Not read"),
      make("ul", {}, ...ignored.map((text) => make("li", {}, text))),
    );
  }
  panel.result.replaceChildren(...parts);
}

function verdict({ error, fault, links, broken, policies = [], missing }, first) {
  const word = (text, className = "checker-none") => make("strong", { className }, text);
  if (error ?? fault) return [word("Not read"), ` ${(error ?? fault).message}.`];
  if (links && broken !== null) return [word("Broken", "denied"), ` The chain breaks at: ${links[broken].name}.`];
  if (links) return [word("Nothing broken"), " No link breaks, as far as these files show."];
  if (first) return [word("Recognised"), ` ${first.means}`];
  if (policies.length) {
    const count = policies.reduce((sum, one) => sum + (one.findings?.length ?? 1), 0);
    const what = policies.length === 1 ? "A policy" : `${policies.length} policies`;
    return [word(what), ` with ${count || "no"} finding${count === 1 ? "" : "s"}.`];
  }
  if (missing) return [word("No chain"), " No pod is in this."];
  return [word("Unknown"), " No known error text found."];
}

/** A policy's findings and whom it lets in, and the way to the page that asks it. */
async function policyOf(policy) {
  const kind = policy.kind === "trust" ? "trust" : "auto";
  const address = `${pageAddress("check/policy")}${await toFragment({ policy: policy.text, kind })}`;
  const findings = policy.fault ? [{ severity: "error", code: "No policy", message: policy.fault, fix: "" }] : policy.findings;
  return make(
    "div",
    {},
    make("p", {}, make("b", {}, `${policy.name || "A policy"} (${policy.kind})`), " ", make("a", { href: address }, "Ask it")),
    policy.who?.length ? make("ul", {}, ...policy.who.map((line) => make("li", {}, line))) : null,
    make(
      "ul",
      { className: "checker-findings" },
      ...findings.map((one) => make("li", { className: `checker-${one.severity}` }, make("b", {}, one.code), ` ${one.message}. ${one.fix}`)),
    ),
  );
}

function errorOf(error, number, all) {
  const part = make("div", { className: "checker-told" });
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

show(document.querySelector("[data-checker]"));
