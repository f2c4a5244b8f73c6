// google-auth for Python as a process that is asked for verdicts, so that its keys are read once.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const VERDICTS = fileURLToPath(new URL("verdicts.py", import.meta.url));

/** @param {{ certs: Record<string, string>, audience: string }} given */
export function startGoogle(given) {
  const child = spawn(String(process.env.GOOGLE_CLIENTS_PYTHON), [VERDICTS], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.write(`${JSON.stringify(given)}\n`);
  return {
    /** Of each token: nothing where it is let in, or else why not. @param {string[]} tokens */
    async verdicts(tokens) {
      child.stdin.write(`${JSON.stringify(tokens)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("google-auth ended before it answered; scripts/setup installs what GOOGLE_CLIENTS_PYTHON names");
      return JSON.parse(value);
    },
    stop: () => child.kill(),
  };
}
