// cloud-run-auth verify: whether an ID token is good, and what it says.
import { createIdTokenVerifier } from "../../runtime/verify-node.js";
import { usage } from "../failure.js";
import { readInput } from "../input.js";

/** @type {import("../commands.js").About} */
export const about = {
  usage: "TOKEN [flags]",
  text: `Verifies an ID token by the keys that its issuer publishes, and prints its claims as JSON. TOKEN is the
token, or - to read it from standard input, so that no list of processes shows it.`,
  operands: ["TOKEN"],
  flags: {
    audience: { value: "URL", help: "whom it has to be for; default: anybody" },
    issuer: { value: "URL", help: "who has to have issued it, or iap; default: Google" },
    json: { help: "errors are JSON, too" },
  },
  examples: [
    "cloud-run-auth verify - --audience https://orders-abc.a.run.app < token.txt",
    "cloud-run-auth verify - --issuer https://token.actions.githubusercontent.com < token.txt",
  ],
};

/** @type {import("../commands.js").Command["run"]} */
export async function run({ audience, issuer }, [given]) {
  if (issuer !== undefined && !/^(google|iap)$|^https:\/\/|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(issuer))
    throw usage("--issuer is no https URL. Give it as the token's iss has it.");
  const token = given === "-" ? await readInput() : given;
  const verifier = createIdTokenVerifier({ audience: audience ?? ownAudience(token), issuer });
  const { claims } = await verifier.verify(token);
  process.stdout.write(`${JSON.stringify(claims, null, 2)}\n`);
}

/** Whom a token says it is for. Where it says nothing that could be held against it, it is not good anyhow. @param {string} token */
function ownAudience(token) {
  try {
    const { aud } = JSON.parse(Buffer.from(token.split(".", 2)[1], "base64url").toString());
    const [audience] = [aud].flat();
    if (typeof audience === "string" && /^[!-~]+$/.test(audience)) return audience;
  } catch {
    // What it is not, the verifier says.
  }
  return "anybody";
}
