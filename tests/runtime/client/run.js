// How one case is run.
import { CheckFailed } from "./check.js";

/** A case may take this long; the slowest takes half of it. */
const LIMIT = 120_000;

/**
 * Runs one case in a world that is as if nothing had happened before. A rejection that nobody handles fails it, and one that comes
 * after its end the next one.
 *
 * @param {(typeof import("./suite.js").suite)[number]} each
 * @param {ReturnType<typeof import("./world.js").createWorld>} world
 * @param {{ reason: unknown }[]} strays rejections that nobody handled, filled by the runner
 */
export async function run(each, world, strays) {
  const began = Date.now();
  const result = { group: each.group, name: each.name };
  try {
    nobodyElses(strays, "from before this case");
    await world.emulator.reset();
    await limited(each.run(world, (other) => run(other, world, strays)));
    // Rejections are reported some turns late.
    await new Promise((resolve) => setTimeout(resolve, 4));
    nobodyElses(strays, "in this case");
    return { ...result, outcome: "passed", ms: Date.now() - began };
  } catch (error) {
    return { ...result, outcome: "failed", ms: Date.now() - began, message: describe(error) };
  }
}

/** What is left once the last case has ended: a result for each rejection that nobody handled. */
export async function leftovers(strays) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return strays.map(({ reason }) => ({ group: "runner", name: "handles every rejection", outcome: "failed", message: describe(reason) }));
}

function nobodyElses(strays, when) {
  const [stray] = strays.splice(0);
  if (stray) throw new CheckFailed(`nobody handled a rejection ${when}: ${describe(stray.reason)}`);
}

function limited(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new CheckFailed(`no end within ${LIMIT} ms`)), LIMIT);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function describe(error) {
  if (error instanceof CheckFailed) return `${error.message}${where(error)}`;
  return error instanceof Error ? `${error.stack ?? error}` : `not an Error: ${String(error)}`;
}

/** The first line of a stack that is in a case. */
function where(error) {
  const line = String(error.stack ?? "")
    .split("\n")
    .find((one) => /cases\//.test(one));
  return line ? ` (${line.trim().replace(/^.*?((?:cases\/)[\w./-]+:\d+).*$/, "$1")})` : "";
}
