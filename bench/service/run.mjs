// How many requests a second the token service answers, beside Hono with jose and FastAPI with PyJWT under uvicorn: one process each, on one core,
// of which one is asked at a time, round by round; whoever asks is on another core. What counts are the ratios within a round. Nothing is asserted.
import { spawn, spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { freePort } from "../../tests/stores/lib/port.mjs";
import { median, spread } from "../statistics.mjs";
import { AUDIENCE, googles, ISSUER, jwk, SECRET, SERVICE, token } from "./issue.mjs";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "8" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "16" },
    json: { type: "boolean", default: false },
  },
});
const [rounds, seconds, connections] = [values.rounds, values.seconds, values.connections].map(Number);
const pinned = cpus().length > 1 && spawnSync("taskset", ["--version"]).status === 0;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const python = process.env.BENCH_PYTHON;

const SERVERS = {
  "cloud-run-auth": () => [process.execPath, here("ours.mjs")],
  "Hono, jose": () => [process.execPath, here("hono.mjs")],
  ...(python && {
    "FastAPI, PyJWT": (port) => [
      python,
      ...["-m", "uvicorn", "service:app", "--app-dir", here("python"), "--port", port, "--log-level", "error", "--no-access-log"],
    ],
  }),
};
const form = new URLSearchParams({ grant_type: "client_credentials", client_id: "worker", client_secret: SECRET, audience: AUDIENCE });
const ASKED = {
  "POST token, kept": {
    path: "/api/token",
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: String(form),
  },
  "verify, one token": { path: "/api/user", method: "GET", headers: { authorization: `Bearer ${token}` } },
};

const running = [];
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
const urls = {};
for (const [name, command] of Object.entries(SERVERS)) {
  const port = String(await freePort());
  const env = { ...process.env, ISSUER, SERVICE, AUDIENCE, SECRET, JWK: JSON.stringify(jwk), GOOGLES: googles, PORT: port };
  const words = command(port);
  const [program, ...rest] = pinned ? ["taskset", "-c", "0", ...words] : words;
  running.push(spawn(program, rest, { env, stdio: ["ignore", "ignore", "inherit"] }));
  urls[name] = `http://127.0.0.1:${port}`;
  for (let tries = 200; ; tries--) {
    const { path, ...init } = ASKED["POST token, kept"];
    const answer = await fetch(urls[name] + path, init).catch(() => undefined);
    if (answer?.ok) break;
    if (!tries) throw new Error(`${name} did not begin: ${answer && (await answer.text())}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const wrong = await fetch(`${urls[name]}/api/user`, { headers: { authorization: `Bearer ${token.slice(0, -8)}AAAAAAAA` } });
  if (wrong.status !== 401) throw new Error(`${name} takes a forged token`);
}
// Whoever asks does so from another core.
if (pinned) spawnSync("taskset", ["-cp", String(cpus().length - 1), String(process.pid)]);

const rates = {};
for (const [what, asked] of Object.entries(ASKED)) {
  const found = (rates[what] = Object.fromEntries(Object.keys(urls).map((name) => [name, []])));
  // The first is for the compilers.
  for (let round = -1; round < rounds; round++) {
    const names = Object.keys(urls);
    const turn = (round + names.length) % names.length;
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      const { path, ...init } = asked;
      const result = await autocannon({ url: urls[name] + path, ...init, connections, duration: seconds });
      if (result.non2xx || result.errors) throw new Error(`${name}: ${result.non2xx} refused, ${result.errors} errors`);
      if (round >= 0) found[name].push(result.requests.average);
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${what}: ${round + 1} of ${rounds}  `);
  }
}
if (values.json) console.log(JSON.stringify(rates));
else
  for (const [what, found] of Object.entries(rates)) {
    console.log(`\n${what}: requests a second, median of ${rounds} rounds of ${seconds} s`);
    const [[, ours], ...peers] = Object.entries(found);
    for (const [name, all] of Object.entries(found))
      console.log(`  ${name.padEnd(18)} ${Math.round(median(all)).toLocaleString("en").padStart(8)}`);
    for (const [name, all] of peers) console.log(`  ratio to ${name}: ${spread(ours.map((rate, i) => rate / all[i]))}`);
  }
running.forEach((child) => child.kill());
