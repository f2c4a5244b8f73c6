// The pages, in a real Chromium, from a service behind a socket: what they show is so, and nothing of them is refused by their own policy.
import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { PAGES } from "../../pkg/cli/serve/assets.js";
import { eventually, folder, serveCommand } from "./command.mjs";
import { policy, SECRET } from "./stand.mjs";

const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));
const SHOTS = process.env.SCREENSHOTS;
const args = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args });
after(() => browser.close());

const cwd = folder();
symlinkSync(MODULES, join(cwd, "node_modules"));
const ISSUER_PATH = "/jit";
const { url, lines } = await begin(cwd);

async function begin(cwd) {
  const { freePort } = await import("../stores/lib/port.mjs");
  const port = await freePort();
  // Below a path, as behind a proxy that others are behind, too.
  const env = { AUTH_JIT_ISSUER: `http://127.0.0.1:${port}${ISSUER_PATH}` };
  return serveCommand({ policy: await policy(), cwd, port, env, health: `${ISSUER_PATH}/api/health` });
}

const at = (path) => `${url}${ISSUER_PATH}${path}`;
const CREDENTIALS = { grant_type: "client_credentials", client_id: "worker", client_secret: SECRET };
const ask = (form) => fetch(at("/api/token"), { method: "POST", body: new URLSearchParams({ ...CREDENTIALS, ...form }) });

/** A page, and whatever went wrong on it. */
async function open(path, options) {
  const page = await browser.newPage(options);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("requestfailed", (request) => wrong.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(at(path));
  return { page, wrong };
}

async function shot(page, name) {
  if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: name.startsWith("status") });
}

test("the status page shows grants and refusals as they come, and no token", async () => {
  const { page, wrong } = await open("/api/status");
  await page.getByText("Nobody has asked for anything.").waitFor();
  const text = (id) => page.locator(`#${id}`).textContent();
  assert.deepEqual([await text("granted"), await text("refused")], ["0", "0"]);
  for (let i = 0; i < 3; i++) assert.equal((await ask({ audience: "https://orders.example" })).status, 200);
  for (let i = 0; i < 2; i++) assert.equal((await ask({ audience: "https://other.example" })).status, 400);
  assert.equal((await fetch(at("/api/user"))).status, 401);
  await eventually(async () => (await text("granted")) === "3" && (await text("refused")) === "3");
  const rows = (await page.locator("#rows tr").allTextContents()).map((row) => row.trim());
  assert.deepEqual(rows, ["workergrantedJWT of the service3", "workerrefusedaudience not granted2", "nobody knownrefusedwithout a token1"]);
  assert.match(await page.locator("#bars").getAttribute("aria-label"), /0 minutes ago: [0-3] granted/);
  assert.doesNotMatch(await page.content(), /eyJ|ya29\.|cra_rt/);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await shot(page, `status-${colorScheme}`);
  }
  await page.setViewportSize({ width: 390, height: 800 });
  await shot(page, "status-phone");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  assert.equal(wide, false, "it can be read on a phone");
  assert.deepEqual(wrong, []);
  await page.close();
});

test("what metrics say is shown as text, and what cannot be had is said", async () => {
  const page = await browser.newPage();
  let answer = { body: 'cloud_run_auth_recent{minutes_ago="0",outcome="granted",caller="<img src=x onerror=alert(1)>",what="jwt"} 7\n' };
  await page.route("**/metrics", (route) => route.fulfill(answer));
  await page.goto(at("/api/status"));
  await page.getByText("<img src=x onerror=alert(1)>").waitFor();
  assert.equal(await page.locator("img").count(), 0);
  answer = { status: 503, body: "" };
  await page.getByRole("alert").getByText("could not be asked").waitFor({ timeout: 10_000 });
  await page.close();
});

test("Swagger UI and ReDoc show each operation, from the packages that are installed", async () => {
  const document = await (await fetch(at("/api/openapi.json"))).json();
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => [method, path]));
  const docs = await open("/api/docs");
  await docs.page.locator(".opblock").first().waitFor();
  assert.equal(await docs.page.locator(".opblock").count(), operations.length);
  await shot(docs.page, "docs");
  assert.deepEqual(docs.wrong, []);
  await docs.page.close();
  const redoc = await open("/api/redoc");
  const sections = redoc.page.locator("[data-section-id*='operation/']");
  await sections.first().waitFor({ timeout: 30_000 });
  const shown = new Set();
  await eventually(async () => {
    for (const section of await sections.all()) shown.add((await section.getAttribute("data-section-id")).replace(/^.*operation\//, ""));
    return shown.size === operations.length;
  }).catch(() => assert.fail([...shown].join(" ")));
  await shot(redoc.page, "redoc");
  assert.deepEqual(
    redoc.wrong.filter((text) => !text.includes("cdn.redoc.ly/redoc/logo")),
    [],
    "but for its maker's logo, which is not loaded from him",
  );
  await redoc.page.close();
});

test("without the packages the pages name jsDelivr's files of the same versions, by their hashes", async () => {
  const { url: other } = await serveCommand({ policy: await policy() });
  for (const [path, name] of [
    ["/api/docs", "swagger-ui-dist"],
    ["/api/redoc", "redoc"],
  ]) {
    const response = await fetch(`${other}${path}`);
    const html = await response.text();
    const { version, files } = PAGES[name];
    for (const file of files) {
      const bytes = readFileSync(join(MODULES, name, file));
      const hash = Buffer.from(await crypto.subtle.digest("SHA-384", bytes)).toString("base64");
      assert.ok(html.includes(`https://cdn.jsdelivr.net/npm/${name}@${version}/${file}"`), file);
      assert.ok(html.includes(`integrity="sha384-${hash}"`), file);
    }
    assert.match(response.headers.get("content-security-policy"), /script-src 'sha256-[\w+/=]+' https:\/\/cdn\.jsdelivr\.net;/);
    assert.equal((await fetch(`${other}/api/docs/assets/${name}@${version}/${files[0]}`)).status, 404);
  }
});

test("of the packages nothing is served but what the pages ask for", async () => {
  const { version } = PAGES.redoc;
  const status = async (path) => (await fetch(at(`/api/docs/assets/${path}`))).status;
  assert.equal(await status(`redoc@${version}/bundles/redoc.standalone.js`), 200);
  for (const path of [
    `redoc@${version}/package.json`,
    `redoc@${version}/../../package.json`,
    "..%2f..%2fpolicy.toml",
    "redoc@1.0.0/bundles/redoc.standalone.js",
    "",
  ])
    assert.equal(await status(path), 404, path);
  assert.ok(lines().every(({ event }) => event !== "failure"));
});
