// cloud-run-auth profile: who a user is, by what Google says.
import { createUserCredential, getProfile } from "../../runtime/user-node.js";
import { usage } from "../failure.js";
import { CLIENT, readClientFile } from "../login/client.js";
import { logIn, USUAL_SCOPES } from "../login/index.js";
import { openUser, USER } from "../users.js";

/** @type {import("../commands.js").About} */
export const about = {
  usage: "-u user.json [-c client.json] [flags]",
  text: `Prints a user's profile as JSON: what Google's userinfo endpoint says of him. His token is refreshed if
need be. Where there is no file of his yet, -c has him log in first, with a browser.`,
  operands: [],
  flags: {
    ...USER,
    ...CLIENT,
    json: { help: "print it in one line. Errors are JSON, too" },
  },
  examples: ["cloud-run-auth profile -u user.json", "cloud-run-auth profile -u user.json -c client.json"],
};

/** @type {import("../commands.js").Command["run"]} */
export async function run({ "user-file": user, client, json }) {
  if (!user) throw usage("say whose: -u user.json.");
  const place = await openUser(user);
  const given = client && (await readClientFile(client));
  if (given && !(await place.store.read(place.user))) await logIn({ client: given, place, scopes: USUAL_SCOPES });
  const credential = createUserCredential({ store: place.store, user: place.user, ...(given && { client: given.text }) });
  const { claims } = await getProfile(credential);
  process.stdout.write(`${JSON.stringify(claims, null, json ? 0 : 2)}\n`);
}
