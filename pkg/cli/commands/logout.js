// cloud-run-auth logout: ends what a user granted.
import { AuthError } from "../../errors.js";
import { usage } from "../failure.js";
import { post, refused } from "../login/google.js";
import { change, left, read } from "../login/record.js";
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
  const place = await openUser(user);
  const { record } = await read(place);
  if (!record) throw new AuthError("login_required", `there is no ${place.shown}: nobody is logged in.`);
  const token = [record.refresh_token, record.token, record.access_token].find((one) => typeof one === "string" && one);
  if (token) {
    const said = await post("/revoke", { token });
    // RFC 7009, section 2.2: a token that is not known is revoked.
    if (said.status === 429 || said.status >= 500) throw refused(said);
  }
  await change(place, left);
  process.stderr.write(token ? `Logged out. ${place.shown} holds no token any more.\n` : `${place.shown} held no token.\n`);
}
