// The page for a missing address, when the site is served below a folder that its build did not know.
// The server gives that page for any address, so its links begin at "/". This script's own address
// tells where the site is: one folder above `assets/`.
const root = new URL("..", import.meta.url).pathname;
const html = document.documentElement;

if (root !== "/" && !html.dataset.siteRoot) {
  html.dataset.siteRoot = root;
  const moved = (address) => root + address.slice(1);
  for (const name of ["href", "src"]) {
    for (const element of document.querySelectorAll(`:not(script)[${name}^="/"]`)) {
      element.setAttribute(name, moved(element.getAttribute(name)));
    }
  }
  // The theme reads where its search is from here, and keeps the reader's settings by the root.
  const config = document.getElementById("__config");
  if (config) {
    const settings = JSON.parse(config.textContent);
    settings.base = root;
    settings.search = moved(settings.search);
    config.textContent = JSON.stringify(settings);
  }
  globalThis.__md_scope = new URL(root, location);
  for (const script of document.querySelectorAll('script[src^="/"]:not([src$="not-found.js"])')) {
    const copy = document.createElement("script");
    copy.type = script.type;
    copy.async = false;
    copy.src = moved(script.getAttribute("src"));
    script.replaceWith(copy);
  }
}
html.dataset.siteRoot ||= root;
