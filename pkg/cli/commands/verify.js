// cloud-run-auth verify: whether an ID token is good, and what it says.
import { usage } from "../failure.js";
import { verified } from "../verify/token.js";

/** @type {import("../commands.js").About} */
export const about = {
  usage: "TOKEN [flags]",
  text: `Verifies an ID token by the keys that its issuer publishes, and prints its claims as JSON. TOKEN is the
token, or - to read it from standard input, so that no list of processes shows it.`,
  operands: ["TOKEN"],
  flags: {
    audience: { value: "URL", help: "whom it has to be for; default: anybody" },
    issuer: { value: "URL", help: "who has to have issued it; default: Google" },
    json: { help: "errors are JSON, too" },
  },
  examples: [
    "cloud-run-auth verify - --audience https://orders-abc.a.run.app < token.txt",
    "cloud-run-auth verify - --issuer https://token.actions.githubusercontent.com < token.txt",
  ],
};

/** @type {import("../commands.js").Command["run"]} */
export async function run({ audience, issuer }, [given]) {
  if (issuer !== undefined && !/^https:\/\/|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(issuer))
    throw usage("--issuer is no https URL. Give it as the token's iss has it.");
  const claims = await verified(given === "-" ? await readInput() : given, { audience, issuer });
  process.stdout.write(`${JSON.stringify(claims, null, 2)}\n`);
}

async function readInput() {
  let text = "";
  for await (const part of process.stdin.setEncoding("utf8")) text += part;
  return text.trim();
}
