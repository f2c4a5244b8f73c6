// A token endpoint that counts: tokens live for six seconds, and who asks for one too early is noted.
import { createServer } from "node:http";

/** Seconds. A refresh that is early has 1/32 of it for its request: with less time than this, a busy machine would be too late. */
const LIFE = 6;
/** No sooner than this after a token was given is another one of the same key needed: the early refresh begins then. */
const USED_FOR = LIFE * 1000 * 0.75;

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export async function startGoogle() {
  /** For each key, the times at which a token was needed, and the exchanges made for each. @type {Map<string, { since: number, exchanges: number }[]>} */
  const needs = new Map();
  const google = { url: "", delay: 0, exchanges: 0, needs };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const assertion = new URLSearchParams(text).get("assertion");
    const { target_audience, scope } = JSON.parse(Buffer.from(assertion.split(".")[1], "base64url"));
    const key = target_audience ?? scope;
    const now = Date.now();
    google.exchanges += 1;
    const known = needs.get(key) ?? [];
    needs.set(key, known);
    if (known.length > 0 && now - known.at(-1).since < USED_FOR) known.at(-1).exchanges += 1;
    else known.push({ since: now, exchanges: 1 });
    const iat = Math.floor(now / 1000);
    const token = `${base64({ alg: "RS256" })}.${base64({ aud: key, iat, exp: iat + LIFE, n: google.exchanges })}.c2ln`;
    const answer = target_audience ? { id_token: token } : { access_token: token, expires_in: LIFE, token_type: "Bearer" };
    const end = () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    if (google.delay > 0) setTimeout(end, google.delay);
    else end();
  });
  server.keepAliveTimeout = 600_000;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  google.url = `http://127.0.0.1:${server.address().port}`;
  google.close = () => (server.close(), server.closeAllConnections());
  return google;
}

/**
 * How often a token was needed, and the exchanges beyond one for each need and one for each leader that was lost over it.
 *
 * @param {Map<string, { since: number, exchanges: number }[]>} needs
 * @param {[key: string, at: number][]} lost
 */
export function judgeExchanges(needs, lost) {
  let [count, surplus] = [0, 0];
  for (const [key, times] of needs) {
    for (const [index, { since, exchanges }] of times.entries()) {
      const until = times[index + 1]?.since ?? Infinity;
      // One may die over a request that is still on its way.
      const gone = lost.filter(([of, at]) => of === key && at >= since - 1000 && at < until).length;
      count += 1;
      surplus += Math.max(0, exchanges - 1 - gone);
    }
  }
  return { count, surplus };
}
