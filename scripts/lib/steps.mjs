// Runs a list of commands one after the other, keeps what each printed in a log, and adds up their tests.
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./root.mjs";

const terminal = process.stdout.isTTY && !process.env.CI;
const paint = (code, text) => (terminal && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text);
const linesShown = 120;

/**
 * Runs every step, also after one has failed, and returns the totals.
 *
 * A step is { name, command: [program, ...arguments], count, cwd?, table? }; `table` is for suites that print a table
 * (lines that begin with "|"), which is repeated at the end, where people look.
 */
export async function runSteps(steps, logFolder) {
  mkdirSync(logFolder, { recursive: true });
  const totals = { passed: 0, failed: 0 };
  const tables = [];
  for (const step of steps) {
    const log = join(logFolder, `${step.name.replaceAll(/\W+/g, "-")}.log`);
    const { code, seconds } = await runStep(step, log);
    const output = readFileSync(log, "utf8");
    const { passed, failed, reason } = judge(step.count(output, code), code);
    totals.passed += passed;
    totals.failed += failed;
    printResult({ step, passed, failed, reason, seconds, log, output });
    if (step.table) tables.push(output.split("\n").filter((line) => line.startsWith("|")));
  }
  for (const table of tables) if (table.length > 0) console.log(`\n${table.join("\n")}`);
  return totals;
}

/** A suite that crashed, or that found no test to run, has not passed, whatever it counted. */
export function judge({ passed, failed }, code) {
  if (failed === 0 && code !== 0) return { passed, failed: 1, reason: `exit code ${code}` };
  if (failed === 0 && passed === 0) return { passed, failed: 1, reason: "no test ran" };
  return { passed, failed };
}

function runStep({ name, command, cwd = root }, log) {
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const show = terminal && setInterval(() => process.stdout.write(`\r  …  ${name}  ${paint(2, duration(elapsed()))} `), 500);
  const output = createWriteStream(log);
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const end = (code) => {
      clearInterval(show);
      if (terminal) process.stdout.write("\r\x1b[K");
      output.end(() => resolve({ code, seconds: elapsed() }));
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => output.write(bytes));
    child.on("error", (error) => {
      output.write(`${command[0]} does not start: ${error.message}\n`);
      end(127);
    });
    child.on("close", (code, signal) => code === null ? end(signal) : end(code)); // prettier-ignore
  });
}

function printResult({ step, passed, failed, reason, seconds, log, output }) {
  const mark = failed === 0 ? paint(32, "ok") : paint(31, "!!");
  const counts = failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} failed${reason ? ` (${reason})` : ""}`;
  console.log(`  ${mark}  ${step.name.padEnd(28)} ${counts.padEnd(20)} ${paint(2, duration(seconds))}`);
  if (failed === 0) return;
  const lines = output.trimEnd().split("\n");
  if (lines.length > linesShown) console.log(`      … the last ${linesShown} of ${lines.length} lines of ${relative(root, log)}`);
  for (const line of lines.slice(-linesShown)) console.log(`      ${line}`);
}

const duration = (seconds) =>
  seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
