// Bun.
import * as lib from "../client/library.js";
import { runHere } from "../client/local.js";
import { nodeRuntime } from "./node-runtime.mjs";

const base = nodeRuntime();
const lacks = { ...base.lacks, processes: "memory, traps and handles are looked at in Node" };
await runHere(lib, { ...base, name: "bun", lacks, closes: false }, JSON.parse(process.argv[2]));
