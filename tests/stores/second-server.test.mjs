// The emulator's Cloud Storage beside one that other people wrote: the same requests, and the same answers but for the differences
// that the table gives a reason for.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { essence, rows } from "./second-server/requests.mjs";
import { emulator, fakeGcsServer } from "./second-server/servers.mjs";

const program = process.env.FAKE_GCS_SERVER ?? "";
const skip = existsSync(program) ? false : "FAKE_GCS_SERVER names no fake-gcs-server: run make setup, then . scripts/env";

/** Ours and theirs, and what each knows by which name. @type {{ server: import("./second-server/servers.mjs").Server, known: Record<string, string> }[]} */
const both = [];

before(async () => {
  if (skip) return;
  both.push({ server: await emulator(), known: {} });
  both.push({ server: await fakeGcsServer(program), known: {} });
});
after(() => Promise.all(both.map(({ server }) => server.close())));

// One after the other: later requests find what earlier ones stored.
for (const { name, ask, as, is, differs } of rows) {
  test(differs ? `${name} (differs: ${differs.why})` : name, { skip }, async () => {
    const [ours, theirs] = await Promise.all(
      both.map(async ({ server, known }) => {
        const { seen, generation } = await essence(await server.send(...ask(known)));
        if (as) {
          assert.match(String(generation), /^\d+$/, "a generation");
          // None comes again, and each is higher than the last one.
          for (const [other, earlier] of Object.entries(known)) assert.ok(BigInt(generation) > BigInt(earlier), `after ${other}`);
          known[as] = generation;
        }
        if (is) assert.equal(generation, known[is], `the ${is} one`);
        return seen;
      }),
    );
    if (!differs) return assert.deepEqual(ours, theirs, "ours, and theirs");
    const part = (seen, wanted) => Object.fromEntries(Object.keys(wanted).map((key) => [key, seen[key]]));
    assert.deepEqual(part(ours, differs.ours), differs.ours, "ours");
    assert.deepEqual(part(theirs, differs.theirs), differs.theirs, "theirs: if it has come to agree, say so in the table");
  });
}
