// The worker that owns one Python. All of it comes from this site's own folder, and once Python has
// started, nothing more is fetched: the page's Content-Security-Policy holds here too (`python.js`
// makes the worker from a blob for that), and a call says so instead of failing without words.
const here = new URL("./", import.meta.url);
const UNPACK = `
import os, site, sys, tarfile
with tarfile.open("/packed") as packed:
    packed.extractall(site.getsitepackages()[0], filter="tar")
os.remove("/packed")
sys.path_importer_cache.clear()  # what it knows of the folder is old
`;
let python, calls;

self.onmessage = async ({ data }) => {
  try {
    if (data.type === "start") await start(data);
    else call(data);
  } catch (error) {
    postMessage({ type: "failed", message: String(error?.message ?? error) });
  }
};

async function start({ archives, module }) {
  const plan = await (await fetched("bundle.json")).json();
  const core = new URL(`${plan.pyodide}/`, here);
  const files = archives.map((name) => `${name}.tar.xz`);
  const total = Object.keys(plan.sizes)
    .filter((name) => name.startsWith(plan.pyodide) || files.includes(name))
    .reduce((sum, name) => sum + plan.sizes[name], 0);
  let loaded = 0;
  const count = (bytes) => postMessage({ type: "progress", loaded: (loaded += bytes), total });
  const packed = files.map(async (name) => {
    const body = counted(await fetched(`${name}?${plan.key}`), count);
    return new Uint8Array(await body.arrayBuffer());
  });
  const plain = self.fetch;
  // Pyodide fetches its parts itself: counted here, and with a type that no server can get wrong.
  self.fetch = async (address, options) => counted(await plain(address, options), count, address);
  const { loadPyodide } = await import(new URL("pyodide.js", core).href);
  count(plan.sizes[`${plan.pyodide}/pyodide.js`] + plan.sizes[`${plan.pyodide}/pyodide.asm.js`]);
  python = await loadPyodide({
    indexURL: core.href,
    lockFileContents: JSON.stringify({ info: plan.info, packages: {} }),
    packageBaseUrl: core.href,
    env: { HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1" },
  });
  for (const archive of packed) {
    python.FS.writeFile("/packed", await archive);
    python.runPython(UNPACK);
  }
  closeNetwork();
  calls = python.pyimport(module);
  postMessage({ type: "ready" });
}

function call({ id, name, argument }) {
  const begun = performance.now();
  const emit = (text) => postMessage({ type: "output", id, text });
  const value = JSON.parse(calls[name](JSON.stringify(argument), emit));
  postMessage({ type: "result", id, value, milliseconds: performance.now() - begun });
}

async function fetched(name) {
  const file = name.split("?")[0];
  const response = await fetch(new URL(name, here)).catch((error) => {
    throw new Error(`${file}: ${error.message}`);
  });
  if (!response.ok) throw new Error(`${file}: the server answers ${response.status}`);
  return response;
}

function counted(response, count, address = "") {
  if (!response.ok || !response.body) return response;
  const meter = new TransformStream({
    transform(chunk, controller) {
      count(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
  const headers = new Headers(response.headers);
  if (String(address).endsWith(".wasm")) headers.set("content-type", "application/wasm");
  return new Response(response.body.pipeThrough(meter), { status: 200, headers });
}

function closeNetwork() {
  const no = () => {
    throw new Error("this page's Python reaches no network: start the lab first, by Lab.start()");
  };
  self.fetch = no;
  Object.defineProperty(self, "caches", { get: no });
  const makers = ["XMLHttpRequest", "WebSocket", "EventSource", "WebTransport", "FontFace", "Worker"];
  for (const name of makers) {
    self[name] = class {
      constructor() {
        no();
      }
    };
  }
}
