// Shows a session at work: a private Cloud Run service, called through the packed and installed npm package, with a local
// stand-in for Google. Exits with 0 only if every step did what it says. Run by `make demo`, after a build.
import { createPrivateKey } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmulator } from "../emulator/index.js";
import { serve } from "../emulator/node.js";
import { runApp } from "./demo/child.mjs";
import { packAndInstall } from "./demo/package.mjs";
import { closing, section, step } from "./demo/show.mjs";
import { fail, root } from "./lib/root.mjs";

const CUSTOM_AUDIENCE = "https://orders.example.com";
const CONCURRENT = 1000;
const ORDERS = ["tea", "coffee"];

if (!existsSync(join(root, "pkg/wasm/session_bg.wasm"))) fail("pkg/wasm is not built; run: make demo");

console.log(`cloud-run-auth on Node ${process.versions.node}, against a local stand-in for Google`);
const began = performance.now();
const folder = mkdtempSync(join(tmpdir(), "cloud-run-auth-demo-"));
const removeFolder = () => rmSync(folder, { recursive: true, force: true });
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
]) {
  // prettier-ignore
  process.once(signal, () => {
    removeFolder();
    process.exit(code);
  });
}

let server;
let app;
try {
  await run();
} catch (error) {
  step("demo", { is: `broke off: ${error.message}`, ok: false });
} finally {
  app?.stop();
  await server?.close();
  removeFolder();
}
step("tidied up", { is: "emulator stopped, temporary folder removed", ok: !existsSync(folder) });
if (!closing(performance.now() - began)) process.exitCode = 1;

async function run() {
  section("A machine with a key, and a private service");
  let timer = stopwatch();
  const emulator = createEmulator();
  server = await serve(emulator);
  step("emulator", { is: `${server.url} stands in for Google and Cloud Run`, ok: true, ms: timer() });

  timer = stopwatch();
  const keyFile = join(folder, "key.json");
  const key = await emulator.createServiceAccountKey({ email: "shop@demo-project.iam.gserviceaccount.com", projectId: "demo-project" });
  writeFileSync(keyFile, JSON.stringify(key, null, 2), { mode: 0o600 });
  const bits = createPrivateKey(key.private_key).asymmetricKeyDetails.modulusLength;
  const mode = (statSync(keyFile).mode & 0o777).toString(8).padStart(4, "0");
  step("key file", {
    is: `key.json of ${key.client_email}, RSA ${bits}, mode ${mode}`,
    ok: bits === 2048 && mode === "0600",
    ms: timer(),
  });

  /** The claims that the service was handed, once the emulator had checked them. */
  const admitted = [];
  const service = emulator.addService("orders", {
    audiences: [CUSTOM_AUDIENCE],
    invokers: [key.client_email],
    handler(request, claims) {
      admitted.push(claims);
      return Response.json({ orders: ORDERS, caller: claims.email });
    },
  });

  timer = stopwatch();
  const { file, files, bytes } = await packAndInstall(folder);
  step("package", { is: `${file}, ${files} files, ${thousands(bytes)} bytes, packed and installed`, ok: files > 0, ms: timer() });

  const tokensBefore =
    (count = emulator.log.length) =>
    () =>
      exchanges(emulator.log.slice(count));
  app = runApp(folder, [service.url, CUSTOM_AUDIENCE, String(CONCURRENT)], {
    GOOGLE_APPLICATION_CREDENTIALS: keyFile,
    CLOUD_RUN_AUTH_EMULATOR: server.url,
  });

  section('session.get("/orders")');
  let newTokens = tokensBefore();
  const first = await app.next("first");
  const [exchange] = newTokens();
  step("assertion", {
    is: "core started, key file read, RS256 signed with WebCrypto",
    ok: exchange?.token.issuer === key.client_email && exchange.token.kid === key.private_key_id,
    expected: "an assertion of the account, by the key of the file",
    ms: first.signed,
  });
  step("exchange", {
    is: `POST ${exchange?.path}: ${exchange?.status}, for an ID token`,
    ok:
      newTokens().length === 1 && exchange.status === 200 && exchange.token.kind === "id_token" && exchange.token.audience === service.url,
    expected: "one exchange, for an ID token of the service's audience",
    ms: first.exchanged,
  });
  const [claims] = admitted;
  const lifetime = claims ? claims.exp - Math.floor(Date.now() / 1000) : 0;
  step("ID token", {
    is: `checked by the service: signature, iss ${claims?.iss},\naud ${claims?.aud}, exp (in ${lifetime} s)`,
    ok: admitted.length === 1 && claims.iss === "https://accounts.google.com" && claims.aud === service.url && lifetime > 3500,
    expected: "a service that checked and admitted one call",
  });
  step("response", {
    is: `${first.status} ${first.body}`,
    ok: first.status === 200 && first.body === JSON.stringify({ orders: ORDERS, caller: key.client_email }),
    expected: "200 and the service's JSON",
    ms: first.answered,
  });

  section("More calls");
  newTokens = tokensBefore();
  const second = await app.next("second");
  step("the next one", {
    is: `${second.status}, with the token from the cache: ${newTokens().length} exchanges`,
    ok: second.status === 200 && newTokens().length === 0,
    expected: "200 without an exchange",
    ms: second.ms,
  });
  newTokens = tokensBefore();
  const many = await app.next("many");
  const answered = many.statuses.filter((status) => status === 200).length;
  step("all at once", {
    is: `${thousands(many.statuses.length)} first calls for another audience: ${thousands(answered)} times 200, ${newTokens().length} exchange`,
    ok: many.statuses.length === CONCURRENT && answered === CONCURRENT && newTokens().length === 1,
    expected: `${thousands(CONCURRENT)} times 200 and one exchange`,
    ms: many.ms,
  });

  section("Calls that are not authorized");
  const served = admitted.length;
  await refused("no token", "a plain fetch", 403, "no token");
  await refused("other audience", "a token for another service, resent once with a new one", 401, "wrong audience");
  await refused("forged", "a token whose signature was changed", 401, "not a JWT signed with a published key");
  await app.end();
  step("the service", {
    is: "none of these calls reached it",
    ok: admitted.length === served,
    expected: "no call that the emulator let through",
  });

  async function refused(name, what, status, outcome) {
    const answer = await app.next(name);
    const logged = emulator.log.at(-1).outcome;
    step(name, {
      is: `${what}: ${answer.status} (${logged})`,
      ok: answer.status === status && logged.includes(outcome),
      expected: `${status} (${outcome})`,
      ms: answer.ms,
    });
  }
}

function exchanges(log) {
  return log.filter(({ endpoint }) => endpoint === "token");
}

function stopwatch(began = performance.now()) {
  return () => performance.now() - began;
}

function thousands(number) {
  return number.toLocaleString("en");
}
