// Runs one runtime's runner as a process, and judges what it printed.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { noResult } from "./table.mjs";

/** A whole runner may take this long. */
const LIMIT = 360_000;

/** How long it may take to end after its last case: less than any timer that a call leaves behind, were there one. */
const END = 30_000;

const keys = JSON.parse(readFileSync(new URL("../vectors/keys.json", import.meta.url), "utf8")).keys;
const secretLines = Object.values(keys).flatMap((pem) => pem.split("\n").filter((line) => line.length > 30 && !line.startsWith("-")));

/** @returns {Promise<object[]>} one result for each expected case, and one more for whatever went wrong besides */
export async function runColumn({ column, expected, folder, lab, grep }) {
  if (column.missing) {
    return expected.map(({ group, name }) => ({ group, name, outcome: "not applicable", message: column.missing }));
  }
  const { code, stdout, stderr, seconds, lingered } = await start(column, folder, lab, grep);
  const [results, other] = read(stdout);
  const missing = expected.filter((each) => !results.some(({ group, name }) => group === each.group && name === each.name));
  for (const { group, name } of missing) results.push({ group, name, outcome: "failed", message: noResult });
  const runner = { group: "runner", outcome: "failed" };
  if (code !== 0) results.push({ ...runner, name: "ends well", message: `ended with ${code}\n${tail(stderr + other)}` });
  if (lingered > END) results.push({ ...runner, name: "ends soon", message: `ended ${Math.round(lingered / 1000)} s after its last case` });
  const secret = secretIn(stderr + other);
  if (secret) results.push({ ...runner, name: "prints no secret", message: `in its output: ${secret.slice(0, 12)}…` });
  return Object.assign(results, { seconds });
}

function start({ command, options }, folder, lab, grep) {
  const [program, ...before] = command(lab);
  const argument = JSON.stringify({ lab: lab.url, grep, ...options });
  const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", NODE_NO_WARNINGS: "1" };
  for (const name of ["GOOGLE_APPLICATION_CREDENTIALS", "CLOUD_RUN_AUTH_EMULATOR", "K_SERVICE", "K_REVISION"]) delete env[name];
  const began = performance.now();
  const child = spawn(program, [...before, argument], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  let last = began;
  child.stdout.on("data", (text) => {
    stdout += text;
    last = performance.now();
  });
  child.stderr.on("data", (text) => (stderr += text));
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  return new Promise((resolve) => {
    child.on("error", (error) => (stderr += error.message));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const ended = performance.now();
      resolve({ code: code ?? signal, stdout, stderr, seconds: (ended - began) / 1000, lingered: ended - last });
    });
  });
}

/** Results are lines of JSON; everything else is the runtime's own talk. */
function read(stdout) {
  const [results, other] = [[], []];
  for (const line of stdout.split("\n")) {
    if (line.startsWith('{"group":')) results.push(JSON.parse(line));
    else other.push(line);
  }
  return [results, other.join("\n")];
}

function secretIn(text) {
  return secretLines.find((line) => text.includes(line)) ?? /eyJ[\w-]{8,}\.eyJ[\w-]{8,}/.exec(text)?.[0];
}

const tail = (text) => text.trim().split("\n").slice(-15).join("\n");
