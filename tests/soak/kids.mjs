// Tokens that name keys which nobody has, 10,000 in a minute of the real clock, with good ones in between, on Node, Deno and Bun as users have them:
// the issuer's keys are fetched twice in a minute at most, and no good token is refused.
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { install, pack } from "../packaging/install.mjs";
import { bin } from "../runtime/programs.mjs";

const HELP = `usage: node tests/soak/kids.mjs [options]

  --seconds N   how long each runtime is flooded, at least 60, so that keys may be fetched a second time (60)
  --names N     tokens in that time that name a key which nobody has (10000)
  --only NAME   node, deno or bun; may be repeated

Prints what it counted; exits with 1 where a bound is broken.`;
const RUNTIMES = {
  node: [process.execPath],
  deno: [bin("deno"), "run", "--no-prompt", "--no-remote", "--node-modules-dir=manual", "--allow-net=127.0.0.1"],
  bun: [bin("bun"), "run"],
};
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    names: { type: "string", default: "10000" },
    only: { type: "string", multiple: true, default: Object.keys(RUNTIMES) },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [seconds, names] = [Number(values.seconds), Number(values.names)];
const wrong = values.only.some((name) => !RUNTIMES[name]) || !(seconds >= 60) || !(names >= 10);
if (values.help || wrong) {
  console.log(HELP);
  process.exit(wrong ? 2 : 0);
}

const folder = mkdtempSync(join(tmpdir(), "cloud-run-auth-kids-"));
let [passed, failed] = [0, 0];
try {
  await install(folder, (await pack(join(folder, "packed"))).tarball);
  for (const path of ["kids/client.js", "../runtime/client/flood.js"])
    cpSync(fileURLToPath(new URL(path, import.meta.url)), join(folder, path.split("/").at(-1)));
  for (const name of values.only) await soak(name);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\n${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

/** @param {string} name */
async function soak(name) {
  const issuer = await startIssuer();
  try {
    const { report, code, stderr } = await client(RUNTIMES[name], { url: issuer.url, keys: issuer.privateKeys, seconds, names });
    if (!report) throw new Error(`${name} ended with ${code}: ${stderr}`);
    const { forged, letIn, good, refused, otherwise, took } = report;
    const most = Math.max(...issuer.fetches.map((at) => issuer.fetches.filter((other) => other >= at && other < at + 60_000).length));
    const at = issuer.fetches.map((ms) => `${((ms - issuer.fetches[0]) / 1000).toFixed(1)} s`);
    console.log(`${name}  ${report.version}  ${took.toFixed(1)} s`);
    console.log(`    ${forged} tokens that name a key which nobody has refused, ${letIn} let in`);
    console.log(`    ${good} good tokens let in, ${refused.length} refused${refused.length > 0 ? `, such as ${refused[0]}` : ""}`);
    console.log(`    ${at.length} fetches of keys, at ${at.join(", ")}; at most ${most} in a minute`);
    hold(
      "no token that names a key which nobody has is let in, and each is told why",
      forged === names && letIn === 0 && !Object.keys(otherwise).length,
    );
    hold(
      "no good token is refused, with a key that was published meanwhile as well",
      refused.length === 0 && good === names + Math.ceil(names / 10) + 1,
    );
    hold("at most two fetches of keys in any minute", most <= 2);
    hold("keys that were published meanwhile were fetched", at.length >= 2);
  } finally {
    issuer.close();
  }
}

function hold(bound, holds) {
  holds ? (passed += 1) : (failed += 1);
  console.log(`  ${holds ? "ok" : "!!"}  ${bound}`);
}

/** An issuer that publishes one key, and another when it is told to. */
async function startIssuer() {
  const pairs = ["one", "two"].map((kid) => ({ kid, ...generateKeyPairSync("ec", { namedCurve: "P-256" }) }));
  const published = [pairs[0]];
  const fetches = [];
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      published.push(pairs[1]);
      return void response.end();
    }
    fetches.push(performance.now());
    const keys = published.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" }));
    response.writeHead(200, { "content-type": "application/json", "cache-control": "public, max-age=3600" }).end(JSON.stringify({ keys }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    fetches,
    privateKeys: pairs.map(({ kid, privateKey }) => ({ kid, jwk: privateKey.export({ format: "jwk" }) })),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Floods in a process of that runtime; its last line is its report. */
function client([program, ...before], given) {
  const child = spawn(program, [...before, "client.js", JSON.stringify(given)], { cwd: folder, env: { ...process.env, NO_COLOR: "1" } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stderr, report: code === 0 ? JSON.parse(stdout.trim().split("\n").at(-1)) : undefined }));
  });
}
