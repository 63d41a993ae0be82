// The drawer "Your values": a field for each value, those of this page first.
import { fault, fields, isKept, ownValues, setValues, shownHere } from "./values.js";
import { read, written } from "./values-file.js";
import { linkWith } from "./values-link.js";

let drawer;

/** Show the drawer; it is built once, so what was typed and does not fit is still there. */
export async function open() {
  drawer ??= build(await fields());
  drawer.refresh();
  drawer.dialog.showModal();
}

function make(tag, properties = {}, ...children) {
  const { aria = {}, ...own } = properties;
  const element = Object.assign(document.createElement(tag), own);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
  element.append(...children);
  return element;
}

function build(known) {
  const inputs = new Map();
  const status = make("output", { className: "values-status" });
  const dialog = make("dialog", { className: "values-drawer", aria: { labelledby: "values-title" } });
  const button = (label, act) => {
    const one = make("button", { type: "button", textContent: label });
    one.addEventListener("click", act);
    return one;
  };
  const say = (text, ...more) => status.replaceChildren(text, ...more);

  /** Put the values in the fields, but for those that hold something that does not fit. */
  const refresh = (all = false) => {
    const mine = ownValues();
    for (const [name, input] of inputs) {
      if (!all && input.ariaInvalid === "true") continue;
      if (all || document.activeElement !== input) input.value = mine[name] ?? "";
      if (all) complain(input, "");
    }
  };
  const take = async (values) => {
    const before = ownValues();
    await setValues(values);
    refresh(true);
    return button("Undo", async () => {
      await setValues(before);
      refresh(true);
      say("As before.");
    });
  };

  const field = (name) => {
    const { description, value } = known.get(name);
    const id = `value-${name}`;
    const input = make("input", {
      id,
      name,
      placeholder: value,
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: false,
      aria: { describedby: `${id}-what ${id}-fault`, invalid: "false" },
    });
    inputs.set(name, input);
    input.addEventListener("input", () => {
      const typed = input.value.trim();
      if (typed && fault(known, name, typed)) return; // said when the reader leaves the field
      complain(input, "");
      const mine = ownValues();
      delete mine[name];
      setValues(typed ? { ...mine, [name]: typed } : mine);
    });
    input.addEventListener("change", () => {
      const typed = input.value.trim();
      const wrong = typed && fault(known, name, typed);
      complain(input, wrong ? `${wrong}. The pages still show ${ownValues()[name] ?? value}.` : "");
    });
    return make(
      "div",
      { className: "values-field" },
      make("label", { htmlFor: id, textContent: label(name) }),
      input,
      make("p", { id: `${id}-what`, textContent: `${description}. Example: ${value}` }),
      make("p", { id: `${id}-fault`, className: "values-fault", role: "alert" }),
    );
  };

  const groups = grouped(known);
  const here = shownHere.filter((name) => known.has(name));
  const sections = [];
  if (here.length) {
    sections.push(
      make("fieldset", {}, make("legend", { textContent: "On this page" }), ...here.map(field)),
    );
  }
  for (const [group, names] of groups) {
    const rest = names.filter((name) => !here.includes(name));
    if (!rest.length) continue;
    const title = here.length ? `More: ${group}` : group;
    sections.push(
      make("details", { open: !here.length }, make("summary", { textContent: title }), ...rest.map(field)),
    );
  }

  const filter = make("input", { type: "search", placeholder: "Find a value", aria: { label: "Find a value" } });
  const nothing = make("p", { textContent: "No value matches.", hidden: true });
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const section of sections) {
      let some = false;
      for (const one of section.querySelectorAll(".values-field")) {
        const text = `${one.textContent} ${one.querySelector("input").name}`.toLowerCase();
        one.hidden = !words.every((word) => text.includes(word));
        some ||= !one.hidden;
      }
      section.hidden = !some;
      found += some;
      if (section.localName === "details") section.open = words.length > 0 || !here.length;
    }
    nothing.hidden = found > 0;
  });

  const pasted = make("textarea", {
    rows: 4,
    spellcheck: false,
    placeholder: 'account_id: "123456789012"\nregion: eu-west-1',
    aria: { label: "Values as YAML or JSON" },
  });
  const importFault = make("p", { className: "values-fault", role: "alert" });
  const bring = async (text) => {
    importFault.textContent = "";
    try {
      const { values, left } = read(text, known);
      const undo = await take({ ...ownValues(), ...values });
      const count = Object.keys(values).length;
      const secrets = left.length ? ` Left out, since no page asks for a secret: ${left.join(", ")}.` : "";
      say(`Imported: ${count}.${secrets} `, undo);
    } catch (error) {
      importFault.textContent = `Nothing was imported. ${error.message}`;
    }
  };
  const file = make("input", { type: "file", accept: ".yml,.yaml,.json,text/*", aria: { label: "A file of values" } });
  file.addEventListener("change", async () => {
    if (file.files.length) await bring(await file.files[0].text());
    file.value = "";
  });
  const importing = make(
    "details",
    { className: "values-import" },
    make("summary", { textContent: "Import" }),
    make("p", { textContent: "The file of podrole's --values, in YAML or JSON. It stays in this browser." }),
    file,
    pasted,
    button("Take the text", () => bring(pasted.value)),
    importFault,
  );

  const link = make("input", { readOnly: true, hidden: true, aria: { label: "Link with your values" } });
  const copyLink = button("Copy link", async () => {
    link.value = linkWith(ownValues());
    try {
      await navigator.clipboard.writeText(link.value);
      say("The link is copied. Whoever opens it is asked first.");
    } catch {
      link.hidden = false;
      link.select();
      say("Copy it from the field.");
    }
  });
  const exporting = button("Export", () => {
    const address = URL.createObjectURL(new Blob([written(ownValues())], { type: "application/yaml" }));
    make("a", { href: address, download: "acme.yml" }).click();
    URL.revokeObjectURL(address);
    say("acme.yml: for podrole snippet render --values, and make site VALUES=.");
  });
  const reset = button("Reset all", async () => {
    const undo = await take({});
    say("The pages show the guide's own names again. ", undo);
  });
  const close = button("Close", () => dialog.close());

  const form = make("form", { noValidate: true }, ...sections, nothing);
  form.addEventListener("submit", (event) => event.preventDefault());
  dialog.append(
    make("header", {}, make("h2", { id: "values-title", textContent: "Your values" }), close),
    make(
      "div",
      { className: "values-body" },
      make("p", {
        textContent: isKept()
          ? "Enter a name once: every block of every page shows and copies it. Kept in this browser, sent nowhere."
          : "Every block of this page shows and copies your names. This browser keeps nothing for this site: they last until you leave the page.",
      }),
      filter,
      form,
      importing,
    ),
    make("footer", {}, make("div", {}, copyLink, exporting, reset), link, status),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.addEventListener("podrole:values", () => refresh());
  document.body.append(dialog);
  return { dialog, refresh };
}

function complain(input, text) {
  input.ariaInvalid = String(Boolean(text));
  document.getElementById(`${input.id}-fault`).textContent = text;
}

function grouped(known) {
  const groups = new Map();
  for (const [name, { group }] of known) groups.set(group, [...(groups.get(group) ?? []), name]);
  return groups;
}

function label(name) {
  const words = name.replaceAll("_", " ").replace(/\b(?:id|uid|vpc|kms|oidc|db)\b/g, (word) => word.toUpperCase());
  return words[0].toUpperCase() + words.slice(1);
}
