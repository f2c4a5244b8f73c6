// Jobs in processes of their own, one folder between them, and an emulator: how often the user's token is refreshed, whoever is killed
// or stopped on the way.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { jobsOverBucket } from "./bucket.mjs";

const script = fileURLToPath(new URL("job.mjs", import.meta.url));
/** Twenty times as fast: a lease is a second and a half, and a token of two minutes lives for six seconds. */
const SPEED = 20;
const LIFE_S = 120;

const emulator = createEmulator({ accessTokenLifetime: LIFE_S });
const server = await serve(emulator);
after(() => server.close());

/** Runs so many jobs for so long, and what is done to them meanwhile. */
async function jobs(count, ms, meddle = async () => {}) {
  emulator.reset();
  const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-jobs-"));
  try {
    await writeFile(join(folder, "ada.json"), JSON.stringify(emulator.createAuthorizedUser({ scopes: ["openid"] })));
    const began = Date.now();
    const told = JSON.stringify({ folder, endpoints: server.url, speed: SPEED, began, until: began + ms });
    const children = Array.from({ length: count }, () => spawn(process.execPath, [script, told], { stdio: ["ignore", "pipe", "inherit"] }));
    const reports = children.map(async (child) => {
      let text = "";
      for await (const part of child.stdout) text += part;
      return text
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    });
    await meddle(children);
    const lines = (await Promise.all(reports)).flat();
    const record = JSON.parse(await readFile(join(folder, "ada.json"), "utf8"));
    const refreshes = emulator.log.filter(({ endpoint }) => endpoint === "refresh");
    return { lines, record, refreshes, tokens: new Set(lines.flatMap(({ tokens = [] }) => tokens)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const failures = (lines) => lines.filter(({ failed, unhandled }) => (failed && failed !== 0) || unhandled);
/** A token of six seconds is refreshed after four and a half at the earliest. */
const most = (ms) => Math.ceil(ms / ((LIFE_S / SPEED) * 750)) + 1;

test("eight processes: one exchange for each end of the token, and no call fails", async () => {
  const { lines, refreshes, tokens, record } = await jobs(8, 20_000);
  assert.deepEqual(failures(lines), []);
  assert.equal(lines.length, 8);
  assert.equal(refreshes.length, tokens.size, "every exchange is of a token that somebody had");
  assert.ok(refreshes.length >= 3 && refreshes.length <= most(20_000), `${refreshes.length} exchanges`);
  assert.equal(record.needs_reauth, undefined);
});

test("processes that are killed, and stopped for longer than a lease: no call of the others fails, and nothing is lost", async () => {
  const { lines, refreshes, record } = await jobs(8, 25_000, async (children) => {
    const [first, second, third, fourth] = children;
    for (const child of [first, second]) {
      await pause(3_000);
      child.kill("SIGKILL");
    }
    for (const child of [third, fourth]) {
      await pause(1_500);
      child.kill("SIGSTOP");
      await pause(4_000);
      child.kill("SIGCONT");
    }
  });
  assert.deepEqual(failures(lines), []);
  assert.equal(lines.length, 6);
  // Whoever was stopped past his lease may have been overtaken.
  assert.ok(refreshes.length >= 3 && refreshes.length <= most(25_000) + 4, `${refreshes.length} exchanges`);
  assert.ok(refreshes.every(({ status }) => status === 200));
  assert.equal(record.needs_reauth, undefined);
});

test("eight processes over a bucket: one exchange for each end, one write a second of each object at most, and no call fails", async () => {
  const { figures, failures, good, kept } = await jobsOverBucket({ processes: 8, expiries: 4, speed: SPEED, mode: "fixed" });
  assert.deepEqual(failures, []);
  assert.deepEqual([figures.exchanges, figures.again, figures.limited, figures.refused], [figures.expiries, 0, 0, 0]);
  assert.ok(good && !kept.needs_reauth);
});

test("the same with a provider that rotates, while processes are killed and stopped and the store fails: no token is lost", async () => {
  const { figures, good, kept } = await jobsOverBucket({ processes: 8, expiries: 4, speed: SPEED, mode: "leeway", faults: true });
  assert.ok(figures.killed > 1 && figures.stopped > 1 && figures.faults > 10, JSON.stringify(figures));
  assert.equal(figures.refused, 0);
  assert.ok(good && !kept.needs_reauth);
});

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
