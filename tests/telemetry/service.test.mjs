// The token service's traces and metrics, at a receiver of OTLP that other people wrote.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually, folder, serveCommand } from "../service/command.mjs";
import { openGoogle, policy, SECRET } from "../service/stand.mjs";
import { freePort } from "../stores/lib/port.mjs";

const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));
const [http, grpc] = [await freePort(), await freePort()];
const rotel = spawn(join(dirname(process.env.SERVICE_TOOLS_PYTHON), "python"), [
  ...["-c", "import os, rotel, sys; os.execv(os.path.join(os.path.dirname(rotel.__file__), 'rotel-agent'), sys.argv)", "start"],
  ...["--otlp-http-endpoint", `127.0.0.1:${http}`, "--otlp-grpc-endpoint", `127.0.0.1:${grpc}`, "--exporter", "blackhole"],
  ...["--debug-log", "traces", "--debug-log", "metrics", "--debug-log-verbosity", "detailed"],
]);
after(() => rotel.kill("SIGKILL"));
let received = "";
for (const stream of [rotel.stdout, rotel.stderr]) stream.setEncoding("utf8").on("data", (text) => (received += text));

const google = await openGoogle();
const cwd = folder();
symlinkSync(MODULES, join(cwd, "node_modules"));
writeFileSync(join(cwd, "key.json"), JSON.stringify(google.options.credential));
const env = {
  CLOUD_RUN_AUTH_EMULATOR: google.url,
  GOOGLE_APPLICATION_CREDENTIALS: "key.json",
  OTEL_METRIC_EXPORT_INTERVAL: "500",
  OTEL_BSP_SCHEDULE_DELAY: "200",
};
const TRACE = "0123456789abcdef0123456789abcdef";
const form = { grant_type: "client_credentials", client_id: "worker", client_secret: SECRET, audience: "https://svc.example" };

async function seen(service) {
  const response = await fetch(`${service.url}/api/token`, {
    method: "POST",
    headers: { traceparent: `00-${TRACE}-0123456789abcdef-01` },
    body: new URLSearchParams(form),
  });
  assert.equal(response.status, 200, await response.clone().text());
  const { access_token } = await response.json();
  await eventually(() => received.includes(TRACE) && received.includes("POST /api/token") && received.includes("token exchange"));
  await eventually(() => received.includes("http.server.request.duration") && received.includes("cloud_run_auth.token.exchanges"));
  for (const secret of [access_token.split(".")[1], SECRET, google.options.credential.client_email])
    assert.ok(!received.includes(secret), "a secret is told");
  const grant = service.lines().find(({ event }) => event === "grant");
  assert.equal(grant.trace_id, TRACE);
  assert.match(grant.span_id, /^[\da-f]{16}$/);
  assert.notEqual(grant.span_id, "0123456789abcdef", "the span is the service's own");
  assert.ok(received.includes(grant.span_id), "the log names a span that was told");
}

test("by the service's own setting", async () => {
  const service = await serveCommand({
    policy: await policy(),
    cwd,
    env: { ...env, AUTH_JIT_OPENTELEMETRY_ENDPOINT: `http://127.0.0.1:${http}` },
  });
  await seen(service);
  service.child.kill("SIGTERM");
  assert.equal((await service.ended).code, 0);
});

test("by the names that every SDK of OpenTelemetry knows", async () => {
  received = "";
  const names = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${http}`, OTEL_SERVICE_NAME: "tokens-of-mine" };
  const service = await serveCommand({ policy: await policy(), cwd, env: { ...env, ...names } });
  await seen(service);
  assert.ok(received.includes("tokens-of-mine"));
});

test("a receiver that is not there holds nobody up; packages that are not there are said", async () => {
  const service = await serveCommand({
    policy: await policy(),
    cwd,
    env: { ...env, AUTH_JIT_OPENTELEMETRY_ENDPOINT: "http://127.0.0.1:9" },
  });
  const response = await fetch(`${service.url}/api/token`, { method: "POST", body: new URLSearchParams(form) });
  assert.equal(response.status, 200);
  await assert.rejects(
    serveCommand({ policy: await policy(), env: { AUTH_JIT_OPENTELEMETRY_ENDPOINT: "http://127.0.0.1:9" } }),
    /npm install @opentelemetry\/api @opentelemetry\/sdk-node/,
  );
});
