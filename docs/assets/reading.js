// The button beside the title copies the page as Markdown. Without this script, or without a
// clipboard (a page over plain HTTP has none), the link at the page's end leads to the same text.
async function text(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new Blob([await answer.text()], { type: "text/plain" });
}

const link = document.querySelector("a[data-page-markdown]");
const button = document.querySelector(".page-copy");
const canCopy = link && navigator.clipboard && globalThis.ClipboardItem;
if (button && !canCopy) button.hidden = true;
if (button && canCopy) {
  const label = button.querySelector("span");
  const status = document.querySelector(".page-copied");
  const usual = label.textContent;
  const say = (words) => {
    label.textContent = status.textContent = words;
    setTimeout(() => {
      label.textContent = usual;
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
}
