// Decisions a second of @cloud-copilot/iam-simulate's core engine, policies loaded beforehand.
// An outside tool, measured and never shipped: node bench/iam_simulate.mjs FOLDER < cases.jsonl
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const modules = join(process.argv[2], "node_modules", "@cloud-copilot");
const load = (path) => import(pathToFileURL(join(modules, path)));
const { authorize } = await load("iam-simulate/dist/esm/core_engine/CoreSimulatorEngine.js");
const { AwsRequestImpl } = await load("iam-simulate/dist/esm/request/request.js");
const { RequestContextImpl } = await load("iam-simulate/dist/esm/requestContext.js");
const { loadPolicy } = await load("iam-policy/dist/esm/index.js");

const list = (value) => (value == null ? [] : Array.isArray(value) ? value : [value]);
const policy = (document) => loadPolicy(document, { name: "p" });
const levels = (value) =>
  list(value).map((level) => ({ orgIdentifier: "o", policies: list(level).map(policy) }));
const requests = readFileSync(0, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line))
  .map(({ request, policies }) => ({
    request: new AwsRequestImpl(
      request.principal,
      { resource: request.resource, accountId: request.resource_account ?? "" },
      request.action,
      new RequestContextImpl(request.context),
    ),
    sessionPolicy: policies.session ? policy(list(policies.session)[0]) : undefined,
    identityPolicies: list(policies.identity).map(policy),
    serviceControlPolicies: levels(policies.scp),
    resourceControlPolicies: levels(policies.rcp),
    resourcePolicy: policies.resource ? policy(policies.resource) : undefined,
    permissionBoundaries: policies.boundary ? list(policies.boundary).map(policy) : undefined,
    vpcEndpointPolicies: undefined,
    simulationParameters: { simulationMode: "Strict", discoveryContextKeyConstraints: new Map() },
  }));

const good = requests.filter((request) => {
  try {
    authorize(request);
    return true;
  } catch {
    return false;
  }
});
// CPU time, and the best of slices: what disturbs one only ever slows it.
const seconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
let rate = 0;
for (let slice = 0; slice < 20; slice++) {
  const started = seconds();
  let count = 0;
  while (seconds() - started < 0.15) {
    for (const request of good) authorize(request);
    count += good.length;
  }
  rate = Math.max(rate, count / (seconds() - started));
}
console.log(JSON.stringify({ cases: good.length, of: requests.length, rate }));
