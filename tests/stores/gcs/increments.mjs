// One of several processes that count up in one record: node increments.mjs '{"options": {…}, "key": "…", "me": "…", "times": n}'.
// Of each process the record holds the last number, so that one whose answer was lost can tell whether it took place.
import { gcsStore } from "../../../pkg/stores/gcs.js";

const { options, key, me, times } = JSON.parse(process.argv[2]);
const store = gcsStore(options);
const seen = { conflicts: 0, lost: 0, found: 0 };

for (let mine = 1; mine <= times;) {
  const record = await store.read(key);
  const value = record ? JSON.parse(new TextDecoder().decode(record.value)) : { count: 0, last: {} };
  if (value.last[me] === mine) {
    // The write whose answer was lost.
    seen.found += 1;
    mine += 1;
    continue;
  }
  if ((value.last[me] ?? 0) !== mine - 1) throw new Error(`${me} wrote ${mine - 1} and finds ${value.last[me]}`);
  const next = { count: value.count + 1, last: { ...value.last, [me]: mine } };
  try {
    const written = await store.write(key, new TextEncoder().encode(JSON.stringify(next)), record?.version ?? null);
    if (written === "conflict") seen.conflicts += 1;
    else mine += 1;
  } catch (error) {
    if (!error.transient) throw error;
    seen.lost += 1;
  }
}
console.log(JSON.stringify(seen));
