// Many jobs in processes of their own, one bucket between them: how often the user's token is refreshed, whatever is done to them.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";

const script = fileURLToPath(new URL("bucket-job.mjs", import.meta.url));
const LEASE_S = 30;

/**
 * @param {object} how
 * @param {number} how.processes
 * @param {number} how.expiries until when it goes on
 * @param {number} how.speed how many times as fast time passes
 * @param {"fixed" | "leeway"} how.mode what comes of a refresh token once it is used
 * @param {boolean} [how.faults] whether processes are killed and stopped, and the store and the provider fail
 * @param {number} [how.life] how long a token lives, in emulated seconds; it is refreshed once three quarters of that are over
 * @param {boolean} [how.settled] whether it is counted from when every job has had a token: to begin many takes longer than a lease lasts
 *   here, and so does what each does once
 * @param {number} [how.every] about how long a job waits between two calls, in milliseconds
 * @param {(line: string) => void} [how.report]
 */
export async function jobsOverBucket({
  processes,
  expiries,
  speed,
  mode,
  faults = false,
  settled = false,
  life = 120,
  every = 200,
  report = () => {},
}) {
  const seen = { exchanges: 0, again: 0, refused: 0, limited: 0, writes: 0, killed: 0, stopped: 0, faults: 0, calls: 0, there: 0 };
  const [tokens, failures] = [new Set(), []];
  let lastAt = -Infinity;
  // Two, because the store's own tokens are to live longer than the user's.
  const provider = createEmulator({
    accessTokenLifetime: life,
    onRequest({ endpoint, status, time, token }) {
      if (endpoint !== "refresh") return;
      if (token?.error === "invalid_grant") seen.refused += 1;
      if (status !== 200) return;
      seen.exchanges += 1;
      // Two that are closer than that were for the same end of a token.
      if (time - lastAt < (life / 2) * 1000) seen.again += 1;
      lastAt = time;
    },
  });
  const cloud = createEmulator({
    accessTokenLifetime: 86_400,
    onRequest({ endpoint, method, status }) {
      if (endpoint !== "storage" || method !== "POST") return;
      if (status === 200) seen.writes += 1;
      if (status === 429) seen.limited += 1;
    },
  });
  const servers = await Promise.all([serve(provider), serve(cloud)]);
  const credential = await cloud.createServiceAccountKey();
  cloud.addBucket("users", { readers: [credential.client_email], writers: [credential.client_email] });
  for (const { clock } of [provider, cloud]) clock.scale = speed;
  const file = provider.createAuthorizedUser({ scopes: ["openid"], refresh: mode });
  await put(servers[1].url, credential, file);

  // To make the keys of the provider takes longer than a refresh may.
  await refresh(servers[0].url, provider.createAuthorizedUser({ scopes: ["openid"] }));
  seen.exchanges = 0;
  lastAt = -Infinity;

  const told = JSON.stringify({
    bucket: { bucket: "users", credential, endpoints: servers[1].url },
    endpoints: servers[0].url,
    rotates: mode !== "fixed",
    speed,
    every,
  });
  const [children, asking] = [new Set(), new Set()];
  const ends = [];
  function begin() {
    const child = spawn(process.execPath, [script, told], { stdio: ["pipe", "pipe", "inherit"] });
    children.add(child);
    child.stdin.on("error", () => {});
    createInterface(child.stdout).on("line", (line) => {
      const { there, token, failed, calls } = JSON.parse(line);
      if (there) seen.there += 1;
      if (there && seen.there > processes) child.stdin.write("go\n");
      if (token) tokens.add(token);
      if (token) asking.add(child);
      if (failed) failures.push(failed);
      if (calls) seen.calls += calls;
    });
    ends.push(new Promise((resolve) => child.once("close", () => resolve(children.delete(child)))));
  }
  for (let at = 0; at < processes; at += 1) begin();
  while (seen.there < processes) await pause(100);
  for (const child of children) child.stdin.write("go\n");
  if (settled) {
    while (asking.size < processes) await pause(100);
    await pause(2000);
    // That a token was refused counts from the begin.
    Object.assign(seen, { exchanges: 0, again: 0, limited: 0, writes: 0 });
    failures.length = 0;
  }

  const ended = () => seen.exchanges - seen.again;
  const meddling = faults ? meddle({ children, begin, cloud, provider, seen, speed, over: () => ended() >= expiries }) : undefined;
  const began = Date.now();
  for (let told = 0; ended() < expiries;) {
    await pause(100);
    if (Date.now() - told < 10_000) continue;
    told = Date.now();
    report(
      `${ended()} of ${expiries} expiries, ${seen.exchanges} exchanges, ${failures.length} failed calls, ${((told - began) / 1000).toFixed(0)} s ${failures.at(-1) ?? ""}`,
    );
  }
  await meddling;
  for (const emulator of [cloud, provider]) emulator.clearFaults();
  await pause(2 * every);
  for (const child of children) child.stdin.end();
  await Promise.all(ends);
  const figures = { ...seen, expiries: ended(), tokens: tokens.size };
  // Whatever was done: what is in the record is good.
  const kept = await read(servers[1].url, credential);
  const good = await refresh(servers[0].url, { ...file, refresh_token: kept.refresh_token });
  await Promise.all(servers.map((server) => server.close()));
  return { figures, failures, good, kept };
}

/** Kills and begins processes, stops others for longer than a lease, and lets the store and the provider fail. */
async function meddle({ children, begin, cloud, provider, seen, speed, over }) {
  const any = () => [...children][Math.floor(Math.random() * children.size)];
  const storeFaults = [
    { status: 503 },
    { status: 500 },
    { reset: true },
    { lost: true },
    { torn: true },
    { status: 429 },
    { lost: true, match: "/upload/" },
  ];
  const lease = (LEASE_S * 1000) / speed;
  for (let turn = 0; !over(); turn += 1) {
    await pause(lease / 2);
    cloud.addFault({ endpoint: "storage", times: 1, ...storeFaults[Math.floor(Math.random() * storeFaults.length)] });
    seen.faults += 1;
    if (turn % 3 === 0) {
      provider.addFault({ endpoint: "refresh", times: 1, status: 503 });
      seen.faults += 1;
    }
    if (turn % 5 === 0) {
      any()?.kill("SIGKILL");
      seen.killed += 1;
      begin();
    }
    if (turn % 4 === 0) {
      const child = any();
      child?.kill("SIGSTOP");
      seen.stopped += 1;
      setTimeout(() => child?.kill("SIGCONT"), lease * (0.5 + Math.random() * 2));
    }
  }
  // Everybody goes on to the end.
  await pause(lease * 3);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function store(url, credential) {
  await import("../../pkg/runtime/node.js");
  const { gcsStore } = await import("../../pkg/stores/gcs.js");
  return gcsStore({ bucket: "users", credential, endpoints: url });
}

async function put(url, credential, value) {
  await (await store(url, credential)).write("ada.json", new TextEncoder().encode(JSON.stringify(value)), null);
}

async function read(url, credential) {
  return JSON.parse(new TextDecoder().decode((await (await store(url, credential)).read("ada.json")).value));
}

/** Whether a refresh token is good. */
async function refresh(url, { client_id, client_secret, refresh_token }) {
  const body = new URLSearchParams({ grant_type: "refresh_token", client_id, client_secret, refresh_token });
  return (await fetch(`${url}/token`, { method: "POST", body })).status === 200;
}
