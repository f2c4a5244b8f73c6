// People who log in to the service with their browser: the pages of a login, below the service's own paths, and who it was.
import { AuthError } from "../errors.js";

/** Where who has logged in counts: whoever else wants something brings a token. */
const KNOWN_AT = ["GET /api/user", "HEAD /api/user", "POST /api/auth/login"];

/** @typedef {import("./direct.js").Came} Came */
/** @typedef {import("./direct.js").Answered} Answered */

/**
 * @param {import("../login.d.ts").Login} login
 * @param {string} issuer The service's URL
 */
export function webLogin(login, issuer) {
  const { origin, pathname } = new URL(issuer);
  const base = pathname.replace(/\/$/, "");
  /** @type {Record<string, (request: Request) => Promise<Response>>} */
  const pages = {
    // @ts-expect-error: it is the prototype, and no page.
    __proto__: null,
    "GET /api/auth/web/login": (request) => login.start(request),
    "GET /api/auth/web/callback": async (request) => (await login.callback(request)).response,
    "POST /api/auth/web/logout": (request) => login.logout(request, { revoke: false }),
  };

  /** @param {Came} came */
  const requestOf = ({ method, target, headers }) => new Request(origin + target, { method, headers });

  /** @param {Came} came */
  function placeOf({ method, target }) {
    const [path] = target.split("?");
    return path.startsWith(base) ? `${method} ${path.slice(base.length)}` : "";
  }

  return {
    /** The answer to a request that is the login's own; nothing where it is another. @param {Came} came @returns {Promise<Answered | undefined>} */
    async answer(came) {
      const page = pages[placeOf(came)];
      if (!page) return undefined;
      try {
        return await answered(await page(requestOf(came)));
      } catch (thrown) {
        if (!(thrown instanceof AuthError)) throw thrown;
        const { code, message, transient } = thrown;
        const body = JSON.stringify({ success: false, data: null, message, meta: { request_id: crypto.randomUUID(), code } });
        return { status: transient ? 503 : 400, headers: [["content-type", "application/json"], ["cache-control", "no-store"]], body }; // prettier-ignore
      }
    },

    /** The claims of whoever has logged in with this browser, where that counts. @param {Came} came @returns {Promise<object | undefined>} */
    async session(came) {
      const has = (/** @type {string} */ wanted) => came.headers.some(([name]) => name === wanted);
      if (!KNOWN_AT.includes(placeOf(came)) || has("authorization") || !has("cookie")) return undefined;
      return (await login.getUser(requestOf(came)))?.claims;
    },
  };
}

/** @param {Response} response @returns {Promise<Answered>} */
async function answered(response) {
  const { headers, status } = response;
  const told = /** @type {[string, string][]} */ ([...headers].filter(([name]) => name !== "set-cookie"));
  for (const cookie of headers.getSetCookie()) told.push(["set-cookie", cookie]);
  return { status, headers: told, body: await response.text() };
}
