// On Node and Bun, and on Deno, where the door has another name: verdicts on the cases of a file, as JSON.
import { readFileSync } from "node:fs";
import process from "node:process";

const [file, door] = process.argv.slice(2);
await import(`../../../pkg/runtime/signature-${door}.js`);
const { verdicts } = await import("./verifiers.js");
console.log(JSON.stringify(await verdicts(JSON.parse(readFileSync(file, "utf8")))));
