// The slim door with the module handed in as bytes, and as a compiled module.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as slim from "cloud-run-auth/slim";

const { kind, base, ...options } = JSON.parse(process.argv[2]);
const early = await slim
  .createSession(base, options)
  .get("/x")
  .catch((error) => error.code ?? String(error));
const bytes = readFileSync(fileURLToPath(import.meta.resolve("cloud-run-auth/core.wasm")));
const { buffer, byteOffset, length } = bytes;
const kinds = {
  bytes: () => bytes,
  buffer: () => buffer.slice(byteOffset, byteOffset + length),
  module: () => new WebAssembly.Module(bytes),
  promise: () => WebAssembly.compile(bytes),
};
slim.init(kinds[kind]());
const response = await slim.createSession(base, options).get("/built");
console.log(JSON.stringify({ early, status: response.status, caller: (await response.json()).caller }));
