// examples/users-and-jobs, with the packed package, in Chromium: a user logs in, leaves jobs, and three workers do them as her.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium as driver } from "playwright-core";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { install, pack } from "../packaging/install.mjs";
import { eventually } from "../runtime/client/check.js";
import { chromium } from "../runtime/programs.mjs";
import { freePort } from "../stores/lib/port.mjs";

const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const pictures = fileURLToPath(new URL("../../target/pictures/", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-example-"));
const children = [];
after(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** Waits until it is so. */
const until = (look) => eventually(async () => assert.ok(await look(), String(look)), 20_000);

test("a user logs in, leaves jobs that three workers do as her, and logs out", async (t) => {
  const place = join(folder, "app");
  const { tarball } = await pack(join(folder, "packed"));
  cpSync(fileURLToPath(new URL("../../examples/users-and-jobs", import.meta.url)), place, { recursive: true });
  await install(place, tarball, { dependencies: { hono: "4.13.19", "@hono/node-server": "2.1.9" } });

  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const emulator = createEmulator({ accessTokenLifetime: 8 });
  const server = await serve(emulator);
  t.after(() => server.close());
  const key = await emulator.createServiceAccountKey();
  const client = emulator.createOAuthClient({ redirectUris: [`${origin}/callback`], name: "Users and jobs" });
  emulator.addPerson({ email: "ada@example.com", name: "Ada" });
  emulator.addPerson({ email: "eve@example.com", name: "Eve" });
  emulator.addBucket("tokens", { readers: [key.client_email], writers: [key.client_email] });
  const callers = [];
  const service = emulator.addService("hello", {
    invokers: ["ada@example.com", "eve@example.com"],
    // Its users are let in.
    audiences: [client.web.client_id],
    handler: (_, { email }) => (callers.push(email), new Response("done")),
  });
  await writeFile(join(place, "client.json"), JSON.stringify(client));
  await writeFile(join(place, "key.json"), JSON.stringify(key));
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    PORT: String(port),
    BUCKET: "tokens",
    SERVICE: service.url,
    QUEUE: join(folder, "queue"),
  };
  const begin = (name) => {
    const child = spawn(process.execPath, [name], {
      cwd: place,
      env: { ...env, CLOUD_RUN_AUTH_EMULATOR: server.url, GOOGLE_APPLICATION_CREDENTIALS: "key.json" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    child.said = "";
    child.stdout.on("data", (text) => (child.said += text));
    return child;
  };
  const app = begin("app.js");
  const workers = [1, 2, 3].map(() => begin("worker.js"));
  await until(() => app.said.includes(origin));

  const browser = await driver.launch({ executablePath: chromium(), args: ["--no-sandbox", ...QUIET] });
  t.after(() => browser.close());
  const page = await (await browser.newContext({ viewport: { width: 390, height: 740 } })).newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (line) => line.type() === "error" && errors.push(line.text()));
  await mkdir(pictures, { recursive: true });

  // She says no at first.
  await page.goto(origin);
  await page.getByRole("link", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.screenshot({ path: join(pictures, "consent.png") });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: join(pictures, "consent-dark.png") });
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.match(await page.getByRole("alert").textContent(), /did not want to log in/);

  await page.getByRole("link", { name: "Log in" }).click();
  await page.getByRole("radio", { name: /Ada/ }).check();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("Hello Ada.").waitFor();
  for (let at = 0; at < 6; at += 1) await page.getByRole("button", { name: "Add a job" }).click();
  await until(() => callers.length === 6);
  // Her token ends, and all workers want a new one at once.
  await new Promise((resolve) => setTimeout(resolve, 9_000));
  for (let at = 0; at < 6; at += 1) await page.getByRole("button", { name: "Add a job" }).click();
  await until(() => callers.length === 12);
  assert.deepEqual(new Set(callers), new Set(["ada@example.com"]));
  // A worker hears of an answer a moment after the service has given it.
  await until(async () => (await readdir(env.QUEUE)).filter((name) => name.endsWith(".done")).length === 12);
  assert.ok(workers.filter(({ said }) => said.includes(" 200")).length > 1, "more than one worker had something to do");
  const refreshes = emulator.log.filter(({ endpoint }) => endpoint === "refresh");
  assert.ok(refreshes.every(({ status }) => status === 200));
  assert.ok(refreshes.length <= 3, `${refreshes.length} refreshes for one or two ends of a token`);

  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("link", { name: "Log in" }).waitFor();
  // What is left is of the login that she gave up, for ten minutes.
  const cookies = (await page.context().cookies()).map(({ name }) => name);
  assert.ok(!cookies.includes("session") && cookies.length === 1, cookies.join());
  assert.equal(emulator.log.filter(({ endpoint }) => endpoint === "revoke").length, 1);
  assert.deepEqual(
    errors.filter((text) => !text.includes("400") && !text.includes("favicon") && !text.includes("404")),
    [],
  );
});
