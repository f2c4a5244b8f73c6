// Node, by import.
import * as lib from "../client/library.js";
import { runHere } from "../client/local.js";
import { nodeRuntime } from "./node-runtime.mjs";

await runHere(lib, nodeRuntime(), JSON.parse(process.argv[2]));
