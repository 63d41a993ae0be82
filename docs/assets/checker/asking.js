// Who asks a policy: a pod by IRSA, a pod by Pod Identity, or any caller.
import { labelled, make } from "./elements.js";

const MODES = { irsa: "A pod, by IRSA", "pod-identity": "A pod, by Pod Identity", caller: "Any caller" };
const ROLE = ["role", "Role's ARN", "arn:aws:iam::111122223333:role/orders-api", "If empty: a role in the policy's account."];
const POD = [
  ["namespace", "Namespace", "orders"],
  ["serviceAccount", "Service account", "orders-api"],
];
const FIELDS = {
  irsa: [
    ...POD,
    ["issuer", "Cluster's issuer", "oidc.eks.us-west-2.amazonaws.com/id/…", "If empty: the issuer that the policy names."],
    ["audience", "Audience", "sts.amazonaws.com", "If empty: sts.amazonaws.com, as EKS's webhook requests."],
    ROLE,
  ],
  "pod-identity": [
    ...POD,
    ["cluster", "Cluster's ARN", "arn:aws:eks:us-west-2:111122223333:cluster/demo"],
    ["pod", "Pod", "orders-api-7d4b9", "If empty: any name; it becomes a session tag."],
    ROLE,
  ],
  caller: [
    ["principal", "Who asks", "arn:aws:sts::111122223333:assumed-role/orders-api/session", "An ARN, a service's name, or a provider's ARN."],
    ["action", "Action", "s3:GetObject", "Several: all must be allowed."],
    ["resource", "Resource", "arn:aws:s3:::orders-data/in/1.json"],
    ["context", "Context keys", "aws:SourceVpce=vpce-0a1b2c3d4e5f60718", "One per line: key=value. Repeat a key to give it several values."],
    ["resourceAccount", "Resource's account", "111122223333", "Only if its ARN names none, such as a bucket's."],
  ],
};
const SHARED = ["namespace", "serviceAccount", "role"];

/** The fields: `element`, `value()`, `fill(ask)`, `fits(kind, mode)` and `mark(field, message)`. */
export class Asking {
  #fields = {}; // mode to name to field
  #groups = {};
  #radios = {};
  #chosen = false; // whether the reader has chosen the form
  #trust = true;
  #filled = []; // [field, value]: not by the reader

