// A policy's answer: allowed or denied, then why, then the findings, then who gets in.
import { button, make, pageAddress } from "./elements.js";

const SEVERITY = { error: "Error", warning: "Warning", suggestion: "Suggestion" };
const PARTS = { action: "Action", resource: "Resource", principal: "Principal", condition: "Condition" };

/** Show it. `select({ line, lastLine, span })` shows a place of the pasted text. */
export function showAnswer(panel, asking, answer, select) {
  if (answer.error) {
    asking.mark("", "");
    panel.verdict.replaceChildren(make("strong", { className: "checker-none" }, "No policy"), " ", answer.error.message);
    panel.result.replaceChildren();
    if (answer.error.line) panel.result.append(make("p", {}, lineButton(answer.error, select)));
    return;
  }
  const problem = answer.fault ?? answer.unfilled;
  asking.mark(problem?.field, answer.fault?.message ?? (answer.unfilled ? `Still open: ${answer.unfilled.what}.` : ""));
  panel.verdict.replaceChildren(...verdict(answer));
  panel.result.replaceChildren(
    ...(answer.answer ? why(answer, select) : []),
    ...findings(answer.findings, select),
    ...who(answer),
  );
}

function verdict({ answer, fault, unfilled, findings }) {
  if (answer) {
    const word = answer.allowed ? "Allowed" : "Denied";
    const strong = make("strong", { className: answer.allowed ? "allowed" : "denied" }, word);
    return [strong, " ", make("span", {}, `${capital(sentence(answer))}.`)];
  }
  const count = findings.length;
  const told = count ? `${count} finding${count === 1 ? "" : "s"}` : "no findings";
  const missing = fault ? fault.message : `for an answer, fill in ${unfilled.what}`;
  return [make("strong", { className: "checker-none" }, "A policy"), ` with ${told}; ${missing}.`];
}

function sentence({ allowed, effect, actions, action, reason, trace }) {
  if (effect === "explicit_deny") return reason;
  if (!allowed) return actions.length > 1 ? `${reason}, one of ${actions.length} that must be` : reason;
  const by = trace.find((one) => one.applies && one.effect === "Allow");
  return `${actions.length > 1 ? actions.join(" and ") : action}${by ? `, by ${by.policy || ""} ${by.path}` : ""}`;
}

function why({ answer }, select) {
  const { request } = answer;
  const keys = Object.entries(request.context).map(([key, value]) =>
    make("li", {}, make("code", { textContent: `${key} = ${[value].flat().join(", ")}` })),
  );
  return [
    make("h2", {}, "Why"),
    ...answer.notes.map((note) => make("p", { className: "checker-note" }, `${capital(note)}.`)),
    make("ol", { className: "checker-trace" }, ...answer.trace.map((one) => statement(one, select))),
    make(
      "details",
      { className: "checker-request" },
      make("summary", {}, "The request"),
      make(
        "ul",
        {},
        make("li", {}, "Who: ", code(request.principal)),
        make("li", {}, "What: ", code(answer.actions.join(", "))),
        make("li", {}, "On: ", code(request.resource)),
        ...keys,
      ),
    ),
  ];
}

function statement(one, select) {
  const name = [one.policy, one.path, one.sid && `(${one.sid})`].filter(Boolean).join(" ");
  const says = one.applies ? "applies" : one.nearMiss ? "one edit away" : "does not apply";
  const item = make(
    "li",
    { className: one.applies ? `checker-${one.effect.toLowerCase()}` : one.nearMiss ? "checker-near" : "" },
    make("p", {}, make("b", {}, `${one.effect} ${says}`), `: ${name} `, one.line && lineButton(one, select)),
  );
  for (const part of one.parts) item.append(failed(part, select));
  return item;
}

function failed(part, select) {
  const wanted = part.wanted.length ? part.wanted : ["nothing"];
  const actual = part.actual === null || !part.actual.length ? null : part.actual;
  const title = part.part === "condition" ? `${part.operator} ${part.key}` : part.element;
  const list = make("dl", {}, make("dt", {}, "Statement"), ...several(wanted));
  list.append(make("dt", {}, "Request"));
  list.append(...(actual ? several(actual) : [make("dd", {}, part.reason)]));
  return make(
    "div",
    { className: "checker-part" },
    make("p", {}, `${PARTS[part.part]}: `, code(title), ` ${actual ? part.reason : "fails"} `, part.line && lineButton(part, select)),
    list,
  );
}

function findings(found, select) {
  const items = found.map((one) =>
    make(
      "li",
      { className: `checker-${one.severity}` },
      make("p", {}, make("b", {}, SEVERITY[one.severity]), ` ${capital(one.message)}. `, lineButton(one, select)),
      make("p", {}, `${one.fix}. `, make("a", { href: pageAddress(one.page) }, "Read why"), " ", make("small", {}, code(one.code))),
    ),
  );
  if (!items.length) return [make("h2", {}, "Findings"), make("p", {}, "None: nothing risky, nothing without effect.")];
  return [make("h2", {}, `Findings (${items.length})`), make("ul", { className: "checker-findings" }, ...items)];
}

function who({ who: admitted }) {
  if (!admitted) return [];
  const items = admitted.providers.map((one) =>
    make("li", {}, "With a token of ", code(one.provider), ": ", make("b", {}, one.sentence), "."),
  );
  if (admitted.pods) {
    items.push(
      make(
        "li",
        {},
        code("pods.eks.amazonaws.com"),
        ": the service accounts that an association of the account gives this role, as far as the conditions allow.",
      ),
    );
  }
  if (!items.length) items.push(make("li", {}, "No service account: it names neither an OIDC provider nor EKS Pod Identity."));
  return [make("h2", {}, "Who can assume the role"), make("ul", { className: "checker-who" }, ...items)];
}

const code = (text) => make("code", { textContent: text });
const several = (texts) => texts.map((text) => make("dd", {}, code(text)));
// An ARN, an action or a claim stays as it is.
const capital = (text) => (/^[a-z]+[ ,.]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);

function lineButton(place, select) {
  return button(`line ${place.line}`, () => select(place), { className: "checker-line" });
}
