"""Draw the site's diagrams: `python -m podrole.site.diagrams.draw`, run from the repository's root.

For whoever adds or changes a diagram, not for building the site. It needs the locked Mermaid
(`npm ci --ignore-scripts`) and a Chromium, and leaves `docs/diagrams/` with exactly the drawings
of the diagrams that pages and notebooks hold.
"""

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from podrole.site.diagrams.diagram import Diagram, DiagramError, diagrams_in

_BROWSERS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
# The page's own process is the sandbox: it loads one local script and nothing else.
_BROWSER_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=30000",
    "--dump-dom",
)

# Mermaid's own style sheet is dropped: the site's colours the drawing, in the light and in the
# dark scheme. So are marks and symbols that the drawing does not use.
_PAGE = """<!doctype html><meta charset="utf-8"><pre id="drawn"></pre>
<script src="mermaid.min.js"></script>
<script>
const settings = {
  startOnLoad: false, theme: "base", look: "classic", htmlLabels: false, securityLevel: "strict",
  fontFamily: "Arial, Helvetica, sans-serif",
  flowchart: {htmlLabels: false, padding: 5, nodeSpacing: 10, rankSpacing: 24, minNodeWidth: 0,
    wrappingWidth: 240},
  sequence: {mirrorActors: false, width: 104, height: 44, actorMargin: 20, messageMargin: 34,
    diagramMarginX: 8, diagramMarginY: 8, boxMargin: 8, noteMargin: 8, actorFontSize: 14,
    messageFontSize: 14, noteFontSize: 13},
};
const plainAttributes = /^(data-|aria-|role$|name$|filter$|alignment-baseline$)/;
function strip(svg) {
  svg.querySelectorAll("style, title, desc, filter").forEach(node => node.remove());
  // The name of an account is painted after the arrows that cross it.
  svg.querySelectorAll(".cluster-label").forEach(node => svg.querySelector(".root").append(node));
  const used = svg.outerHTML;
  svg.querySelectorAll("symbol, marker, linearGradient").forEach(node => {
    if (!used.includes(`url(#${node.id})`) && !used.includes(`href="#${node.id}"`)) node.remove();
  });
  svg.querySelectorAll("defs, g, rect").forEach(node => {
    if (!node.children.length && (node.tagName !== "rect" || !node.getAttribute("width")))
      node.remove();
  });
  const referenced = svg.outerHTML;
  [svg, ...svg.querySelectorAll("*")].forEach(node => {
    [...node.attributes].forEach(attribute => {
      if (plainAttributes.test(attribute.name) || attribute.value === "") {
        node.removeAttribute(attribute.name);
      }
    });
    if (node.id && !referenced.includes(`#${node.id}`)) node.removeAttribute("id");
    ["font-family", "font-size"].forEach(name => {
      node.style.removeProperty(name);
      node.removeAttribute(name);
    });
    if (node.getAttribute("style") === "") node.removeAttribute("style");
  });
  const [, , width, height] = svg.getAttribute("viewBox").split(" ");
  svg.setAttribute("width", Math.ceil(width));
  svg.setAttribute("height", Math.ceil(height));
  // It may shrink to seven tenths of its size; below that its figure scrolls.
  svg.setAttribute("style", `min-width: ${Math.ceil(width * 0.7)}px`);
  svg.setAttribute("aria-hidden", "true");
}
async function draw(sources) {
  mermaid.initialize(settings);
  const drawings = {};
  for (const [name, source] of Object.entries(sources)) {
    const holder = document.createElement("div");
    holder.innerHTML = (await mermaid.render("d" + name.slice(0, 8), source)).svg;
    document.body.append(holder);
    strip(holder.firstElementChild);
    drawings[name] = holder.innerHTML.replace(/(\\.\\d\\d)\\d+/g, "$1");
    holder.remove();
  }
  return drawings;
}
draw(SOURCES).then(JSON.stringify, error => JSON.stringify({error: String(error)}))
  .then(text => { document.getElementById("drawn").textContent = text; });
</script>"""


def diagrams_of(root: Path) -> dict[str, Diagram]:
    """Return the diagrams of all pages and notebooks, by the name of their drawing.

    Raises DiagramError: a diagram without its words.
    """
    return {one.file_name: one for text in _texts(root) for one in diagrams_in(text)}


def draw(diagrams: Iterable[Diagram], mermaid: Path) -> dict[str, str]:
    """Draw each diagram in a headless browser.

    `diagrams`: what to draw. `mermaid`: Mermaid's bundle, `mermaid.min.js`. Returns the SVG text by
    the drawing's file name. Raises DiagramError: Mermaid or a browser is missing, or Mermaid
    refuses a diagram.
    """
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if not browser:
        raise DiagramError(f"drawing needs a browser: install one of {', '.join(_BROWSERS)}")
    if not mermaid.is_file():
        raise DiagramError(f"{mermaid} is missing: run `npm ci --ignore-scripts` first")
    sources = {diagram.file_name: diagram.source for diagram in diagrams}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(mermaid, folder)
        page = Path(folder) / "page.html"
        safe = json.dumps(sources).replace("</", "<\\/")
        page.write_text(_PAGE.replace("SOURCES", safe), encoding="utf-8")
        shown = subprocess.run(  # noqa: S603  the browser found above, with options of our own
            [browser, *_BROWSER_OPTIONS, f"--user-data-dir={folder}/profile", page.as_uri()],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        ).stdout
    found = re.search(r'<pre id="drawn">(.+?)</pre>', shown, re.DOTALL)
    drawn: dict[str, str] = json.loads(html.unescape(found[1])) if found else {"error": "no page"}
    if "error" in drawn:
        raise DiagramError(f"Mermaid did not draw: {drawn['error']}")
    return drawn


def main() -> int:
    """Draw what is missing in `docs/diagrams/` and remove what no page holds any more."""
    root = Path.cwd()
    folder = root / "docs" / "diagrams"
    try:
        diagrams = diagrams_of(root)
        missing = [one for name, one in diagrams.items() if not (folder / name).is_file()]
        drawn = (
            draw(missing, root / "node_modules" / "mermaid" / "dist" / "mermaid.min.js")
            if missing
            else {}
        )
    except DiagramError as error:
        print(error, file=sys.stderr)
        return 1
    folder.mkdir(exist_ok=True)
    for name, svg in drawn.items():
        (folder / name).write_text(svg + "\n", encoding="utf-8")
        print(f"drew {name}: {diagrams[name].title}")
    for file in sorted(folder.glob("*.svg")):
        if file.name not in diagrams:
            file.unlink()
            print(f"removed {file.name}: no page holds its source")
    return 0


def _texts(root: Path) -> Iterator[str]:
    for page in sorted((root / "docs").rglob("*.md")):
        yield page.read_text(encoding="utf-8")
    for notebook in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                yield "".join(cell["source"])


if __name__ == "__main__":
    raise SystemExit(main())
