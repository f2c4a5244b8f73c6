// Programs that checks run, and what becomes of them.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const start = promisify(execFile);

/** A check that cannot be made on this machine, and why: printed, not counted. */
export class Skipped extends Error {}

/** Runs a program to its good end and gives what it printed; a bad end is an error that shows what it printed. */
export async function run(program, args, { cwd, env } = {}) {
  const all = { cwd, env: { ...process.env, NO_COLOR: "1", NODE_NO_WARNINGS: "1", ...env }, maxBuffer: 1 << 26, timeout: 120_000 };
  try {
    return (await start(program, args, all)).stdout;
  } catch (error) {
    const said = `${error.stdout ?? ""}\n${error.stderr ?? ""}`.trim().split("\n").slice(-40).join("\n");
    throw new Error(`${program} ${args[0] ?? ""} ended with ${error.code ?? error.signal}\n${said || error.message}`);
  }
}

/** The last line that a script of ours printed, which is JSON. */
export async function report(script, args, options) {
  const stdout = await run(process.execPath, [script, ...args], options);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}
