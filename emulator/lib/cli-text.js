/** @typedef {import("../index.js").LogEntry} LogEntry */

export const HELP = `Usage: cloud-run-auth-emulator [options]

Runs a local stand-in for Google: its token endpoints and published keys, and private Cloud Run services.

Options:
  --port PORT                 listen here on 127.0.0.1; 0 takes any free port (default: 8085)
  --service NAME[=AUDIENCE]   a private service at /run/NAME, and one more audience it accepts;
                              may be repeated (default: hello)
  --key-file PATH             write a fresh service-account key here, for its owner's eyes only (mode 0600)
  --token-uri URL             what the key file says for token_uri (default: Google's own)
  --quiet                     print the emulator's URL and nothing else
  -h, --help                  print this

Examples:
  cloud-run-auth-emulator --key-file key.json
  cloud-run-auth-emulator --port 0 --quiet --service api --service images=https://images.example
  cloud-run-auth-emulator --key-file key.json --token-uri http://127.0.0.1:8085/token
`;

/**
 * @param {{ url: string, services: string[], keyFile?: string }} running
 */
export function introduction({ url, services, keyFile }) {
  const credentials = keyFile ?? "PATH    # --key-file PATH writes one";
  return `A stand-in for Google is at ${url}

Private services:
${services.map((name) => `  ${url}/run/${name}`).join("\n")}

Point cloud-run-auth at it:
  export CLOUD_RUN_AUTH_EMULATOR=${url}
  export GOOGLE_APPLICATION_CREDENTIALS=${credentials}

Stop it with Ctrl+C. Requests:
`;
}

/**
 * One request on one line.
 *
 * @param {LogEntry} entry
 * @param {boolean} colour
 */
export function requestLine({ time, method, path, query, status, outcome, token, sts, iam, api, service }, colour) {
  const target = query ? `${path}?${query}` : path;
  const words = [method, target];
  if (outcome !== "ok") words.push(`- ${outcome}`);
  if (token?.kind) words.push(`(${token.issuer ?? token.subject ?? token.client} asks for ${token.audience ?? token.scope ?? "a token"})`);
  const caller = sts?.principal ?? iam?.caller ?? api?.caller;
  if (caller) words.push(`(${caller})`);
  if (service?.caller) words.push(`(${service.caller})`);
  const clock = new Date(time).toISOString().slice(11, 19);
  const code = String(status ?? "---");
  return `${clock} ${colour ? paint(code, status) : code} ${printable(words.join(" "))}`;
}

/**
 * What came over the network must not steer a terminal.
 *
 * @param {string} text
 */
function printable(text) {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

/**
 * @param {string} text
 * @param {number | null} status
 */
function paint(text, status) {
  const colour = status === null || status >= 500 ? 31 : status >= 400 ? 33 : 32;
  return `\x1b[${colour}m${text}\x1b[0m`;
}
