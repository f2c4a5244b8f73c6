// cloud-run-auth policy: what a policy says, before anybody comes to ask.
import { randomBytes } from "node:crypto";
import { createTokenService, hashSecret } from "../../runtime/service-node.js";
import { memoryStore } from "../../stores/memory.js";
import { readScopes, readText } from "../credential.js";
import { usage } from "../failure.js";
import { readInput } from "../input.js";
import { explained } from "../serve/run.js";

const ACTIONS = ["check", "explain", "secret"];

/** @type {import("../commands.js").About} */
export const about = {
  usage: "ACTION [flags]",
  text: `Looks at the policy of a token service. ACTION is
  check    whether it holds; each fault is told with its file, line and column
  explain  who somebody is, and why he may have a token or not
  secret   makes a client's secret, and the hash of it that the policy holds

A policy in TOML; whatever it does not grant is refused:

  [callers.deploy]                       # whoever has an ID token of this issuer, with these claims
  issuer = "https://token.actions.githubusercontent.com"
  claims.repository = "acme/orders"
  claims.ref = ["refs/heads/main", { starts_with = "refs/tags/v" }]

  [callers.worker]                       # whoever has this client's secret
  client_id = "worker"
  secret_hash = "$argon2id$…"
  rate = "600/minute"                    # this is the default

  [[grants]]
  to = ["deploy"]
  jwt_for = ["https://orders.example"]   # a JWT that the service signs
  scopes = ["orders.read"]
  ttl = "5m"                             # at most 1h; default: 10m

  [[grants]]
  to = ["deploy", "worker"]
  id_token_for = ["https://svc-abc.a.run.app"]
  outlives_caller = true                 # Google's tokens live for an hour

  [[grants]]
  to = ["worker"]
  access_token_for = ["https://www.googleapis.com/auth/devstorage.read_only"]

  [metadata]                             # as whom the metadata door answers
  caller = "worker"
  email = "worker@project.iam.gserviceaccount.com"
  project_id = "project"`,
  operands: ["ACTION"],
  flags: {
    policy: { value: "FILE", help: "default: policy.toml" },
    caller: { value: "NAME", multiple: true, help: "explain: somebody who is this caller" },
    claims: { value: "JSON", help: "explain: whoever has a token with these claims; or @FILE, or a token's own text by @-" },
    kind: {
      value: "KIND",
      help: "explain: what he wants: id-token, access-token or jwt; default: jwt,\nand with --scopes alone access-token",
    },
    audience: { value: "URL", help: "explain: for whom" },
    scopes: { value: "LIST", help: "explain: for what" },
    json: { help: "print JSON; errors are JSON, too" },
  },
  examples: [
    "cloud-run-auth policy check --policy policy.toml",
    "cloud-run-auth policy explain --caller deploy --audience https://orders.example --scopes orders.read",
    `cloud-run-auth policy explain --claims '{"iss":"https://issuer.example","sub":"ada"}'`,
    "cloud-run-auth policy secret",
  ],
};

/** @type {import("../commands.js").Command["run"]} */
export async function run(values, [action]) {
  const { policy: path = "policy.toml", json } = values;
  if (!ACTIONS.includes(action)) throw usage(`ACTION is none of ${ACTIONS.join(", ")}.`);
  if (action === "secret") {
    const secret = randomBytes(32).toString("base64url");
    const hash = await hashSecret(secret);
    return print(json, { secret, hash }, `secret       ${secret}\nsecret_hash  ${hash}\n`);
  }
  const service = createTokenService({
    issuer: "https://localhost",
    policy: await readText(path, "policy"),
    secrets: ["nothing is sealed where nothing is kept".replaceAll(" ", "-")],
    store: memoryStore(),
  });
  await service.ready().catch((thrown) => {
    throw explained(thrown, path);
  });
  if (action === "check") return print(json, { holds: true }, `${path} holds.\n`);
  const claims = await readClaims(values);
  const callers = values.caller ?? [];
  if (!claims === !callers.length) throw usage("say who it is: by --caller NAME, or by --claims JSON.");
  const want = readWant(values);
  const explanation = await service.explain({ ...(claims ? { claims } : { callers }), ...(want && { want }) });
  const { callers: names, granted, reasons } = explanation;
  const who = names.join(", ") || "nobody whom the policy names";
  const verdict = want ? `${granted ? "granted" : "refused"}: ${who}\n` : `${who}\n`;
  print(json, explanation, `${verdict}${reasons.map((reason) => `  ${reason}\n`).join("")}`);
  return want && !granted ? 1 : 0;
}

/** @param {unknown} json @param {unknown} value @param {string} text */
function print(json, value, text) {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : text);
}

/** @param {import("../commands.js").Values} values */
async function readClaims({ claims }) {
  if (claims === undefined) return undefined;
  const text = claims === "@-" ? await readInput() : claims.startsWith("@") ? await readText(claims.slice(1), "file of claims") : claims;
  const [, body] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(text.trim()) ?? [];
  try {
    const read = JSON.parse(body ? Buffer.from(body, "base64url").toString() : text);
    if (typeof read === "object" && read && !Array.isArray(read)) return read;
  } catch {
    // The text may be a token.
  }
  throw usage("--claims is neither an object of JSON nor a token.");
}

/** @param {import("../commands.js").Values} values */
function readWant({ kind, audience, scopes: given }) {
  const scopes = given === undefined ? [] : readScopes(given);
  const wanted = kind ?? (audience ? "jwt" : given ? "access-token" : undefined);
  if (wanted === undefined) return undefined;
  if (wanted === "access-token") {
    if (!scopes.length || audience) throw usage("an access token is for --scopes, and has no --audience.");
    return { accessToken: { scopes } };
  }
  if (!audience) throw usage(`${wanted} is for an --audience.`);
  if (wanted === "jwt") return { jwt: { audience, scopes } };
  if (wanted !== "id-token") throw usage("--kind is none of id-token, access-token and jwt.");
  if (scopes.length) throw usage("an ID token has no --scopes.");
  return { idToken: { audience } };
}
