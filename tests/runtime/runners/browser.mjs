// Chromium: a page on this machine that loads the package unbundled, by an import map, and runs case by case.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { matches, suite, whyNot } from "../client/suite.js";
import { openPage } from "./chromium-page.mjs";

const { lab, grep, executable } = JSON.parse(process.argv[2]);
const root = fileURLToPath(new URL("../../", import.meta.url));
const html = `<!doctype html><meta charset="utf-8"><title>tests</title>
<script type="importmap">${JSON.stringify({ imports: await doors() })}</script>
<script type="module" src="/runtime/runners/browser-page.js"></script>`;

/** The files that a browser gets for the package's names. */
async function doors() {
  const { exports } = JSON.parse(await readFile(join(root, "node_modules/cloud-run-auth/package.json"), "utf8"));
  const modules = Object.entries(exports).filter(([, file]) => file.default);
  return Object.fromEntries(
    modules.map(([name, file]) => [`cloud-run-auth${name.slice(1)}`, `/node_modules/cloud-run-auth/${file.browser ?? file.default}`]),
  );
}

const { page, close } = await openPage({ executable, root, html, ready: "runCase" });
try {
  const lacks = await page.evaluate(() => window.lacks);
  for (const each of suite) {
    if (!matches(each, grep)) continue;
    const { id, group, name } = each;
    const reason = whyNot(each, { lacks });
    const result = reason
      ? { group, name, outcome: "not applicable", message: reason }
      : await page.evaluate(([id, lab]) => window.runCase(id, lab), [id, lab]);
    console.log(JSON.stringify(result));
  }
  for (const result of await page.evaluate(() => window.leftovers())) console.log(JSON.stringify(result));
} finally {
  await close();
}
