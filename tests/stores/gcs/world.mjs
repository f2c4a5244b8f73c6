// The emulator with a bucket and whoever may use it, over a socket.
import { createEmulator } from "../../../emulator/index.js";
import { serve } from "../../../emulator/node.js";

export const bytes = (text) => new TextEncoder().encode(text);
export const text = (value) => new TextDecoder().decode(value);

/** Making a key takes a good part of a second. */
let shared;
let credential;

/**
 * An empty bucket without a limit of writes, and the options of a store in it.
 *
 * @param {import("node:test").TestContext} t
 * @param {object} [more]
 * @param {(request: Request) => void} [more.before] What is done with each request before it is answered
 * @param {boolean} [more.fresh] An emulator that no other test has used: its generations are the time, and not just ahead of all others
 */
export async function open(t, { before = () => {}, fresh = false } = {}) {
  shared ??= createEmulator();
  credential ??= await shared.createServiceAccountKey();
  const emulator = fresh ? createEmulator() : shared;
  if (fresh) await emulator.addServiceAccount(credential);
  emulator.reset();
  emulator.addBucket("tokens", { limitWrites: false });
  const served = {
    fetch(request, context) {
      before(request);
      return emulator.fetch(request, context);
    },
  };
  const server = await serve(served);
  emulator.origin = server.url;
  t.after(async () => {
    emulator.origin = undefined;
    await server.close();
  });
  const options = { bucket: "tokens", credential, endpoints: server.url };
  return { emulator, url: server.url, credential, options, requests: () => emulator.log.filter(({ endpoint }) => endpoint === "storage") };
}

/** What a promise rejects with. */
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
