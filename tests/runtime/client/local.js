// The runner of runtimes that run the whole suite in one process: one JSON line for each case.
import { readConfig } from "./control.js";
import { leftovers, run } from "./run.js";
import { matches, suite, whyNot } from "./suite.js";
import { createWorld } from "./world.js";

/**
 * @param {object} lib what the package exports
 * @param {object} runtime
 * @param {{ lab: string, grep?: string }} options
 */
export async function runHere(lib, runtime, { lab, grep }) {
  const strays = watchRejections();
  const world = createWorld(lib, await readConfig(lab), runtime);
  for (const each of suite) {
    if (!matches(each, grep)) continue;
    const reason = whyNot(each, runtime);
    const result = reason
      ? { group: each.group, name: each.name, outcome: "not applicable", message: reason }
      : await run(each, world, strays);
    console.log(JSON.stringify(result));
  }
  for (const result of await leftovers(strays)) console.log(JSON.stringify(result));
}

/** Rejections that nobody handled, as they come. */
export function watchRejections() {
  const strays = [];
  const forget = (promise) => {
    const at = strays.findIndex((stray) => stray.promise === promise);
    if (at >= 0) strays.splice(at, 1);
  };
  if (globalThis.process?.on && !globalThis.Deno) {
    process.on("unhandledRejection", (reason, promise) => strays.push({ reason, promise }));
    process.on("rejectionHandled", forget);
  } else {
    globalThis.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      strays.push({ reason: event.reason, promise: event.promise });
    });
    // workerd of old compatibility dates reports at once, and takes it back where a handler came a moment later.
    globalThis.addEventListener("rejectionhandled", (event) => forget(event.promise));
  }
  return strays;
}
