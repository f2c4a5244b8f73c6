// The stages of the soak: what is done to a worker, and the bounds that have to hold.
import { setTimeout as sleep } from "node:timers/promises";
import { judgeExchanges } from "./google.mjs";

/** Requests at a time. */
const WIDTH = 24;
/** Half of the tokens are ID tokens, half are access tokens. */
const keys = Array.from({ length: 64 }, (_, index) => `https://soak.example/${index % 2 ? "id" : "access"}/${index}`);

const grouped = (number) => number.toLocaleString("en");

/** A worker that is asked, and what became of those who were to be answered. */
function open({ client, google, credential }) {
  const seen = { answered: 0, doomed: 0, hangs: 0, failures: new Map() };
  const ask = async (given, leavesAfter) => client.post({ google: google.url, credential, ...given }, leavesAfter);
  return {
    seen,
    ask,
    /** One request: how it is doomed, if it is. */
    async request(given, leavesAfter) {
      const { kind, status, text } = await ask({ act: "request", ...given }, leavesAfter);
      if (kind === "hang") seen.hangs += 1;
      else if (kind === "gone" || text === "dead" || (status === 500 && given.how === "throws")) seen.doomed += 1;
      else if (text === "200") seen.answered += 1;
      else seen.failures.set(text, (seen.failures.get(text) ?? 0) + 1);
    },
    stats: async () => JSON.parse((await client.post({ act: "stats" })).text),
    freeze: (yes) => client.post({ act: "freeze", yes }),
  };
}

const sum = (map) => [...map.values()].reduce((all, one) => all + one, 0);

/** What all stages ask of those that were to be answered. */
function answered({ seen }) {
  const failures = sum(seen.failures);
  const words = [...seen.failures].map(([text, count]) => `\n        ${count} times: ${text.slice(0, 200)}`);
  return [
    [`every request is answered: ${grouped(seen.answered)} were, ${failures} failed${words.join("")}`, failures === 0 && seen.answered > 0],
    [`no request hangs: ${seen.hangs} did`, seen.hangs === 0],
  ];
}

/** A page of WebAssembly's memory: what the allocator's holes may cost. */
const PAGE = 65_536;

const flat = (before, after) => [
  `the module's memory does not grow: ${grouped(before.bytes)} bytes before, ${grouped(after.bytes)} after`,
  before.bytes > 0 && after.bytes <= before.bytes + PAGE,
];

const whole = ({ cores }) => [`the module was started once: ${cores} times`, cores === 1];

/** A session for each request; one of a hundred leaders dies, and one of a hundred requests whatever it does. */
async function load(given) {
  const { client, google, sizes, show } = given;
  const world = open(given);
  const ways = ["at once", "soon"];
  const request = (index) => {
    const isDoomed = index % 100 === 50;
    return world.request({
      key: keys[(index * 7) % keys.length],
      timeout: 10_000,
      how: index % 2 ? "throws" : "returns",
      doom: isDoomed ? ways[(index / 100) & 1] : "none",
      wait: index % 13,
    });
  };
  const warm = Math.min(sizes.requests >> 2, 5000);
  await client.many(warm, WIDTH, request);
  const before = await world.stats();
  const began = performance.now();
  for (const part of [0, 1]) {
    await world.freeze(part === 1);
    const from = performance.now();
    await client.many(sizes.requests >> 1, WIDTH, request, (index) => {
      if (index % 500 === 0) show(`${part ? "clocks stand still" : "clocks go"}  ${grouped(index)}  ${rate(index, from)} a second`);
    });
  }
  const seconds = (performance.now() - began) / 1000;
  await world.freeze(false);
  // Whatever is still under way ends, or is given up.
  await sleep(2500);
  const after = await world.stats();
  const { deaths, late } = after;
  const { count, surplus } = judgeExchanges(google.needs, [...deaths, ...late]);
  const { seen } = world;
  return {
    figures: [
      `${grouped(seen.answered + seen.doomed + seen.hangs + sum(seen.failures))} requests, ${rate(sizes.requests, began, seconds)} a second: ` +
        `${grouped(seen.answered)} answered, ${grouped(seen.doomed)} doomed, ${sum(seen.failures)} failures, ${seen.hangs} hangs`,
      `${grouped(google.exchanges)} exchanges for ${grouped(count)} expiries of ${keys.length} tokens; ${deaths.length} leaders died over one, ${late.length} had no answer in time`,
      `${grouped(before.bytes)} bytes of the module's memory before, ${grouped(after.bytes)} after`,
    ],
    bounds: [
      ...answered(world),
      [
        `each expiry makes one exchange, and one more for each leader that was lost: ${surplus} beyond that`,
        surplus === 0 && google.exchanges > 0,
      ],
      [`leaders died: ${deaths.length}`, deaths.length > 0 || sizes.requests < 20_000],
      flat(before, after),
      whole(after),
    ],
  };
}

