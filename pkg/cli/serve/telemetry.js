// OpenTelemetry of the service, by the packages that the project at hand has installed for it; set up by the environment, as its SDKs are.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { closing } from "../closing.js";
import { Failure } from "../failure.js";
import { instrument } from "../../telemetry.js";

/** Whose being set means that somebody wants to be told. */
const WANTED = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

/**
 * @param {string} endpoint As AUTH_JIT_OPENTELEMETRY_ENDPOINT says; empty: as OpenTelemetry's own names do, if at all
 * @returns {Promise<import("../../telemetry.d.ts").Telemetry | undefined>}
 */
export async function startTelemetry(endpoint) {
  const { env } = process;
  if (env.OTEL_SDK_DISABLED === "true" || (!endpoint && !WANTED.some((name) => env[name]))) return undefined;
  const usual = {
    ...(endpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }),
    ...{ OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf", OTEL_SERVICE_NAME: "cloud-run-auth" },
    ...{ OTEL_TRACES_EXPORTER: "otlp", OTEL_METRICS_EXPORTER: "otlp", OTEL_LOGS_EXPORTER: "none" },
  };
  for (const [name, value] of Object.entries(usual)) env[name] ??= value;
  const [{ NodeSDK }, api] = [await fromProject("@opentelemetry/sdk-node"), await fromProject("@opentelemetry/api")];
  const sdk = new NodeSDK();
  sdk.start();
  closing.push(() => sdk.shutdown());
  return instrument(api);
}

/** @param {string} name @returns {Promise<any>} */
async function fromProject(name) {
  try {
    const path = createRequire(join(process.cwd(), "package.json")).resolve(name);
    const loaded = await import(pathToFileURL(path).href);
    return { ...loaded.default, ...loaded };
  } catch {
    const help = "npm install @opentelemetry/api @opentelemetry/sdk-node";
    throw new Failure("missing_package", `the package ${name} is not installed in this folder's project. Run: ${help}`);
  }
}
