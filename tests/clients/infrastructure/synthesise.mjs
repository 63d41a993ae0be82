// Runs the compiled texts: each CDK stack gives its template, each Pulumi program the resources that
// it would register. Argument 1: the folder of the compiled texts; 2: {"cdk": {file: class}, ...}.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { App } from "aws-cdk-lib";
import * as pulumi from "@pulumi/pulumi";

const [folder, listed] = process.argv.slice(2);
const wanted = JSON.parse(readFileSync(listed, "utf8"));
const load = (file) => import(pathToFileURL(`${folder}/${file}.js`).href);

const app = new App();
for (const [name, construct] of Object.entries(wanted.cdk)) {
  const { [construct]: Stack } = await load(`cdk/${name}`);
  new Stack(app, name);
}
const cdk = Object.fromEntries(app.synth().stacks.map((one) => [one.stackName, one.template]));

const resources = {};
await pulumi.runtime.setMocks({
  newResource: (given) => {
    resources[given.name] = { type: given.type, inputs: given.inputs };
    return { id: given.name, state: given.inputs };
  },
  call: (given) => given.inputs,
});
for (const name of wanted.pulumi) {
  await load(`pulumi/${name}`);
}
await pulumi.runtime.disconnect();
process.stdout.write(JSON.stringify({ cdk, pulumi: resources }));
