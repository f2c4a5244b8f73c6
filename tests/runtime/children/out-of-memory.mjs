// The module with a maximum on its memory: a credential that does not fit makes its allocator fail for real.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { given, optionsOf, outcome, report } from "./call.mjs";

let starts = 0;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...given) {
    super(...given);
    if ("room" in this.exports) starts += 1;
  }
};
const { createSession, init } = await import("cloud-run-auth/slim");
const bytes = readFileSync(fileURLToPath(import.meta.resolve("cloud-run-auth/core.wasm")));
const pages = 64;
init(withMaximum(bytes, pages));

/** The module with `maximum` pages in its memory section (WebAssembly core specification, section 5.5.8). */
function withMaximum(module, maximum) {
  for (let at = 8; at < module.length;) {
    const id = module[at];
    const [size, body] = leb(module, at + 1);
    if (id !== 5) {
      at = body + size;
      continue;
    }
    const [, flags] = leb(module, body);
    const [minimum] = leb(module, flags + 1);
    const section = [1, 1, ...toLeb(minimum), ...toLeb(maximum)];
    return Buffer.concat([module.subarray(0, at), Buffer.from([5, section.length, ...section]), module.subarray(body + size)]);
  }
  throw new Error("the module has no memory of its own");
}

function leb(bytes, at) {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = bytes[at++];
    value |= (byte & 127) << shift;
    shift += 7;
    if (byte < 128) return [value, at];
  }
}

function toLeb(value) {
  const out = [];
  for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
  return [...out, value];
}

const session = createSession(given.base, optionsOf(given));
await outcome(() => session.get("/warm"));
const before = starts;
const credential = JSON.stringify({ ...given.credential, padding: "x".repeat((pages + 8) * 65_536) });
const big = await outcome(() => createSession(given.base, { ...optionsOf(given), credential }).get("/x"));
report({ big, trapped: starts > before, next: await outcome(() => session.get("/next")) });
