// One process of the service: its policy, its store, its socket.
import { readFile } from "node:fs/promises";
import { watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { createTokenService } from "../../runtime/service-node.js";
import { answers } from "../../service/direct.js";
import { sealedBy } from "../../service/records.js";
import { readText } from "../credential.js";
import { Failure, usage } from "../failure.js";
import { warn } from "../terminal.js";
import { assetFor, installedAssets } from "./assets.js";
import { listen } from "./server.js";
import { isMemory, openStore } from "./store.js";
import { startTelemetry } from "./telemetry.js";

const ROUTES =
  /\/(api\/(health|ready|docs|redoc|openapi\.json|status|user|echo|token|auth\/(login|refresh|revoke|introspect|web\/(login|callback|logout)))|metrics|\.well-known\/(jwks\.json|openid-configuration|oauth-authorization-server))$|^\/computeMetadata\/v1(?=\/)/;
const LEVELS = ["debug", "info", "warning", "error"];

/**
 * @param {Record<string, any>} settings
 * @param {(metrics: string) => Promise<string>} [gathered] The metrics of all processes, given one's own
 */
export async function runService(settings, gathered) {
  const policyFile = resolve(settings.policy);
  const telemetry = await startTelemetry(settings.opentelemetry_endpoint);
  const note = logger(settings.log_level, () => telemetry?.ids());
  const issuer = issuerOf(settings);
  const base = new URL(issuer).pathname.replace(/\/$/, "");
  const folder = `${base}/api/docs/assets`;
  const assets = settings.assets ? new Map() : installedAssets();
  const [secrets, store] = [[settings.secret, ...settings.old_secrets], await openStore(settings.store_url)];
  const service = createTokenService({
    issuer,
    policy: await readPolicy(policyFile),
    secrets,
    store,
    login: settings.client_file ? await openLogin(settings, issuer, sealedBy(store, secrets)) : undefined,
    audiences: settings.audiences,
    accessTokenLifetime: settings.access_ttl,
    loginLifetime: settings.login_ttl,
    keyLifetime: settings.key_ttl,
    metrics: settings.metrics,
    metadata: settings.metadata,
    assets: settings.assets || (assets.size ? folder : ""),
    log: note,
  });
  await service.ready().catch((thrown) => {
    throw explained(thrown, settings.policy);
  });
  const respond = /** @type {import("../../service/direct.js").Answer} */ (answers.get(service));
  const server = await listen(
    async (came, body) => {
      const begun = performance.now();
      const traceparent = came.headers.find(([name]) => name === "traceparent")?.[1] ?? "";
      const answer = async () => {
        const response = assetFor(assets, folder, came) ?? (await respond(async () => ({ ...came, ...(await body()) }), traceparent));
        const isMetrics = gathered && came.method === "GET" && came.target === `${base}/metrics` && response.status === 200;
        return isMetrics ? { ...response, body: await gathered(/** @type {string} */ (response.body)) } : response;
      };
      const [path] = came.target.split("?");
      const response = await (telemetry ? telemetry.answered(shownTo(came), routeOf(path), answer) : answer());
      const ms = Math.round(performance.now() - begun);
      note({ event: "request", severity: "DEBUG", method: came.method, path, status: response.status, ms });
      return response;
    },
    { host: settings.host, port: settings.port },
  );
  const watching = watched(policyFile, async () => {
    try {
      await service.reload(await readPolicy(policyFile));
      note({ event: "policy", severity: "INFO", message: `${settings.policy} was read again` });
    } catch (thrown) {
      // The one before goes on.
      note({ event: "policy", severity: "ERROR", message: explained(thrown, settings.policy).message });
    }
  });
  return {
    url: server.url,
    ended: server.ended,
    /** Its own alone. */
    async metrics() {
      const came = { method: "GET", target: `${base}/metrics`, headers: [], body: "", unreadable: false, peer: "127.0.0.1" };
      return (await respond(async () => came, "")).body;
    },
    end() {
      watching.close();
      server.end();
    },
  };
}

/**
 * What cannot be, whatever the process does.
 *
 * @param {Record<string, any>} settings
 */
export function checkSettings(settings) {
  const { environment, store_url: url, workers, secret } = settings;
  if (!secret) throw usage("AUTH_JIT_SECRET is missing, and there is no default. Make one: openssl rand -base64 32");
  if (workers > 1 && isMemory(url)) throw usage("workers do not share their memory: give AUTH_JIT_STORE_URL, as redis://127.0.0.1:6379.");
  if (environment !== "production") return;
  if (isMemory(url)) throw usage("in production keys and logins have to outlive the process: give AUTH_JIT_STORE_URL.");
  if (!settings.issuer?.startsWith("https://"))
    throw usage("in production AUTH_JIT_ISSUER has to be the service's https URL, as its callers know it.");
}

/** @param {Record<string, any>} settings */
function issuerOf({ issuer, host, port }) {
  if (issuer) return issuer;
  if (port === 0) throw usage("with AUTH_JIT_PORT=0 nobody knows the service's URL beforehand: give AUTH_JIT_ISSUER.");
  return `http://${host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * The login of people with a browser. Its records lie sealed beside the service's own; nobody's token is kept.
 *
 * @param {Record<string, any>} settings
 * @param {string} issuer
 * @param {ReturnType<typeof sealedBy>} sealed
 */
async function openLogin(settings, issuer, sealed) {
  const { createLogin } = await import("../../runtime/login-node.js");
  return createLogin({
    client: await readText(settings.client_file, "OAuth client's file"),
    redirectUri: `${issuer}/api/auth/web/callback`,
    store: {
      read: async (/** @type {string} */ key) => (await sealed()).read(key),
      write: async (/** @type {string} */ key, /** @type {Uint8Array} */ value, /** @type {string | null} */ expected) =>
        (await sealed()).write(key, value, expected),
    },
    records: "service/people/{id}",
    offline: false,
    sessionLifetime: settings.login_ttl,
  });
}

/** What telemetry looks at. @param {{ method: string, target: string, headers: [string, string][] }} came */
function shownTo({ method, target, headers }) {
  const known = new Headers();
  for (const [name, value] of headers)
    if (/^(traceparent|tracestate|baggage|b3|x-b3-.*|uber-trace-id)$/.test(name)) known.append(name, value);
  return { method, url: `http://service.invalid${target}`, headers: known };
}

/** @param {string} path */
async function readPolicy(path) {
  try {
    return await readFile(path, "utf8");
  } catch (/** @type {any} */ thrown) {
    const help = "Name it by AUTH_JIT_POLICY or --policy; cloud-run-auth policy --help shows how one looks.";
    throw new Failure("unreadable", `the policy ${path} cannot be read (${thrown.code ?? thrown.message}). ${help}`);
  }
}

/** A fault of the policy, each with its file, as compilers show them. @param {any} thrown @param {string} path */
export function explained(thrown, path) {
  if (thrown?.code !== "invalid_policy") return thrown;
  const lines = thrown.faults.map((/** @type {any} */ { line, column, message }) => `${path}:${line}:${column}: ${message}`);
  return new Failure("invalid_policy", lines.join("\n"), 2);
}

/** Its folder is watched, for editors replace files. @param {string} path @param {() => void} changed */
function watched(path, changed) {
  /** @type {any} */
  let timer;
  try {
    return watch(dirname(path), (_, name) => {
      // A file system may not tell which; links of Kubernetes' config maps have names of their own.
      if (name !== null && name !== basename(path) && !name.startsWith("..")) return;
      clearTimeout(timer);
      timer = setTimeout(changed, 100);
    });
  } catch (/** @type {any} */ thrown) {
    warn(`changes of ${path} will not be noticed (${thrown.code ?? thrown.message}).`);
    return { close() {} };
  }
}

/** What kind of request it is: a path that there is nothing at is none. @param {string} path */
function routeOf(path) {
  return ROUTES.exec(path)?.[0] ?? "";
}

/**
 * One line of JSON each, from that level on, with the trace that is under way.
 *
 * @param {string} level
 * @param {() => object | undefined} ids
 */
function logger(level, ids) {
  const least = LEVELS.indexOf(level);
  return (/** @type {Record<string, unknown>} */ { time = new Date().toISOString(), severity = "INFO", ...line }) => {
    if (LEVELS.indexOf(String(severity).toLowerCase()) < least) return;
    process.stdout.write(`${JSON.stringify({ time, severity, ...line, ...ids() })}\n`);
  };
}
