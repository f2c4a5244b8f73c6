// Runs app.mjs in a process of its own, next to the installed package, and hands on what it tells.
import { fork } from "node:child_process";
import { copyFileSync } from "node:fs";
import { on, once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PATIENCE = 60_000;

/** @returns what it tells, message by message; its end, to be waited for; and a way to stop it before */
export function runApp(folder, args, env) {
  const script = join(folder, "app.mjs");
  copyFileSync(fileURLToPath(new URL("app.mjs", import.meta.url)), script);
  // Options of this process, such as a debugger's, are not the program's.
  const child = fork(script, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const stop = () => child.kill();
  const ended = once(child, "exit");
  const timer = setTimeout(stop, PATIENCE).unref();
  process.once("exit", stop);
  const messages = on(child, "message", { close: ["exit", "error"] });
  return {
    stop,
    async next(name) {
      const { value, done } = await messages.next();
      if (done || value[0].name !== name) throw new Error(`the program ended, or told of something else, before "${name}"`);
      return value[0];
    },
    async end() {
      const [code, signal] = await ended;
      clearTimeout(timer);
      if (code !== 0) throw new Error(`the program ended with ${signal ?? code}`);
    },
  };
}
