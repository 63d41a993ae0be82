// A program that knows nothing of the lab: who am I, and what does the bucket hold?
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const [bucket, key] = process.argv.slice(2);
try {
  const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  const s3 = new S3Client({ forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "from a pod" }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  console.log(JSON.stringify({ arn: Arn, text: await Body.transformToString() }));
} catch (error) {
  console.log(JSON.stringify({ error: error.name, message: error.message }));
}
