// The theme puts the copy button of each block into a <nav> without a name, so that a screen reader
// lists dozens of landmarks. They are none.
const none = (root) => {
  for (const nav of root.querySelectorAll(".md-code__nav")) nav.setAttribute("role", "presentation");
};
none(document);
new MutationObserver(() => none(document)).observe(document.body, { childList: true, subtree: true });
