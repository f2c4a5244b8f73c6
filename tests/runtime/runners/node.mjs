// Node, by import.
import * as lib from "cloud-run-auth";
import { runHere } from "../client/local.js";
import { nodeRuntime } from "./node-runtime.mjs";

await runHere(lib, nodeRuntime(), JSON.parse(process.argv[2]));
