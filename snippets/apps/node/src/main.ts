/**
 * Reads one object and one secret, round after round, with whatever role its pod has.
 *
 * Settings come from the environment: BUCKET, KEY, SECRET_ID; ROUNDS (0: for ever), INTERVAL_SECONDS;
 * TARGET_ROLE_ARN and EXTERNAL_ID to work in another account. Nothing here knows IRSA or Pod
 * Identity.
 *
 * Exit code: 0, 3 if a call was denied in the last round, 4 if there were no credentials.
 */
import { setTimeout as pause } from "node:timers/promises";

import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromNodeProviderChain, fromTemporaryCredentials } from "@aws-sdk/credential-providers";

const DENIED = 3;
const NO_CREDENTIALS = 4;
const REFUSALS = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"]);

interface Settings {
  readonly bucket: string;
  readonly key: string;
  readonly secretId: string;
  readonly targetRole: string | undefined;
  readonly externalId: string | undefined;
  readonly rounds: number;
  readonly intervalSeconds: number;
  readonly pathStyle: boolean;
}

function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const text = (name: string): string => {
    const value = environment[name];
    if (!value) throw new Error(`set ${name}`);
    return value;
  };
  const number = (name: string, otherwise: number): number => {
    const value = Number(environment[name] ?? otherwise);
    if (!Number.isFinite(value)) throw new Error(`${name}: no number`);
    return value;
  };
  return {
    bucket: text("BUCKET"),
    key: text("KEY"),
    secretId: text("SECRET_ID"),
    targetRole: environment["TARGET_ROLE_ARN"],
    externalId: environment["EXTERNAL_ID"],
    rounds: number("ROUNDS", 0),
    intervalSeconds: number("INTERVAL_SECONDS", 30),
    // A stand-in for S3 on the loopback has no host name for each bucket.
    pathStyle: environment["S3_PATH_STYLE"] === "true",
  };
}

/** One client for each service, for the life of the process: they keep and renew the keys. */
class OrdersReader {
  readonly #settings: Settings;
  readonly #sts: STSClient;
  readonly #s3: S3Client;
  readonly #secrets: SecretsManagerClient;

  constructor(settings: Settings) {
    // Each client would walk the default chain on its own, and open a session of its own: they
    // share one provider, which keeps and renews the keys.
    const credentials = settings.targetRole
      ? fromTemporaryCredentials({
          params: {
            RoleArn: settings.targetRole,
            RoleSessionName: "orders-reader",
            ...(settings.externalId ? { ExternalId: settings.externalId } : {}),
          },
        })
      : fromNodeProviderChain();
    this.#settings = settings;
    this.#sts = new STSClient({ credentials });
    this.#s3 = new S3Client({ credentials, forcePathStyle: settings.pathStyle });
    this.#secrets = new SecretsManagerClient({ credentials });
  }

  /** Who this is, and the sizes of object and secret: a log must not hold a secret. */
  async read(): Promise<Record<string, unknown>> {
    const me = await this.#sts.send(new GetCallerIdentityCommand({}));
    const found = await this.#s3.send(
      new GetObjectCommand({ Bucket: this.#settings.bucket, Key: this.#settings.key }),
    );
    const body = await found.Body?.transformToByteArray();
    const secret = await this.#secrets.send(
      new GetSecretValueCommand({ SecretId: this.#settings.secretId }),
    );
    return {
      identity: me.Arn,
      object: body?.length ?? 0,
      secret: secret.SecretString?.length ?? 0,
    };
  }
}

/** What an error means, and its exit code; undefined for a fault of another kind. */
function outcome(error: unknown): [Record<string, string>, number] | undefined {
  if (!(error instanceof Error)) return undefined;
  // The token's exchange fails inside the credential provider, before the call is sent.
  const byStsItself = error.message.includes("sts:AssumeRole");
  if (error.name === "CredentialsProviderError" || (REFUSALS.has(error.name) && byStsItself)) {
    return [{ no_credentials: error.message }, NO_CREDENTIALS];
  }
  // A token file that the process may not read is an error of the file system.
  if ("code" in error && error.code === "EACCES") {
    return [{ no_credentials: error.message }, NO_CREDENTIALS];
  }
  if (REFUSALS.has(error.name)) return [{ denied: error.message }, DENIED];
  return undefined;
}

async function main(): Promise<number> {
  let settings: Settings;
  try {
    settings = readSettings(process.env);
  } catch (error) {
    console.error(`orders-reader: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  const reader = new OrdersReader(settings);
  for (let round = 1; ; round++) {
    let code = 0;
    try {
      console.log(JSON.stringify(await reader.read()));
    } catch (error) {
      const known = outcome(error);
      if (!known) throw error;
      console.log(JSON.stringify(known[0]));
      code = known[1];
    }
    if (round === settings.rounds) return code;
    await pause(settings.intervalSeconds * 1000);
  }
}

process.exitCode = await main();
