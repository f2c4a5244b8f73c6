// cloud-run-auth logout: ends what a user granted.
import { decoder } from "../../core.js";
import { AuthError } from "../../errors.js";
import { createLogin } from "../../runtime/login-node.js";
import { Failure, usage } from "../failure.js";
import { openUser, USER } from "../users.js";

/** @type {import("../commands.js").About} */
export const about = {
  usage: "-u user.json",
  text: `Revokes what the user granted to the client, for every job that shares his token, and leaves a record
that says so. Later commands and jobs end with: log in.`,
  operands: [],
  flags: { ...USER },
  examples: ["cloud-run-auth logout -u user.json"],
};

/** @type {import("../commands.js").Command["run"]} */
export async function run({ "user-file": user }) {
  if (!user) throw usage("say whose: -u user.json.");
  const { store, user: name, shown } = await openUser(user);
  const stored = await store.read(name);
  if (!stored) throw new AuthError("login_required", `there is no ${shown}: nobody is logged in.`);
  const { client_id, client_secret, sub = "user", refresh_token, token, access_token } = readRecord(stored.value, shown);
  if (![refresh_token, token, access_token].some(Boolean)) return void process.stderr.write(`${shown} held no token.\n`);
  const client = { client_id, client_secret };
  const login = createLogin({ client, redirectUri: "http://127.0.0.1/", store, records: name });
  await login.revoke(sub);
  process.stderr.write(`Logged out. ${shown} holds no token any more.\n`);
}

/**
 * @param {Uint8Array} value
 * @param {string} shown
 * @returns {Record<string, any>}
 */
function readRecord(value, shown) {
  try {
    const record = JSON.parse(decoder.decode(value));
    if (typeof record.client_id === "string" && typeof record.client_secret === "string") return record;
  } catch {
    // Its own error would show what is in it.
  }
  throw new Failure("invalid_credential", `${shown} is no user's file: it names no OAuth client.`);
}
