// cloud-run-auth serve: the token service on a port.
import cluster from "node:cluster";
import { environment, readNamed } from "../serve/environment.js";
import { checkSettings, runService } from "../serve/run.js";
import { readSettings, settingsHelp } from "../serve/settings.js";
import { gatheredMetrics, superviseWorkers, tellMetrics } from "../serve/workers.js";

/** @type {import("../commands.js").About} */
export const about = {
  usage: "[flags]",
  text: `Runs the token service: callers exchange what they have for short-lived tokens of backend APIs, as
far as a policy grants it. Pages for people: /api/docs, /api/status.

Settings, by the environment or a file .env:
${settingsHelp()}
Truth values are True, true or 1, and False, false or 0. A secret may be in a file instead, which
NAME_FILE names. Other names that begin with AUTH_JIT_ are an error.`,
  operands: [],
  flags: {
    policy: { value: "FILE", help: "as AUTH_JIT_POLICY" },
    host: { value: "ADDRESS", help: "as AUTH_JIT_HOST" },
    port: { value: "PORT", help: "as AUTH_JIT_PORT" },
    settings: { value: "FILE", help: "read settings from this file, as .env is written; default: .env, if there is one" },
  },
  examples: [
    "cloud-run-auth serve --settings production.env --policy /etc/tokens/policy.toml",
    "AUTH_JIT_SECRET=$(openssl rand -base64 32) cloud-run-auth serve",
  ],
};

/** @type {import("../commands.js").Command["run"]} */
export async function run({ policy, host, port, settings: file }) {
  const env = environment(file);
  const flags = { AUTH_JIT_POLICY: policy, AUTH_JIT_HOST: host, AUTH_JIT_PORT: port };
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const settings = readSettings({ ...env, ...given }, readNamed);
  checkSettings(settings);
  const { workers, reload } = settings;
  if ((workers > 1 || reload) && cluster.isPrimary) {
    const code = await superviseWorkers({ workers, reload, watches: [file ?? ".env"] });
    // Of a worker that ended while it began, cluster keeps the socket open.
    process.exit(code);
  }
  // Credentials and emulators of Google's are looked for there, too.
  for (const [name, value] of Object.entries(env)) process.env[name] ??= value;
  const service = await runService(settings, cluster.isWorker ? gatheredMetrics : undefined);
  if (cluster.isWorker) tellMetrics(service.metrics);
  process.stderr.write(`${service.url} answers; see ${service.url}/api/docs\n`);
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, () => service.end());
  if (cluster.isWorker) process.on("disconnect", () => service.end());
  await service.ended;
  // The channel to the process above would keep it.
  if (cluster.isWorker && process.connected) process.disconnect();
}
