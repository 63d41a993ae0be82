// node lighthouse.mjs MODULES PORT URL: scores of one page, by the Chromium that listens on the port.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [, , modules, port, address] = process.argv;
const require = createRequire(pathToFileURL(`${modules}/`));
const { default: lighthouse } = await import(pathToFileURL(require.resolve("lighthouse")).href);
const { lhr } = await lighthouse(address, { port: Number(port), logLevel: "silent", output: "json" });
const scores = Object.fromEntries(
  Object.values(lhr.categories).map(({ id, score }) => [id, Math.round(score * 100)]),
);
const failed = Object.values(lhr.categories).flatMap(({ auditRefs }) =>
  auditRefs
    .map(({ id, weight }) => ({ ...lhr.audits[id], weight }))
    .filter(({ score, weight }) => weight && score !== null && score < 1)
    .map(({ id, title, displayValue }) => `${id}: ${title} ${displayValue ?? ""}`),
);
console.log(JSON.stringify({ scores, failed, index: lhr.environment.benchmarkIndex }));
