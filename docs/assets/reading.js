// A button beside the title that copies the page as Markdown. Without this script, or without a
// clipboard (a page over plain HTTP has none), the link at the page's end leads to the same text.
const SVG = "http://www.w3.org/2000/svg";
const ICON =
  "M19 21H8V7h11m0-2H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2m-3-4H4a2 2 0 0 0-2 2v14h2V3h12z";
const LABEL = "Copy as Markdown";

function icon() {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICON);
  svg.append(path);
  return svg;
}

async function text(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new Blob([await answer.text()], { type: "text/plain" });
}

const link = document.querySelector("a[data-page-markdown]");
const title = document.querySelector(".md-content__inner h1");
if (link && title && navigator.clipboard && globalThis.ClipboardItem) {
  const button = document.createElement("button");
  const label = document.createElement("span");
  const status = document.createElement("span"); // for the ear: a button's own text is not read out
  button.type = "button";
  button.className = "page-copy";
  label.textContent = LABEL;
  button.append(icon(), label);
  status.className = "page-copied";
  status.setAttribute("role", "status");
  const say = (words) => {
    label.textContent = status.textContent = words;
    setTimeout(() => {
      label.textContent = LABEL;
      status.textContent = "";
    }, 4000);
  };
  button.addEventListener("click", async () => {
    try {
      // The text arrives later: a browser allows the copy only where it is asked for at the click.
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text(link.href) })]);
      say("Copied");
    } catch {
      say("Not copied: use the link at the end");
    }
  });
  title.before(button, status);
}
