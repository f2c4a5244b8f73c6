// The storms in one process of Node's, Deno's or Bun's; the argument is the package's door. The last line is the report.
import { runStorms } from "./storm.js";

const [door] = globalThis.Deno?.args ?? process.argv.slice(2);
const lib = await import(door);
console.log(JSON.stringify(await runStorms(lib, globalThis.Bun ? () => Bun.gc(true) : globalThis.gc)));
