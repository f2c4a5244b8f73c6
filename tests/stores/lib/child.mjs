// A process that works with a store: `kit SPEC`, `increment SPEC KEY TIMES`, or `count SPEC KEY`. Prints its results as JSON. Runs on Node and on Deno.
import process from "node:process";
import { checkStore, increment } from "../../../pkg/stores/kit.js";
import { openStore } from "./open.mjs";

const [act, spec, key, times] = process.argv.slice(2);
const opened = [];
async function open() {
  const one = await openStore(spec);
  opened.push(one);
  return one.store;
}
if (act === "kit") console.log(JSON.stringify(await checkStore(open)));
else if (act === "count") {
  const { value } = await (await open()).read(key);
  console.log(new TextDecoder().decode(value));
} else {
  const store = await open();
  let conflicts = 0;
  const counted = {
    read: (name) => store.read(name),
    async write(...args) {
      const written = await store.write(...args);
      if (written === "conflict") conflicts += 1;
      return written;
    },
  };
  await increment(counted, key, Number(times));
  console.log(JSON.stringify({ conflicts }));
}
for (const { close } of opened) await close();
