// What both pages do: ask while the reader types, show that it loads, fails or is busy, and share.
import { button, make } from "./elements.js";
import { fromFragment, toFragment } from "./link.js";

const PAUSE = 120; // milliseconds without a keystroke before a question is asked
const LONGEST_LINK = 60_000;
const KEPT = `podrole.checker ${location.pathname}`;

/**
 * The frame of a checker: `questions()` gives `[name, argument]`s or null, `await show(value)` shows,
 * `example()` gives the verdict and the elements that stand there before anything is asked.
 */
export class Panel {
  constructor(mount, { form, example, questions, show, state, restore, command }) {
    Object.assign(this, { example, questions, show, state, restore, command });
    this.form = form;
    this.verdict = make("p", { className: "checker-verdict", role: "status" });
    this.verdict.setAttribute("aria-atomic", "true");
    this.result = make("section", { className: "checker-result" });
    this.result.setAttribute("aria-label", "Result");
    this.result.setAttribute("aria-busy", "false");
    this.notice = make("p", { className: "checker-notice", role: "status", hidden: true });
    this.bar = make("progress", { max: 1, value: 0 });
    this.bar.setAttribute("aria-label", "Loading Python");
    mount.replaceChildren(this.notice, form, this.verdict, this.result);
    mount.classList.add("checker-live");
    this.clear();
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("focusin", () => this.#begin());
    form.addEventListener("input", () => this.changed());
    addEventListener("hashchange", () => this.open());
    addEventListener("pagehide", () => this.#keep());
  }

  /** A button that copies a link to what is in the form. */
  shareButton() {
    const share = button("Copy link", async () => {
      const link = new URL(await toFragment(this.state()), location.href).href;
      if (link.length > LONGEST_LINK) {
        this.tell("The texts are too long for a link: send the texts themselves.");
        return;
      }
      history.replaceState(null, "", link);
      try {
        await navigator.clipboard.writeText(link);
        this.tell("Copied. The link contains everything on this page; nothing was sent.");
      } catch {
        this.tell("The link is in the address bar now: copy it there.");
      }
    });
    return share;
  }

  /** Show what the address holds. Nothing is loaded for it: the reader decides. */
  async open() {
    let found;
    try {
      found = await fromFragment(location.hash);
    } catch (error) {
      this.tell(`This link cannot be read: ${error instanceof SyntaxError ? "it is damaged" : fault(error)}.`);
      return;
    }
    if (!found) {
      if (!this.opened) this.#takeBack();
      this.opened = true;
      return;
    }
    this.opened = true;
    this.tell("");
    this.restore(found);
    this.wait();
  }

  /** What stands in the form outlives a reload and the way back, in this tab alone. */
  #keep() {
    try {
      if (this.questions()) sessionStorage.setItem(KEPT, JSON.stringify(this.state()));
      else sessionStorage.removeItem(KEPT);
    } catch {
      // A browser that keeps nothing, or has no room for it: the page goes on without.
    }
  }

  #takeBack() {
    try {
      const kept = sessionStorage.getItem(KEPT);
      if (!kept) return;
      this.restore(JSON.parse(kept));
      this.changed();
    } catch {
      // As above.
    }
  }

  /** A line above the form; empty for none. */
  tell(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  /** Nothing to show yet: an example stands where the answer will, so that nothing moves for it. */
  clear() {
    const [verdict, ...result] = this.example();
    this.verdict.replaceChildren(verdict);
    this.result.replaceChildren(make("div", { className: "checker-empty" }, ...result));
    this.result.setAttribute("aria-busy", "false");
  }

  /** The form has changed. */
  changed() {
    clearTimeout(this.timer);
    const wanted = this.questions();
    if (!wanted) {
      this.number = 0;
      this.clear();
      return;
    }
    this.begun = true;
    this.result.setAttribute("aria-busy", "true");
    const number = (this.number = (this.counter = (this.counter ?? 0) + 1));
    this.timer = setTimeout(() => this.#ask(number, wanted), PAUSE);
  }

  /** Where Python is asked. Nothing of it loads before the first use. */
  #session() {
    this.opening ??= this.#load().catch((error) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  async #load() {
    // A browser may remember that a module did not load.
    const again = this.attempts ? `?${this.attempts}` : "";
    this.attempts = (this.attempts ?? 0) + 1;
    const [{ Session }, { Python }] = await Promise.all([
      import(`./session.js${again}`),
      import(`../python/python.js${again}`),
    ]);
    return new Session({
      Python,
      progress: (loaded, total) => this.#loading(loaded, total),
      notice: (text) => this.tell(text),
    });
  }

  async #ask(number, wanted) {
    try {
      const session = await this.#session();
      const answer = await session.ask(...wanted);
      if (!answer || number !== this.number) return;
      this.result.dataset.milliseconds = Math.round(answer.milliseconds);
      await this.show(answer.value);
    } catch (error) {
      if (number !== this.number) return;
      this.#failed(error);
    }
    this.result.setAttribute("aria-busy", "false");
  }

  async #begin() {
    if (this.begun) return;
    this.begun = true;
    const started = this.#session().then((session) => session.start());
    started.catch((error) => this.number || this.#failed(error));
    await this.first?.(); // what a link names and does not hold
    if (this.questions()) this.changed();
  }

  /** Something from a link stands in the form: check it, or offer to. */
  wait() {
    if (this.begun) this.changed();
    else {
      // No verdict: nobody has asked yet.
      this.verdict.replaceChildren();
      this.result.replaceChildren(
        make("p", {}, "From a link. ", button("Check it", () => this.#begin(), { className: "md-button" })),
      );
    }
  }

  #failed(error) {
    this.verdict.replaceChildren();
    this.result.replaceChildren(
      make("p", { className: "checker-error" }, `Python did not load: ${fault(error)}. `),
      make("p", {}, "On your machine, run ", make("code", { textContent: this.command }), "."),
      button("Try again", () => {
        this.result.replaceChildren();
        this.begun = false;
        this.#begin();
      }),
    );
  }

  #loading(loaded, total) {
    if (loaded === null) {
      this.bar.closest(".checker-loading")?.remove();
      return;
    }
    this.bar.value = Math.min(1, loaded / total);
    if (this.bar.isConnected) return;
    const size = `${(total / 1e6).toFixed(0)} MB, from this site alone`;
    this.result.replaceChildren(
      make("p", { className: "checker-loading" }, `Loading Python (${size}) `, this.bar),
    );
  }
}

const fault = (error) => String(error?.message ?? error).replace(/\.$/, "");
