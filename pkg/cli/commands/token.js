// cloud-run-auth token: a token, for whoever wants to send it along himself.
import { within } from "../../deadline.js";
import { acquire, USUAL } from "../../driver.js";
import { bare, readOptions, sorted } from "../../options.js";
import { readScopes, readWhose, WHOSE } from "../credential.js";
import { usage } from "../failure.js";

/** @type {import("../commands.js").About} */
export const about = {
  usage: "(--audience URL | --scopes LIST) [flags]",
  text: `Prints an ID token or an access token, and nothing else; on a terminal with a line break.`,
  operands: [],
  flags: {
    audience: { value: "URL", help: "an ID token for this audience: the service's URL, or its custom audience" },
    scopes: { value: "LIST", help: "an access token for these scopes, with commas between them" },
    ...WHOSE,
    json: { help: "print { token, expiresAt, kind }; expiresAt in milliseconds since 1970. Errors are JSON, too" },
  },
  examples: [
    "cloud-run-auth token --audience https://orders-abc.a.run.app",
    "cloud-run-auth token --scopes https://www.googleapis.com/auth/devstorage.read_only --credential key.json",
    "cloud-run-auth token --scopes openid,email -u user.json --json",
  ],
};

/** @param {import("../commands.js").Values} values */
export async function run(values) {
  const { audience, scopes, json } = values;
  if (!audience === !scopes)
    throw usage("give --audience URL for an ID token, or --scopes LIST for an access token: what is called says which of them it takes.");
  const options = { credential: await readWhose(values), audience, scopes: scopes && readScopes(scopes) };
  // A session says when no token of its own ends.
  const config = readOptions("https://localhost", bare("options", options));
  /** @type {import("../../driver.js").Target} */
  const target = config.scopes ? [true, sorted(config.scopes)] : [false, audience];
  const { token, expiresAt } = await within(config.timeout, undefined, (signal, ends) => acquire(config, target, USUAL, ends, signal));
  const kind = scopes ? "access_token" : "id_token";
  const told = json ? `${JSON.stringify({ token, expiresAt: expiryOf(token) ?? expiresAt, kind })}\n` : token;
  process.stdout.write(process.stdout.isTTY && !json ? `${told}\n` : told);
}

/** What a token says of its own end (RFC 7519, section 4.1.4). Of others it is known how long they are used. @param {string} token */
function expiryOf(token) {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
    return Number.isFinite(exp) ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
