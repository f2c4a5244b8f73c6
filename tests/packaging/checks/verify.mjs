// Built pages that verify tokens: in one that did not come by https there is no WebCrypto, and what takes its place is loaded there alone.
import { generateKeyPairSync, sign } from "node:crypto";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium, why, within } from "../../runtime/programs.mjs";
import { openPage } from "../../runtime/runners/chromium-page.mjs";
import { Skipped, run } from "../process.mjs";

const AUDIENCE = "https://svc.example";

/** An issuer's keys; a token, and one with another's signature. */
function issue() {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const signed = (sub) => {
    const claims = { iss: "https://accounts.google.com", aud: AUDIENCE, sub, iat: now, exp: now + 600 };
    const input = `${encoded({ alg: "ES256", kid: "a", typ: "JWT" })}.${encoded(claims)}`;
    return `${input}.${sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  };
  const [good, other] = [signed("ada"), signed("eve")];
  const forged = `${good.slice(0, good.lastIndexOf("."))}${other.slice(other.lastIndexOf("."))}`;
  return { jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), alg: "ES256", kid: "a" }] }, tokens: [good, forged] };
}

async function inChromium(root) {
  const executable = chromium();
  if (!executable) throw new Skipped(why.chromium);
  const { jwks, tokens } = issue();
  const loaded = {};
  for (const [host, web] of [
    ["127.0.0.1", true],
    ["insecure.test", false],
  ]) {
    const { page, close } = await openPage({ executable, root, ready: "verified", host });
    try {
      const files = new Set();
      page.on("request", (request) => files.add(new URL(request.url()).pathname));
      const seen = await page.evaluate((given) => window.verified(...given), [AUDIENCE, jwks, tokens]);
      const expected = [web, "ada", "token_invalid"];
      if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error(`${host}: expected ${expected}, saw ${seen}`);
      loaded[host] = [...files].filter((file) => file.endsWith(".wasm"));
    } finally {
      await close();
    }
  }
  const [secure, insecure] = Object.values(loaded);
  if (secure.length !== 1 || insecure.length !== 2) throw new Error(`modules that were loaded: ${JSON.stringify(loaded)}`);
}

const vite = {
  name: "Vite: the build's page verifies tokens, with WebCrypto and without it",
  async check({ project }) {
    const place = await project("verify-vite");
    await run(process.execPath, [within("vite/bin/vite.js"), "build", "--logLevel", "warn"], { cwd: place });
    await inChromium(join(place, "dist"));
  },
};

const webpack = {
  name: "webpack: the build's page verifies tokens, with WebCrypto and without it",
  async check({ project }) {
    const place = await project("verify-webpack");
    const args = ["--mode", "production", "--entry", "./main.js", "--output-path", "dist"];
    await run(process.execPath, [within("webpack-cli/bin/cli.js"), "build", ...args], { cwd: place });
    await copyFile(join(place, "index.html"), join(place, "dist/index.html"));
    await inChromium(join(place, "dist"));
  },
};

export const verify = [vite, webpack];
