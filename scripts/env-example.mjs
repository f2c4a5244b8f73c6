// Writes .env.example from the table of settings, or with --check says whether it is as it has to be.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PREFIX, SETTINGS } from "../pkg/cli/serve/settings.js";
import { fail, root } from "./lib/root.mjs";

const path = join(root, ".env.example");

/** Every setting with its default, and what it is for. Nothing in it is a secret. */
export function envExample() {
  const head = "# Settings of the token service, with their defaults: copy this file to .env, and change what has to be another.\n";
  const blocks = SETTINGS.map(({ name, usual, help, secret }) => {
    const lines = help.split("\n").map((line) => `# ${line}\n`);
    const file = secret ? `# Or the name of a file that holds it: ${PREFIX}${name}_FILE\n` : "";
    return `\n${lines.join("")}${file}${usual === undefined ? "# " : ""}${PREFIX}${name}=${usual ?? ""}\n`;
  });
  return head + blocks.join("");
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes("--write")) writeFileSync(path, envExample());
  else if (readFileSync(path, "utf8") !== envExample())
    fail(".env.example is not as the settings are: node scripts/env-example.mjs --write");
}
