// cloud-run-auth call: one request with a token, with flags as curl has them.
import { createSession, customFetch } from "../../runtime/node.js";
import { readBody } from "../call/body.js";
import { readHeaders } from "../call/headers.js";
import { print } from "../call/print.js";
import { traced } from "../call/trace.js";
import { readScopes, readWhose, WHOSE } from "../credential.js";
import { EXIT, explain, Failure, usage } from "../failure.js";
import { readService } from "../service.js";
import { printable } from "../terminal.js";

/** @type {import("../commands.js").About} */
export const about = {
  usage: "URL [flags]",
  text: `Calls a service with a token, and prints what it answers. Redirects are followed within the service's
origin, and else printed as they are. Data that is sent makes it a POST.`,
  operands: ["URL"],
  flags: {
    request: { short: "X", value: "METHOD", help: "the method; default: GET" },
    header: {
      short: "H",
      value: "LINE",
      multiple: true,
      help: "a header, as 'Name: value'; @FILE reads lines of them from a file. With\nAuthorization of your own the token goes to X-Serverless-Authorization",
    },
    data: {
      short: "d",
      value: "DATA",
      multiple: true,
      verbatim: true,
      help: "data of a form; @FILE reads a file, @- standard input, without its line breaks",
    },
    "data-binary": { value: "DATA", multiple: true, verbatim: true, help: "the same, byte by byte" },
    "data-raw": { value: "DATA", multiple: true, verbatim: true, help: "the same, with no meaning in an @" },
    json: { value: "DATA", multiple: true, verbatim: true, help: "as --data-binary, and says that it is JSON" },
    output: { short: "o", value: "FILE", help: "write the body to a file; default: standard output" },
    include: { short: "i", help: "print the answer's status and headers, too" },
    silent: { short: "s", help: "print no errors" },
    "show-error": { short: "S", help: "print them all the same" },
    verbose: { short: "v", help: "tell on standard error what is sent and answered, without tokens" },
    fail: { short: "f", help: "end with exit code 22, and print no body, at a status of 400 or more" },
    "max-time": { value: "SECONDS", help: "how long all of it may take; default: two minutes until the answer's headers" },
    location: { short: "L", help: "refused: the token would go to wherever a redirect leads" },
    audience: { value: "URL", help: "whom the ID token is for; default: the URL's origin" },
    scopes: { value: "LIST", help: "call with an access token for these scopes, as Google's APIs want it" },
    ...WHOSE,
  },
  examples: [
    "cloud-run-auth call https://orders-abc.a.run.app/orders",
    `cloud-run-auth call https://orders-abc.a.run.app/orders --json '{"item":"tea"}'`,
    "cloud-run-auth call https://orders.example.com/export -o export.csv -f --audience https://orders-abc.a.run.app",
    "cloud-run-auth call https://www.googleapis.com/oauth2/v3/userinfo --scopes openid,email -u user.json",
  ],
};

/** @type {import("../commands.js").Command["run"]} */
export async function run(values, [given], flags) {
  try {
    return await call(values, given, flags);
  } catch (thrown) {
    const { code, message, exit } = explain(thrown);
    throw new Failure(code, values.silent && !values["show-error"] ? "" : message, exit);
  }
}

/**
 * @param {import("../commands.js").Values} values
 * @param {string} given
 * @param {[flag: string, value: any][]} flags
 */
async function call(values, given, flags) {
  const { audience, scopes, verbose } = values;
  if (values.location)
    throw usage(
      "-L is refused: a token must not leave the origin that it is for. Redirects within it are followed anyhow; call the URL where another leads.",
    );
  if (audience && scopes) throw usage("give --audience or --scopes, not both.");
  const url = readService(given);
  const { body, headers: usual } = await readBody(flags);
  const method = values.request ?? (body === undefined ? "GET" : "POST");
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(method) || /^(connect|trace|track)$/i.test(method))
    throw usage("-X names no method that can be sent.");
  if (body !== undefined && /^(get|head)$/i.test(method)) throw usage(`a ${method.toUpperCase()} takes no data: leave it out, or -X.`);
  const headers = await readHeaders({ accept: "*/*", "accept-encoding": "identity", ...usual }, values.header ?? []);
  const seconds = values["max-time"];
  if (seconds !== undefined && !(Number(seconds) > 0 && Number(seconds) <= 2_000_000)) throw usage("--max-time is no number of seconds.");
  const signal = seconds === undefined ? undefined : AbortSignal.timeout(Math.ceil(Number(seconds) * 1000));
  const trace = traced();
  const session = createSession(url.origin, {
    credential: await readWhose(values),
    ...(audience && { audience }),
    ...(scopes && { scopes: readScopes(scopes) }),
    ...(seconds !== undefined && { timeout: false }),
    userAgent: "cloud-run-auth",
    ...(verbose && { [customFetch]: trace.fetch }),
  });
  // What is sent for the token is told of in one line each.
  await session.authorizationHeaders({ signal });
  trace.whole = true;
  const response = await session.fetch(url, { method, headers, body, signal });
  if (values.fail && response.status >= 400) {
    await response.body?.cancel();
    throw new Failure("http_status", told(response), EXIT.http);
  }
  await print(response, values);
}

/** @param {Response} response */
function told({ status, statusText }) {
  const hint =
    { 401: "Its audience may be another one: give it by --audience.", 403: "Whose token it is may lack the role roles/run.invoker." }[
      status
    ] ?? "";
  return `the service answered ${printable(`${status} ${statusText}`.trim())}. ${hint}`.trim();
}
