#!/usr/bin/env bash
# @aws-sdk/credential-providers 3.1175.0 (Node.js 20, seen 2026-11-29).
#
# Where the Pod Identity agent refuses, the default chain of the AWS SDK for JavaScript asks it four times
# and then tries the ECS provider, which accepts localhost and 127.0.0.1 only. The chain throws that last
# error. So 400, 403, 404, 429 and 500 all look like a wrong address, with no status and no cause.
# `fromHttp`, the provider before it, tells the status; neither tells the agent's text.
#
# The server here is at 127.0.0.2: `fromHttp` accepts it, as it accepts the agent's 169.254.170.23.
#
# Seen:  fromHttp:              Server responded with status: 403
#        fromNodeProviderChain: 127.0.0.2 is not a valid container metadata service hostname
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --ignore-scripts --prefix "$folder" @aws-sdk/credential-providers@3.1175.0
cat >"$folder/refused.mjs" <<'JAVASCRIPT'
import { createServer } from "node:http";
import { once } from "node:events";
import * as providers from "@aws-sdk/credential-providers";

let asked, status;
const agent = createServer((_, answer) => {
  asked += 1;
  answer.writeHead(status).end("(AccessDeniedException): Unauthorized Exception!");
});
await once(agent.listen(0, "127.0.0.2"), "listening");
process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://127.0.0.2:${agent.address().port}/v1/credentials`;
for (status of [400, 403, 404, 429, 500]) {
  asked = 0;
  const error = await providers[process.argv[2]]({ timeout: 200 })().catch((thrown) => thrown);
  console.log(`${status} asked ${asked} times: ${error.message}, cause: ${error.cause}`);
}
agent.close();
JAVASCRIPT

expect() {
  # No variable, profile or metadata service of this machine counts.
  said=$(env -i PATH="$PATH" HOME="$folder" AWS_EC2_METADATA_DISABLED=true node "$folder/refused.mjs" "$1")
  wanted=$(for status in 400 403 404 429 500; do
    echo "$status asked 4 times: ${2/STATUS/$status}, cause: undefined"
  done)
  printf '%s:\n%s\n' "$1" "$said"
  [ "$said" = "$wanted" ] || { printf 'changed; it was:\n%s\n' "$wanted" >&2; exit 1; }
}

expect fromHttp "Server responded with status: STATUS"
expect fromNodeProviderChain "127.0.0.2 is not a valid container metadata service hostname"
