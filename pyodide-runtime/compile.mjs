// node compile.mjs SOURCE.zip TARGET.zip [MODULE…]: the same files with byte code in place of Python
// texts, made by the Python that the browser has. Prints as JSON what is loaded once the modules are.
// Nothing is compressed: our own Python does that much faster.
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const [, , source, target, ...modules] = process.argv;
const python = await loadPyodide();
python.unpackArchive(new Uint8Array(readFileSync(source)), "zip", { extractDir: "/bundle" });
python.globals.set("modules", modules.join(" "));
const bytes = await python.runPythonAsync(`
import importlib, sys

sys.path.append("/bundle")
for module in modules.split():
    importlib.import_module(module)
loaded = sorted({name.partition(".")[0] for name in sys.modules})

import compileall, io, pathlib, py_compile, zipfile

root = pathlib.Path("/bundle")
# Unchecked: no file of its source is there to compare with. Docstrings stay out of the download.
assert compileall.compile_dir(root, quiet=1, legacy=True, optimize=2, stripdir="/bundle",
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as archive:
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts:
            archive.writestr(str(path.relative_to(root)), path.read_bytes())
packed.getvalue()
`);
writeFileSync(target, bytes.toJs());
console.log(JSON.stringify(python.globals.get("loaded").toJs()));
process.exit(0); // Pyodide keeps the process alive
