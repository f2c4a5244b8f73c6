// A thousand traps under a thousand calls in flight. Runs on every runtime.
import { alive, calm, fail, seen, ways } from "./plan.js";
import { keyFile, outcome, world } from "./world.js";

const CALLS = 1000;
/** What is asked and fails does so twice: once more after a new core was begun. */
const POISONED = 500;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How the poisoned calls come: all at once or over many turns, and under calls that wait for one token, for fifty, or for their answer. */
export const storms = [
  { name: "at once", turns: 1, keys: 1, most: 3 },
  // Whoever began anew at each of them would make a hundred, and fifty times twenty.
  { name: "over a hundred turns", turns: 100, keys: 1, most: 90 },
  { name: "over twenty turns, fifty tokens", turns: 20, keys: 50, most: 900 },
  { name: "at once, the requests sent", turns: 1, keys: 1, most: 0, warm: true },
];

/**
 * Runs each of them; says for each what came of the calls, and what there was to see.
 *
 * @param {{ createSession: Function, customFetch: symbol }} lib
 * @param {() => void} [collect] Collects garbage
 */
export async function runStorms({ createSession, customFetch }, collect) {
  const credential = await keyFile();
  const { sent, fetch } = world({ delay: 200 });
  const open = (audience) => createSession("https://svc.example", { credential, audience, timeout: 60_000, [customFetch]: fetch });
  const reports = [];
  for (const { name, turns, keys, most, warm } of storms) {
    const sessions = Array.from({ length: keys }, (_, index) => open(`${name}, ${index}`));
    const other = open("poisoned");
    await outcome(() => other.get("/warm"));
    if (warm) for (const session of sessions) await outcome(() => session.get("/warm"));
    const before = { failed: seen.failed, exchanges: sent.exchanges, requests: sent.requests.length };
    poison();
    let settled = 0;
    const calls = Array.from({ length: CALLS }, async (_, index) => {
      const code = await outcome(() => sessions[index % keys].get(`/${index}`));
      settled = Date.now();
      return code;
    });
    await sleep(20);
    const poisoned = [];
    for (let turn = 0; turn < turns; turn += 1) {
      for (let i = 0; i < POISONED / turns; i += 1) poisoned.push(outcome(() => other.get(poisonedPath(poisoned.length))));
      await sleep(1);
    }
    const refused = tally(await Promise.all(poisoned));
    const last = Date.now();
    const outcomes = tally(await Promise.all(calls));
    calm();
    const requests = sent.requests.slice(before.requests);
    const next = await outcome(() => sessions[0].get("/next"));
    const report = {
      name,
      outcomes,
      refused,
      next,
      ms: settled - last,
      most,
      failed: seen.failed - before.failed,
      exchanges: sent.exchanges - before.exchanges,
    };
    reports.push({ ...report, sent: requests.length, different: new Set(requests).size, ...(await memory(collect)) });
  }
  return reports;
}

/** Has what is asked of such paths fail, each in its own way. */
export function poison() {
  for (const way of ways.keys()) fail({ letter: "p", holds: `poison-${way}`, times: Infinity, allocation: 0, way });
}

/** The host's stack now and then only: to fill it takes ten milliseconds. @param {number} index */
export function poisonedPath(index) {
  const way = index % ways.length;
  return `/ä/poison-${ways[way] === "host's stack" && index > 50 ? 0 : way}`;
}

/** The cores that are left, once garbage is collected. */
export async function memory(collect) {
  for (let i = 0; i < 3 && collect; i += 1) {
    await sleep(20);
    collect();
  }
  return alive();
}

export function tally(outcomes) {
  const counts = {};
  for (const one of outcomes) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
}
