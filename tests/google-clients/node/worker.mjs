// Does what lines of JSON tell it, with Google's own libraries.
import { createInterface } from "node:readline";
import * as gcpMetadata from "gcp-metadata";
import * as acts from "./acts.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const { act, env, input } = JSON.parse(line);
  Object.assign(process.env, env);
  // It remembers over all of its users whether there is a metadata server.
  gcpMetadata.resetIsAvailableCache();
  let answer;
  try {
    answer = await acts[act](input);
  } catch (error) {
    answer = { error: `${error}`, status: error?.response?.status };
  }
  for (const name of Object.keys(env)) delete process.env[name];
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
