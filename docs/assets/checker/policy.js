// The page "Check a policy".
import { Asking, formOf } from "./asking.js";
import { catalogue, fill, filled, valuesOver } from "./catalogue.js";
import { button, labelled, make, selectPlace, takesFiles } from "./elements.js";
import { Panel } from "./panel.js";

const KINDS = {
  auto: "by its elements",
  trust: "trust policy",
  identity: "identity policy",
  resource: "resource policy",
  boundary: "permissions boundary",
  session: "session policy",
  scp: "service control policy",
  rcp: "resource control policy",
};

const EXAMPLE = "trust-irsa-exact"; // of the catalogue

show(document.querySelector("[data-checker]"));

function show(mount) {
  const area = make("textarea", { className: "checker-text", rows: 18, spellcheck: false, wrap: "off", name: "policy" });
  area.placeholder = '{"Version": "2012-10-17", "Statement": …';
  const kind = make("select", { name: "kind" });
  for (const [value, text] of Object.entries(KINDS)) kind.append(new Option(text, value));
  const taken = make("output", { className: "checker-taken" });
  const pick = make("select", { name: "pick" }, new Option("a policy of your own", ""));
  const rows = make("select", { name: "case" });
  const asking = new Asking();
  let picked; // of the catalogue
  let beside = {}; // layer to ids of policies that speak too

  const kindRow = labelled("Taken as", kind).row;
  kindRow.append(taken);
  const rowsRow = labelled("A row of its truth table", rows).row;
  rowsRow.hidden = true;
  const load = takesFiles(area, () => typed());
  const form = make(
    "form",
    { className: "checker-form", autocomplete: "off" },
    labelled("Begin with", pick).row,
    labelled("Policy", area, "JSON, YAML, a CloudFormation template, or what the AWS CLI prints. Paste it, or drop a file here.").row,
    kindRow,
    rowsRow,
    asking.element,
  );
  form.setAttribute("aria-label", "Policy and request");

  const state = () => ({
    policy: area.value,
    kind: kind.value,
    ask: asking.value(),
    beside,
    pick: picked?.id ?? "",
  });
  const panel = new Panel(mount, {
    form,
    example,
    command: "podrole explain, podrole lint and podrole who",
    questions: () => (area.value.trim() ? ["check", { ...state(), beside: documents() }] : null),
    show: async (answer) => {
      const { showAnswer } = await import("./policy-result.js");
      taken.textContent = answer.error || kind.value !== "auto" ? "" : answer.why;
      if (!answer.error && asking.fits(answer.kind, answer.mode)) panel.changed();
      showAnswer(panel, asking, answer, (place) => selectPlace(area, place));
    },
    state,
    restore,
  });
  const clear = button("Clear", () => {
    area.value = "";
    kind.value = "auto";
    shared = undefined;
    asking.reset();
    taken.textContent = "";
    typed();
    area.focus();
  });
  form.append(make("p", { className: "checker-buttons" }, ...load, panel.shareButton(), clear));

  /** What an answer looks like: `[verdict, ...result]`. */
  function example() {
    const answerIt = async () => {
      if (await listed()) take(named(EXAMPLE));
    };
    return [
      make("span", {}, make("strong", { className: "allowed" }, "Allowed"), " sts:AssumeRoleWithWebIdentity, by Statement[0]."),
      make("p", {}, "This is an example: a pod asks a trust policy. The answer appears here as you type. It says:"),
      make(
        "ul",
        {},
        make("li", {}, "which statement decides, and in the others what did not fit, with its line;"),
        make("li", {}, "what in the policy is dangerous or does nothing, with the fix;"),
        make("li", {}, "for a trust policy, everyone who gets in."),
      ),
      button("Answer the example", answerIt),
    ];
  }

  let data;
  let values = {};
  /** The list of policies, once; a failure is told and tried again with the next use. */
  async function listed() {
    if (data) return true;
    try {
      const found = await catalogue();
      const theirs = await valuesOver(found);
      values = theirs.values;
      asking.suggest(namesOf(theirs));
      data = found;
    } catch (error) {
      panel.tell(`The list of policies did not load: ${error.message}.`);
      return false;
    }
    for (const layer of Object.keys(KINDS)) {
      const of = data.policies.filter((one) => one.kind === layer);
      if (!of.length) continue;
      const group = make("optgroup", { label: KINDS[layer] });
      group.append(...of.map((one) => new Option(`${one.title}${one.antipattern ? " (antipattern)" : ""}`, one.id)));
      pick.append(group);
    }
    return true;
  }
  const named = (id) => data?.policies.find((one) => one.id === id);

  function documents() {
    const layers = Object.entries(beside).map(([layer, ids]) => [
      layer,
      ids.map(named).filter(Boolean).map((one) => ({ id: one.id, kind: one.kind, document: filled(JSON.parse(one.document), values) })),
    ]);
    return Object.fromEntries(layers);
  }

  function typed() {
    pick.value = "";
    picked = undefined;
    rowsRow.hidden = true;
    beside = {};
    asking.release();
    panel.changed();
  }

  /** Show the rows of the picked policy's truth table. */
  function showRows(policy) {
    picked = policy;
    pick.value = policy?.id ?? "";
    rowsRow.hidden = !policy;
    if (!policy) return;
    rows.replaceChildren(new Option("as filled in below", ""));
    policy.cases.forEach((one, number) => {
      const expected = one.expect === "allow" ? "allowed" : "denied";
      rows.append(new Option(`${fill(one.name, values)} (${expected})`, String(number)));
    });
  }

  function take(policy) {
    showRows(policy);
    area.value = fill(policy.document, values);
    area.scrollTop = 0;
    kind.value = policy.kind;
    rows.value = "0";
    takeRow();
  }

  function takeRow() {
    const row = picked.cases[Number(rows.value)];
    beside = row.beside ?? {};
    asking.fill(formOf(filled(row.request, values)));
    asking.fits(picked.kind);
    panel.changed();
  }

  const text = (value) => (typeof value === "string" ? value : "");
  function restore(found) {
    area.value = text(found.policy);
    kind.value = found.kind in KINDS ? found.kind : "auto";
    if (typeof found.ask === "object" && found.ask) asking.fill(found.ask);
    if (kind.value !== "auto") asking.fits(kind.value);
    shared = found;
  }
  let shared; // a link's, whose other policies are fetched with the first use

  panel.first = async () => {
    const wanted = shared;
    if (!wanted?.pick && !wanted?.beside) return;
    if (!(await listed())) return;
    showRows(named(text(wanted.pick)));
    rows.value = "";
    beside = Object.fromEntries(
      Object.entries(wanted.beside ?? {}).filter(([, ids]) => Array.isArray(ids)),
    );
  };

  pick.addEventListener("input", async (event) => {
    event.stopPropagation();
    if (pick.value && (await listed())) take(named(pick.value));
  });
  rows.addEventListener("input", (event) => {
    event.stopPropagation();
    if (rows.value) takeRow();
  });
  area.addEventListener("input", (event) => {
    rows.value = "";
    if (event.inputType === "insertFromPaste") asking.release();
  });
  asking.element.addEventListener("input", () => (rows.value = ""));
  pick.addEventListener("pointerenter", listed);
  pick.addEventListener("focus", listed);

  open();
  addEventListener("hashchange", open);
  async function open() {
    const wanted = /^#pick=([a-z0-9-]+)$/.exec(location.hash);
    if (!wanted) return panel.open();
    if (!(await listed())) return undefined;
    const policy = named(wanted[1]);
    if (!policy) return panel.tell(`The catalogue has no policy ${wanted[1]}.`);
    panel.tell("");
    showRows(policy);
    area.value = fill(policy.document, values);
    kind.value = policy.kind;
    rows.value = "0";
    const row = policy.cases[0];
    beside = row.beside ?? {};
    asking.fill(formOf(filled(row.request, values)));
    asking.fits(policy.kind);
    return panel.wait();
  }
}

/** The reader's own names for the fields of a form. */
function namesOf({ values, own }) {
  const of = (...names) => names.some((name) => name in own);
  return {
    ...(of("namespace") && { namespace: values.namespace }),
    ...(of("service_account") && { serviceAccount: values.service_account }),
    ...(of("oidc_id") && { issuer: values.oidc_provider }),
    ...(of("account_id", "cluster") && {
      cluster: `arn:${values.partition}:eks:${values.region}:${values.account_id}:cluster/${values.cluster}`,
    }),
    ...(of("role_name") && { role: `arn:${values.partition}:iam::${values.account_id}:role/${values.role_name}` }),
  };
}