/** The first that an isolate does is a call of an object that aborts in the same turn: nothing may be left half begun. */
async function first(given) {
  const world = open(given);
  await world.ask({ act: "abort", key: keys[0], name: "first", turn: "at once" });
  await given.client.many(100, 100, (index) => world.request({ key: keys[index & 1] }));
  return { figures: ["an object that aborts at once, and 100 requests after it"], bounds: answered(world) };
}

/** Durable Objects in the same isolate that abort while they begin a call, and requests beside them for the same token. */
async function aborts(given) {
  const { client, google, sizes, show } = given;
  const world = open(given);
  const turns = ["at once", "begun", "later"];
  const timeout = 5000;
  const round = async (index) => {
    // Nobody has this token, or not any more: whoever aborts is the leader, if it gets that far.
    const key = `${keys[index & 63]}/${index >> 6}`;
    const reset = world.ask({ act: "abort", key, timeout, name: `object ${index % 32}`, turn: turns[index % 3], wait: index % 7 });
    await sleep(index % 4);
    await Promise.all([reset, ...[0, 1, 2].map(() => world.request({ key }))]);
    if (index % 50 === 0) show(grouped(index));
  };
  await client.many(200, 64, (index) => world.request({ key: keys[index % 8] }));
  await client.many(sizes.aborts >> 1, 64, round);
  await sleep(timeout + 1000);
  const before = await world.stats();
  await client.many(sizes.aborts >> 1, 64, round);
  await client.many(500, WIDTH, (index) => world.request({ key: keys[index % 8] }));
  const after = await world.stats();
  // Those who signed and did not get to ask, and those who had asked.
  const stranded = after.signed - google.exchanges + after.deaths.length;
  return {
    figures: [
      `${grouped(sizes.aborts)} objects aborted while they began a call, ${grouped(world.seen.answered)} requests beside and after them`,
      `${grouped(google.exchanges)} exchanges; ${grouped(stranded)} objects had begun one`,
      `${grouped(before.bytes)} bytes of the module's memory before, ${grouped(after.bytes)} after`,
    ],
    bounds: [
      ...answered(world),
      [`objects aborted over an exchange: ${grouped(stranded)}`, stranded > sizes.aborts / 10],
      flat(before, after),
      whole(after),
    ],
  };
}

/** Requests that are left in the middle of an exchange: their client goes away, or their handler returns. */
async function abandoned(given) {
  const { client, google, sizes, show } = given;
  const world = open(given);
  const crowd = 100;
  // By then the module may know that nobody waits any more.
  const timeout = 5000;
  const leave = (index) => {
    if (index % 100 === 0) show(grouped(index));
    // Another token for each crowd, so that all of it waits; until the second half they have ended.
    const key = keys[Math.floor(index / crowd) % keys.length];
    const wait = 20 + (index % 60);
    // workerd itself lets a request run on whose client left; Cloudflare does not.
    if (index % 2) return world.request({ key, timeout, doom: "soon", wait }, wait);
    return world.request({ key, timeout, doom: index % 4 ? "soon" : "at once", wait, how: index % 8 ? "returns" : "throws" });
  };
  google.delay = 300;
  const measured = [];
  for (const _ of ["first", "second"]) {
    await client.many(sizes.abandoned >> 1, 2 * crowd, leave);
    await sleep(timeout + 1000);
    measured.push(await world.stats());
  }
  google.delay = 0;
  // Who is refused because the answer to whoever left was late is none of those that count.
  world.seen.failures.clear();
  await client.many(500, WIDTH, (index) => world.request({ key: keys[index % 8] }));
  const last = await world.stats();
  return {
    figures: [
      `${grouped(world.seen.doomed)} requests were left alone, ${grouped(world.seen.answered)} others were answered afterwards`,
      `${measured.map(({ bytes }) => grouped(bytes)).join(" and ")} bytes of the module's memory after each half`,
    ],
    bounds: [
      ...answered(world),
      [`requests were left alone: ${grouped(world.seen.doomed)}`, world.seen.doomed > sizes.abandoned / 2],
      flat(measured[0], last),
      whole(last),
    ],
  };
}

function rate(count, began, seconds = (performance.now() - began) / 1000) {
  return grouped(Math.round(count / seconds));
}

export const stages = { load, first, aborts, abandoned };
