// What README.md shows of the command line, run as it stands there, with the emulator in Google's place.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openWorld } from "./world.mjs";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const [, block] = /## Command line\n[^]*?```console\n([^]*?)```/.exec(readme);
const shown = block.split(/^\$ npx cloud-run-auth /m).slice(1).map((text) => [text.split("\n")[0], text.slice(text.indexOf("\n") + 1)]); // prettier-ignore

const { emulator, url, project, start } = await openWorld();
const SERVICE = "https://orders-abc.a.run.app";
const handler = (request) =>
  request.url.endsWith("/orders/orders") ? Response.json({ orders: ["tea", "coffee"] }) : new Response("", { status: 404 });
const service = emulator.addService("orders", { audiences: [url], handler });
emulator.addPerson({
  email: "ada@example.com",
  sub: "110169484474386276334",
  name: "Ada",
  familyName: "Byron",
  picture: "https://ada.example/a.png",
});
writeFileSync(join(project, "client.json"), JSON.stringify(emulator.createOAuthClient({ type: "installed" })));

/** What may be otherwise each time, and where Google and the service are. */
const asShown = (text) =>
  Buffer.from(text, "latin1")
    .toString()
    .replaceAll(service.url, SERVICE)
    .replace(/http:\/\/127\.0\.0\.1:\d+\/o\/oauth2\/v2\/auth\?\S+/, "https://accounts.google.com/o/oauth2/v2/auth?…")
    .replace(/^http:\/\/127\.0\.0\.1:\d+ →/m, "http://127.0.0.1:8080 →");

test("there are commands in README.md", () => assert.ok(shown.length >= 6));

for (const [command, output] of shown)
  test(command, async () => {
    const words = command.replaceAll(SERVICE, service.url).split(" ");
    const run = start([...words, ...(words[0] === "proxy" ? ["--port", "0"] : [])], { env: { BROWSER: "true" } });
    if (words[0] === "login")
      await fetch(await emulator.consent((await run.printed(/at:\n\n {2}(\S+)\n/))[1], { account: "ada@example.com" }));
    if (words[0] === "proxy") {
      await run.printed(/\n/);
      run.child.kill("SIGINT");
    }
    const { stdout, stderr } = await run.ended;
    assert.equal(asShown(stdout + stderr).trimEnd(), output.trimEnd());
  });
