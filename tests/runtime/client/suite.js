// The cases in their order, which of them a runtime can run, and how one is run.
import { groups } from "../cases/index.js";
import { CheckFailed } from "./check.js";

/** A case may take this long; the slowest takes a tenth of it. */
const LIMIT = 40_000;

/** Every case with its group's name and a number that is the same in every runtime. */
export const suite = groups.flatMap(({ name: group, cases }) => cases.map((each) => ({ group, ...each })));
suite.forEach((each, index) => (each.id = index));

/** Why a case does not apply to a runtime, if it does not. */
export function whyNot(each, runtime) {
  if (runtime.smokeOnly && !each.smoke) return runtime.smokeOnly;
  for (const need of each.needs ?? []) {
    const reason = runtime.lacks[need];
    if (reason) return reason;
  }
  return undefined;
}

export const matches = (each, pattern) => !pattern || `${each.group}: ${each.name}`.includes(pattern);

/**
 * Runs one case in a world that is as if nothing had happened before.
 *
 * @param {(typeof suite)[number]} each
 * @param {ReturnType<typeof import("./world.js").createWorld>} world
 * @param {{ reason: unknown }[]} strays rejections that nobody handled, filled by the runner
 */
export async function run(each, world, strays) {
  const began = Date.now();
  const result = { group: each.group, name: each.name };
  strays.length = 0;
  try {
    await world.emulator.reset();
    await limited(each.run(world));
    // Rejections are reported a turn late.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (strays.length > 0) throw new CheckFailed(`nobody handled this rejection: ${describe(strays[0].reason)}`);
    return { ...result, outcome: "passed", ms: Date.now() - began };
  } catch (error) {
    return { ...result, outcome: "failed", ms: Date.now() - began, message: describe(error) };
  }
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
