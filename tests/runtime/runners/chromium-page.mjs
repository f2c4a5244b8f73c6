// A page in a headless Chromium, and the server on this machine that it comes from.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";

const types = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

const args = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  // A name of this machine that browsers do not take for this machine's: its pages have come by plain http.
  "--host-resolver-rules=MAP insecure.test 127.0.0.1",
];

/**
 * Opens a page whose scripts lie in `root`, and waits until one of them has set `window[ready]`.
 *
 * @param {{ executable: string, root: string, html?: string, ready: string, host?: string }} options html: the page, in place of index.html;
 *   host: `insecure.test` for a page without WebCrypto
 */
export async function openPage({ executable, root, html, ready, host = "127.0.0.1" }) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://127.0.0.1");
    if (pathname === "/" && html) return void response.writeHead(200, { "content-type": "text/html" }).end(html);
    const path = join(root, normalize(pathname === "/" ? "/index.html" : pathname));
    const body = await readFile(path).catch(() => undefined);
    if (!body) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Playwright gives it a fresh profile and removes that afterwards.
  const browser = await chromium.launch({ executablePath: executable, headless: true, args });
  const close = async () => {
    await browser.close();
    server.close();
    server.closeAllConnections();
  };
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("requestfailed", (request) => errors.push(`${request.url()}: ${request.failure()?.errorText}`));
    await page.goto(`http://${host}:${server.address().port}/`);
    await page
      .waitForFunction((name) => window[name], ready, { timeout: 20_000 })
      .catch((error) => {
        throw new Error(`the page did not get ready: ${errors.join("; ") || error.message}`);
      });
    return { page, close };
  } catch (error) {
    await close();
    throw error;
  }
}
