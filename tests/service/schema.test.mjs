// Whatever the OpenAPI document allows is answered as it says, and whatever it does not allow is refused as it says: schemathesis, on a
// service behind a socket. CASES=100000 asks more.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { serveCommand } from "./command.mjs";
import { policy, SECRET } from "./stand.mjs";

const CASES = Number(process.env.CASES ?? 2500);
const { SERVICE_TOOLS_PYTHON } = process.env;
const CONFIG = fileURLToPath(new URL("python/schemathesis.toml", import.meta.url));
const CHECKS = [
  ...["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"],
  ...["response_schema_conformance", "negative_data_rejection", "unsupported_method", "missing_required_header", "ignored_auth"],
];

test("100,000 questions, or as many as CASES says", { timeout: 3_600_000 }, async (t) => {
  const text = (await policy()).replaceAll('client_id = "worker"', 'client_id = "worker"\nrate = "1000000/second"');
  const { url, lines, child, ended } = await serveCommand({ policy: text, env: { AUTH_JIT_METRICS: "open" } });
  const document = await (await fetch(`${url}/api/openapi.json`)).json();
  const operations = Object.values(document.paths).flatMap((path) => Object.keys(path)).length;
  const words = [
    ...[
      "-m",
      "schemathesis.cli",
      "--config-file",
      CONFIG,
      "run",
      `${url}/api/openapi.json`,
      "--checks",
      CHECKS.join(","),
      "--no-color",
      "--workers",
      "1",
    ],
    ...["--phases", "examples,coverage,fuzzing", "--max-examples", String(Math.ceil(CASES / operations)), "--suppress-health-check", "all"],
    ...["--mode", "all", "--max-failures", "20", "--continue-on-failure", "--generation-deterministic"],
    ...["--auth", `worker:${SECRET}`],
  ];
  const { code, output } = await run(words);
  const cases = Number(/([\d,]+) generated/.exec(output)?.[1].replaceAll(",", "") ?? 0);
  assert.equal(code, 0, output.replace(/(%[0-9A-F]{2}){50,}/g, "…").slice(-12_000));
  t.diagnostic(`${cases} cases of ${operations} operations`);
  assert.deepEqual(
    lines().filter(({ event }) => event === "failure"),
    [],
  );
  child.kill("SIGTERM");
  const end = await ended;
  assert.equal(end.code, 0, end.stderr);
});

function run(words) {
  return new Promise((resolve) => {
    const child = spawn(SERVICE_TOOLS_PYTHON, words, { env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" }, cwd: "/tmp" });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("close", (code) => resolve({ code, output }));
  });
}