  constructor() {
    const choice = make("div", { className: "checker-modes", role: "radiogroup" });
    choice.setAttribute("aria-label", "Who asks");
    this.element = make("fieldset", { className: "checker-asking" }, make("legend", {}, "Who asks"), choice);
    for (const [mode, text] of Object.entries(MODES)) {
      const radio = make("input", { type: "radio", name: "mode", value: mode, checked: mode === "irsa" });
      radio.addEventListener("change", () => {
        this.#chosen = true;
        this.#shown();
      });
      this.#radios[mode] = radio;
      choice.append(make("label", {}, radio, ` ${text}`));
      this.#groups[mode] = this.#group(mode);
      this.element.append(this.#groups[mode]);
    }
    this.choice = choice;
    this.message = make("p", { className: "checker-missing", role: "status" });
    this.element.append(this.message);
    this.#shown();
  }

  #group(mode) {
    const group = make("div", { className: "checker-fields" });
    this.#fields[mode] = {};
    for (const [name, text, example, hint] of FIELDS[mode]) {
      const field = make(name === "context" ? "textarea" : "input", {
        name: `${mode}-${name}`,
        placeholder: example,
        spellcheck: false,
        autocomplete: "off",
        autocapitalize: "off",
      });
      if (name === "context") field.rows = 3;
      if (SHARED.includes(name)) field.addEventListener("input", () => this.#same(name, field.value));
      this.#fields[mode][name] = field;
      group.append(labelled(text, field, hint).row);
    }
    if (mode !== "irsa") {
      const name = mode === "caller" ? "own" : "untagged";
      const text = name === "own" ? " The caller's own policies allow it" : " The association has session tags disabled";
      const box = make("input", { type: "checkbox", name: `${mode}-${name}`, defaultChecked: name === "own" });
      this.#fields[mode][name] = box;
      const label = make("label", { className: "checker-box" }, box, text);
      group.append(label);
      if (name === "own") this.ownLabel = label;
    }
    return group;
  }

  /** A name that two forms have is the same in both. */
  #same(name, value) {
    for (const fields of Object.values(this.#fields)) if (fields[name]) fields[name].value = value;
  }

  get mode() {
    if (!this.#trust) return "caller";
    return Object.keys(MODES).find((mode) => this.#radios[mode].checked);
  }

  #shown() {
    for (const [mode, group] of Object.entries(this.#groups)) group.hidden = mode !== this.mode;
    this.choice.hidden = !this.#trust;
  }

  /** What is filled in, as the checker takes it. */
  value() {
    const found = { mode: this.mode };
    for (const [name, field] of Object.entries(this.#fields[this.mode])) {
      found[name] = field.type === "checkbox" ? field.checked : field.value;
    }
    return found;
  }

  /** Take the place of what was there. */
  fill(ask) {
    const mode = ask.mode in MODES ? ask.mode : "irsa";
    this.#radios[mode].checked = true;
    this.#chosen = true;
    for (const [name, field] of Object.entries(this.#fields[mode])) {
      if (field.type === "checkbox") field.checked = ask[name] === true;
      else field.value = typeof ask[name] === "string" ? ask[name] : "";
      if (["issuer", "role", "cluster"].includes(name)) this.#filled.push([field, field.value]);
    }
    for (const name of SHARED) if (this.#fields[mode][name]) this.#same(name, this.#fields[mode][name].value);
    this.#shown();
  }

  /** As it was at first. */
  reset() {
    for (const field of Object.values(this.#fields).flatMap((fields) => Object.values(fields))) {
      if (field.type === "checkbox") field.checked = field.defaultChecked;
      else field.value = "";
    }
    this.#radios.irsa.checked = true;
    this.release();
    this.fits("trust", "irsa");
    this.mark("", "");
  }

  /** The reader's own names, where nothing stands yet. */
  suggest(values) {
    for (const fields of Object.values(this.#fields)) {
      for (const [name, value] of Object.entries(values)) {
        if (fields[name] && !fields[name].value) fields[name].value = value;
      }
    }
  }

  /** The form that fits the policy. Returns whether it is another than before. */
  fits(kind, mode) {
    const before = this.mode;
    this.#trust = kind === "trust";
    if (this.#trust && !this.#chosen && mode in MODES) this.#radios[mode].checked = true;
    this.ownLabel.hidden = kind !== "trust" && kind !== "resource";
    this.#shown();
    return this.mode !== before;
  }

  /** A new policy: its own form is chosen again, and what a truth table filled in is taken back. */
  release() {
    this.#chosen = false;
    for (const [field, value] of this.#filled) if (field.value === value) field.value = "";
    this.#filled = [];
  }

  /** Say which field is wrong or still missing. */
  mark(name, message) {
    for (const fields of Object.values(this.#fields)) {
      for (const field of Object.values(fields)) field.removeAttribute("aria-invalid");
    }
    this.message.textContent = message;
    if (message && name) this.#fields[this.mode][name]?.setAttribute("aria-invalid", "true");
  }
}

/** A request of a truth table as a form: a pod's where it is no more than that. */
export function formOf(request) {
  const { principal, actions, resource, context } = request;
  const issuer = principal.split(":oidc-provider/")[1];
  const subject = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(context[`${issuer}:sub`] ?? "");
  const simple = Object.keys(context).every((key) => [`${issuer}:sub`, `${issuer}:aud`].includes(key));
  const audience = context[`${issuer}:aud`];
  if (issuer && subject && audience && simple && actions.join() === "sts:AssumeRoleWithWebIdentity") {
    return { mode: "irsa", issuer, namespace: subject[1], serviceAccount: subject[2], audience, role: resource };
  }
  const lines = Object.entries(context).flatMap(([key, value]) => [value].flat().map((one) => `${key}=${one}`));
  return {
    mode: "caller",
    principal,
    action: actions.join(" "),
    resource,
    resourceAccount: request.resource_account ?? "",
    context: lines.join("\n"),
    own: false,
  };
}
