// One code cell of a notebook's page: its buttons, its editor, and what it put out here.

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const HELP = "Control and Enter run the cell. Escape leaves the editor.";

export class Cell {
  // Whether Python holds what this cell makes: nothing of it, or all up to an error that is wanted.
  done = false;
  #area; // the editor, once there is one
  #live = []; // what is shown in place of the stored outputs

  // box: the `.nb-cell`; run(cell), stop(): what its button asks of the page.
  constructor(box, { run, stop }) {
    this.number = box.dataset.cell;
    this.expectsError = "expected" in box.dataset;
    this.box = box;
    this.block = box.querySelector(":scope > .highlight");
    this.code = this.block.querySelector("code");
    this.stored = [...box.querySelectorAll(":scope > .nb-output")];
    this.button = make("button", { type: "button" });
    this.button.addEventListener("click", () => (this.running ? stop() : run(this)));
    this.editing = make("button", { type: "button" });
    this.editing.addEventListener("click", () => (this.isEdited() ? this.restore() : this.edit(0)));
    this.mark = make("span", { className: "nb-mark" });
    // As tracebacks name it.
    const name = make("span", { className: "nb-number", textContent: `Cell ${this.number}` });
    box.prepend(
      make("div", { className: "nb-tools" }, this.button, this.editing, this.mark, name),
    );
    this.code.addEventListener("click", (event) => this.#clicked(event));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
      event.preventDefault();
      run(this);
    });
    this.draw();
  }

  get source() {
    return (this.#area?.value ?? this.code.textContent).replace(/\n$/, "");
  }

  isEdited() {
    return this.source !== this.code.textContent.replace(/\n$/, "");
  }

  // busy: whether some cell runs, so that this one cannot.
  draw(busy = false) {
    const verb = this.running ? "Stop" : "Run";
    this.button.textContent = verb;
    this.button.setAttribute("aria-label", `${verb} cell ${this.number}`);
    this.button.setAttribute("aria-disabled", busy && !this.running);
    this.button.title = this.running
      ? "End Python now"
      : "Run this cell, and first those above it that have not run";
    const undo = this.isEdited();
    this.editing.textContent = undo ? "Undo edits" : "Edit";
    this.editing.setAttribute("aria-label", `${undo ? "Undo edits of" : "Edit"} cell ${this.number}`);
  }

  say(words, kind = "") {
    this.mark.textContent = words;
    this.mark.className = `nb-mark ${kind}`;
  }

  // -- editing ---------------------------------------------------------------------------

  edit(place) {
    if (!this.#area) {
      this.#area = make("textarea", {
        className: "nb-editor",
        value: this.source,
        spellcheck: false,
        autocapitalize: "off",
        autocomplete: "off",
        title: HELP,
      });
      this.#area.setAttribute("aria-label", `Code of cell ${this.number}`);
      this.#area.addEventListener("input", () => this.#fit());
      this.#area.addEventListener("keydown", (event) => this.#typed(event));
      this.#area.addEventListener("blur", () => !this.isEdited() && this.#close());
      this.block.after(this.#area);
      this.block.hidden = true;
      this.#fit();
    }
    this.#area.focus({ preventScroll: true });
    this.#area.setSelectionRange(place, place);
  }

  restore() {
    this.#close();
    this.say("");
    this.draw();
  }

  #close() {
    this.block.hidden = false;
    const area = this.#area;
    this.#area = undefined; // before it goes: its leaving the page may be a blur
    area?.remove();
  }

  #fit() {
    this.#area.rows = this.#area.value.split("\n").length;
    if (this.isEdited()) this.say("edited");
    this.draw(this.button.getAttribute("aria-disabled") === "true");
  }

  // A click that selects nothing is for writing there; on a phone it is too easily an accident.
  #clicked(event) {
    const selection = getSelection();
    if (event.pointerType !== "mouse" || !selection.isCollapsed) return;
    const before = document.createRange();
    before.selectNodeContents(this.code);
    if (this.code.contains(selection.anchorNode)) {
      before.setEnd(selection.anchorNode, selection.anchorOffset);
    }
    this.edit(Math.min(before.toString().length, this.source.length));
  }

  // Tab moves on, as in any form; Enter keeps the line's indent.
  #typed(event) {
    const area = this.#area;
    if (event.key === "Escape") {
      event.preventDefault();
      this.button.focus();
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      const line = area.value.slice(0, area.selectionStart).split("\n").at(-1);
      const indent = line.match(/^ */)[0] + (/:\s*$/.test(line) ? "    " : "");
      if (event.isComposing || !indent) return;
      event.preventDefault();
      document.execCommand("insertText", false, `\n${indent}`); // the only way that undo knows
    }
  }

  // -- output ----------------------------------------------------------------------------

  // What stands below the cell stays until there is something else, so that the page keeps still.
  begin() {
    this.running = true;
    this.done = false;
    this.written = "";
    this.say("running…");
  }

  write(piece) {
    if (!this.written) {
      this.letter = document.createTextNode("");
      const pre = make("pre", {}, make("code", {}, this.letter));
      this.#show([this.#block("nb-text", make("div", { className: "language-text highlight" }, pre))]);
    }
    this.written += piece;
    this.letter.appendData(piece);
  }

  // error: of the cell, or null; compared(element): its text as the site was built, nothing where
  // the reader's values make other outputs.
  end(error, compared) {
    this.running = false;
    this.done = !error || this.expectsError;
    if (!this.written) this.#show([]);
    else if (/^An error occurred \(/m.test(this.written)) this.#live[0].classList.add("nb-refused");
    if (error) this.#showError(error);
    this.verdict = compared && !this.isEdited() ? this.#compare(error, compared) : "";
    if (!this.done) this.say("ended with an error", "nb-bad");
    else if (this.verdict) this.say(`${this.verdict} the stored output`, `nb-${this.verdict.split(" ")[0]}`);
    else this.say("ran");
  }

  #compare(error, compared) {
    const stored = this.stored.map((one) => compared(one.querySelector("code")).trimEnd());
    const now = [this.written.trimEnd(), error?.last ?? ""].filter(Boolean);
    if (stored.join("\n") !== now.join("\n")) return "differs from";
    return stored.length ? "matches" : "";
  }

  // The session is gone; its output stays to be read.
  forget(words = "") {
    if (this.running || this.done) this.say(words);
    this.running = this.done = false;
  }

  // All as the page came.
  reset() {
    this.forget();
    this.restore();
    for (const one of this.#live) one.remove();
    this.#live = [];
    for (const one of this.stored) one.hidden = false;
  }

  #show(blocks) {
    for (const one of this.#live) one.remove();
    for (const one of this.stored) one.hidden = true;
    this.#live = blocks;
    this.box.append(...blocks);
  }

  #showError({ last, trace, hint }) {
    const line = make("pre", { className: "nb-error-line" }, make("code", { textContent: last }));
    const folded = make("pre", {}, make("code", { textContent: trace }));
    const details = make("details", {}, make("summary", { textContent: "Traceback" }), folded);
    const kind = this.expectsError ? "nb-error nb-expected" : "nb-error";
    const parts = hint ? [make("p", { className: "nb-hint", textContent: hint })] : [];
    const block = this.#block(kind, line, ...parts, details);
    this.#live.push(block);
    this.box.append(block);
  }

  #block(kind, ...children) {
    return make("div", { className: `nb-output nb-live ${kind}` }, ...children);
  }
}
