// Checks that the library's arrows point downwards: a room may use rooms of its own floor and of those below, never of one above.
// Below the hosts' floor it also refuses what only a host may do: std, clocks, randomness.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./lib/root.mjs";

/** From the ground up. A floor may have landings, of which the later may use the earlier but not the other way round. */
const floors = [
  {
    name: "ground",
    landings: [["error", "facts", "plan", "time", "http", "url", "json", "text", "record", "template", "secret", "config"]],
  },
  { name: "floor 1", landings: [["jose"], ["grant", "credential"]] },
  { name: "floor 2", landings: [["token", "user"]] },
  { name: "floor 3", landings: [["session", "verify", "login", "service"]] },
  { name: "floor 4", landings: [["js", "fetch", "wasi", "crypto"]] },
];

const hosts = floors.at(-1).name;
const rooms = new Map();
for (const { name: floor, landings } of floors) {
  for (const landing of landings) {
    const height = new Set([...rooms.values()].map((room) => room.height)).size;
    for (const room of landing) rooms.set(room, { floor, height });
  }
}

/** What has no place below the hosts. */
const hostOnly = /\b(?:std::|extern crate std\b|Instant\b|SystemTime\b|Date::now\b|getrandom\b)/g;

/** The complaints about a tree, given as [path below src, text] pairs. */
export function complaints(files) {
  const found = [];
  for (const [path, text] of files) {
    const [name] = path.replace(/\.rs$/, "").split("/");
    // The table of contents names every room and does nothing.
    if (name === "lib") continue;
    const room = rooms.get(name);
    const complain = (index, message) => found.push(`src/${path}:${text.slice(0, index).split("\n").length}: ${message}`);
    if (!room) {
      complain(0, `${name} is missing from the table in scripts/floors.mjs: which floor is it on?`);
      continue;
    }
    const code = withoutText(text);
    for (const { index, target } of arrows(code, path)) {
      const other = rooms.get(target);
      if (!other) complain(index, `crate::${target} is no room; name the room that it comes from`);
      else if (other.height > room.height) complain(index, `${name} (${room.floor}) must not use ${target} (${other.floor})`);
    }
    if (room.floor === hosts) continue;
    for (const { index, 0: word } of withoutTests(code).matchAll(hostOnly)) complain(index, `${word} is for ${hosts} only`);
  }
  return found;
}

/** The code with comments and literals blanked out; line numbers stay as they are. */
function withoutText(text) {
  const literal = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\bb?r(#*)"[\s\S]*?"\1|"(?:\\[\s\S]|[^"\\])*"|'(?:\\.[^']*|[^\\'])'/g;
  return text.replace(literal, blank);
}

/** Unit tests run on a host and may use what it has; their arrows count all the same. */
function withoutTests(code) {
  const opening = /#\[cfg\(test\)\]\s*mod\s+\w+\s*\{/g;
  let rest = code;
  for (const { index, 0: head } of code.matchAll(opening)) {
    const end = closing(code, index + head.length);
    rest = rest.slice(0, index) + blank(code.slice(index, end)) + rest.slice(end);
  }
  return rest;
}

const blank = (text) => text.replace(/[^\n]/g, " ");

/** Where the brace that stands open at `start` is closed. */
function closing(code, start) {
  let at = start;
  for (let open = 1; at < code.length; at++) {
    if (code[at] === "{") open++;
    if (code[at] === "}" && --open === 0) break;
  }
  return at;
}

/** Every first step of a path from the crate's root: crate::room, crate::{room, room::item}, and super:: as often as it takes to get there. */
function arrows(code, path) {
  const found = [];
  const depth = path.replace(/(^|\/)mod\.rs$/, "").split("/").length;
  for (const match of code.matchAll(/\b(?:\$?crate|super(?:::super)*)::/g)) {
    const fromRoot = match[0].includes("crate") || match[0].split("super").length - 1 >= depth;
    const start = match.index + match[0].length;
    for (const target of fromRoot ? firstNames(code, start) : []) {
      // In a nested `mod tests`, `super` is the room itself: there, only names of rooms are arrows.
      if (match[0].includes("crate") || rooms.has(target)) found.push({ index: match.index, target });
    }
  }
  return found;
}

function firstNames(code, start) {
  const name = /^\s*(\w+)/;
  if (code[start] !== "{") return name.exec(code.slice(start))?.slice(1, 2) ?? [];
  const group = code.slice(start + 1, closing(code, start + 1));
  // What is nested in a part belongs to the room that the part begins with.
  const parts = group.replace(/\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, "").split(",");
  return parts.flatMap((part) => name.exec(part)?.slice(1, 2) ?? []);
}

function readTree(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".rs"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(folder, path).replaceAll("\\", "/"), readFileSync(path, "utf8")]);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = readTree(join(root, "src"));
  const found = complaints(files);
  for (const complaint of found) console.error(complaint);
  if (found.length === 0) console.log(`${files.length} files, every arrow points downwards`);
  else process.exitCode = 1;
}
