// One Python for a page: started by the first use, started again when it dies or hangs.

const PATIENCE = 15_000; // milliseconds for an answer that takes some five

/** Asks; only the newest question is answered. `show` is told what to show meanwhile. */
export class Session {
  #Python;
  #python;
  #newest = 0;
  #progress;
  #notice;

  // progress(loaded, total) in bytes, progress(null) when it is done; notice(text) for a restart.
  constructor({ Python, progress, notice }) {
    this.#Python = Python;
    this.#progress = progress;
    this.#notice = notice;
  }

  /** Begin to load; a second call does nothing. */
  start() {
    if (this.#python) return this.#python.ready;
    const python = new this.#Python({
      archives: ["policy"],
      module: "podrole.pyodide.checker",
      progress: (loaded, total) => this.#progress(loaded, total),
    });
    this.#python = python;
    python.ready.then(
      () => this.#progress(null),
      () => this.#lost(python),
    );
    return python.ready;
  }

  /** The answer to a question, or null where a newer one has been asked. Rejects if Python fails. */
  async ask(name, argument) {
    const number = ++this.#newest;
    for (let attempt = 1; ; attempt++) {
      let python;
      try {
        await this.start();
        python = this.#python;
        if (number !== this.#newest) return null;
        const { value, milliseconds } = await this.#inTime(python, name, argument);
        return number === this.#newest ? { value, milliseconds } : null;
      } catch (error) {
        const died = python !== undefined; // a start that fails is told at once
        this.#lost(python);
        if (died) this.#notice(`Python stopped (${error.message}) and starts again.`);
        if (number !== this.#newest) return null;
        if (!died || attempt === 2) throw error;
      }
    }
  }

  #inTime(python, name, argument) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("this text took too long")), PATIENCE);
      python.call(name, argument).then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  #lost(python) {
    if (python && python !== this.#python) return;
    this.#python?.stop();
    this.#python = undefined;
  }
}
