// One Python in a worker of this page. Nothing is loaded before `Python.start`.
export class Python {
  #worker;
  #waiting = new Map();
  #last = 0;
  #started;
  #ended;

  // archives: of `bundle.json`, for example ["policy"]; module: whose functions `call` calls;
  // progress(loaded, total): bytes. A start that fails rejects `ready`.
  constructor({ archives, module, progress = () => {} }) {
    // A worker made from an address has that address's policy, which a static host cannot send;
    // one made from a blob has the page's.
    const address = new URL("worker.js", import.meta.url).href;
    const blob = new Blob([`import ${JSON.stringify(address)};`], { type: "text/javascript" });
    const own = URL.createObjectURL(blob);
    this.#worker = new Worker(own, { type: "module" });
    this.ready = new Promise((resolve, reject) => {
      this.#started = { resolve, reject, progress };
    });
    this.ready.catch(() => {});
    this.#worker.onmessage = ({ data }) => this.#heard(data);
    this.#worker.onerror = (event) => {
      event.preventDefault?.();
      this.#fail(event.message || "the worker's script did not load");
    };
    this.#worker.postMessage({ type: "start", archives, module });
  }

  // Calls a function of the module with a JSON value; resolves to its JSON value.
  // output(text): what it prints meanwhile.
  async call(name, argument, output = () => {}) {
    await this.ready;
    if (this.#ended) throw this.#ended;
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, output });
      this.#worker.postMessage({ type: "call", id, name, argument });
    });
  }

  // Ends it at once, also in the middle of a loop; what waits or comes is rejected with "stopped".
  stop() {
    this.#worker.terminate();
    this.#fail("stopped");
  }

  #heard(data) {
    const waiting = this.#waiting.get(data.id);
    if (data.type === "progress") this.#started.progress(data.loaded, data.total);
    else if (data.type === "ready") this.#started.resolve();
    else if (data.type === "failed") this.#fail(data.message);
    else if (data.type === "output") waiting.output(data.text);
    else {
      this.#waiting.delete(data.id);
      waiting.resolve({ value: data.value, milliseconds: data.milliseconds });
    }
  }

  #fail(message) {
    const error = (this.#ended = new Error(message));
    this.#started.reject(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
