// The theme puts the copy button of each block into a <nav> without a name, so that a screen reader
// lists dozens of landmarks. They are none.
const none = (nav) => nav.setAttribute("role", "presentation");
document.querySelectorAll(".md-code__nav").forEach(none);
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.classList?.contains("md-code__nav")) none(node);
  }
}).observe(document.body, { childList: true, subtree: true });
