// The documentation's table of credentials, out of what the cases run: `node tests/runtime/kinds-table.mjs --write` puts it into README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { kinds, lacking } from "./client/kinds.js";

const readme = new URL("../../README.md", import.meta.url);
const runtimes = Object.keys(lacking);
const heading = ["credential", "ID tokens", "access tokens", ...runtimes, "also takes"];

/** A row for each kind, a column for each runtime. */
export function table() {
  const rows = kinds.map(({ name, idToken, accessToken, needs, also = "" }) => [
    name,
    idToken,
    accessToken,
    ...runtimes.map((runtime) => (needs.some((need) => lacking[runtime].includes(need)) ? "–" : "yes")),
    also,
  ]);
  return [heading, heading.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |")).join("\n");
}

/** The table that README.md holds. */
export function written() {
  const lines = readFileSync(readme, "utf8").split("\n");
  const from = lines.findIndex((line) => line.startsWith("| credential |"));
  const to = lines.findIndex((line, index) => index > from && !line.startsWith("|"));
  return { lines, from, to };
}

if (process.argv.includes("--write")) {
  const { lines, from, to } = written();
  if (from < 0) throw new Error("README.md has no table that begins with | credential |");
  lines.splice(from, to - from, table());
  writeFileSync(readme, lines.join("\n"));
} else if (process.argv[1] === new URL(import.meta.url).pathname) console.log(table());
