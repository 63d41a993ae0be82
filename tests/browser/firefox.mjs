// node firefox.mjs MODULES FIREFOX ADDRESS: what a reader does first, in the machine's own Firefox.
// Prints as JSON what the reader then sees, and what the pages complained of.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , modules, firefox, address] = process.argv;
const require = createRequire(pathToFileURL(`${modules}/`));
const puppeteer = require("puppeteer-core");
const browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox });
const page = await browser.newPage();
page.setDefaultTimeout(120_000);
const complaints = [];
page.on("console", (message) => {
  if (message.type() === "error") complaints.push(message.text());
});
page.on("pageerror", (error) => complaints.push(String(error)));
const seen = {};

await page.goto(`${address}notebooks/01-the-leaky-key/`);
await (await page.waitForSelector("::-p-aria(Run all)")).click();
const status = await page.waitForFunction(() => {
  const words = document.querySelector(".nb-bar [role=status]").textContent;
  return /(cells ran|ended|did not)/.test(words) && words;
});
seen.run = await status.jsonValue();

await page.goto(`${address}howto/irsa/`);
await (await page.waitForSelector("::-p-aria(Your values[role='button'])")).click();
await (await page.waitForSelector("::-p-aria(Namespace[role='textbox'])")).type("payments");
await page.keyboard.press("Tab");
const shown = await page.waitForFunction(() => {
  const marked = [...document.querySelectorAll("[data-value=namespace]")];
  return marked.length && marked.every((one) => one.textContent === "payments") && marked.length;
});
seen.values = await shown.jsonValue();

await page.goto(`${address}check/policy/`);
const paste = await page.waitForSelector(".checker textarea");
await paste.type('{"Version": "2012-10-17", "Statement": []');
const refusal = await page.waitForFunction(() => {
  const words = document.querySelector(".checker-result")?.textContent.trim();
  return /\bline \d/.test(words) && words;
});
seen.checker = await refusal.jsonValue();

await browser.close();
console.log(JSON.stringify({ ...seen, complaints }));
