// The login of users in a browser, as fetch handlers. The core decides what is asked, believed and kept.
import { host } from "./core.js";
import { keepAmong, noted } from "./credential.js";
import { pause, within } from "./deadline.js";
import { base64url } from "./deeds.js";
import { drive } from "./drive.js";
import { AuthError } from "./errors.js";
import { bare, invalid, isObject, isString } from "./options.js";
import { getProfile, userOf } from "./profile.js";
import { createUserCredential } from "./user.js";
import { ask, ready } from "./login/core.js";
import { readLogin } from "./login/options.js";
import { deed } from "./user/deeds.js";
import { isWords } from "./user/options.js";

/** What a browser comes for, as the core counts it. */
const [ARRIVE, COMPLETE, LOOK, LEAVE, REVOKE, FORGET, DEVICE, POLL] = [0, 1, 2, 3, 4, 5, 6, 7];

/**
 * @typedef {object} Arrived
 * @property {string} location
 * @property {string[]} cookies
 * @property {import("./login.d.ts").User | undefined} user
 * @property {string} record
 * @property {string} flow
 * @property {string} device
 */

/**
 * @param {import("./login.d.ts").LoginOptions} options
 * @returns {import("./login.d.ts").Login}
 */
export function createLogin(options) {
  const { config, store, facts, client, provider, records, given } = readLogin(options);
  /** By user and scopes: sessions tell credentials apart by what they are. @type {Map<string, import("./user.d.ts").UserCredential>} */
  const credentials = new Map();

  /**
   * @param {number} purpose
   * @param {Record<string, string>} came
   * @returns {Promise<Arrived>}
   */
  async function visit(purpose, came) {
    await ready();
    const [random] = crypto.getRandomValues(new Uint32Array(1));
    const remembered = Object.entries({ ...came, secret: bits() })
      .map(noted)
      .join("");
    const fields = [purpose, 0, 0, 0, random, crypto.randomUUID(), "", "", "", "", remembered];
    const visited = within(config.timeout, undefined, async (limit) => {
      const signal = /** @type {AbortSignal} */ (limit ?? new AbortController().signal);
      const step = (/** @type {any[]} */ visit, /** @type {any[]} */ event) =>
        ask(["v", Date.now(), performance.now(), ...facts, ...visit, ...event]);
      return drive(fields, step, deed, { config, store, speed: 1, signal });
    });
    // A code is good for once: a browser that goes away in between does not take what came of it along.
    host.waitUntil?.(visited.catch(() => {}));
    const [location, cookies, , claims, record, flow, device] = await visited;
    const user = claims ? userOf(JSON.parse(claims)) : undefined;
    return { location, cookies: cookies ? cookies.split("\n") : [], user, record, flow, device };
  }

  /**
   * @param {import("./login.d.ts").BeginOptions} [asked]
   * @param {{ lenient?: string, cookies?: string }} [by] A path to return to that somebody wrote into a link, and the browser's cookies
   */
  async function begun(asked, { lenient = "", cookies = "" } = {}) {
    await ready();
    const { returnTo, scopes, loginHint, hd, prompt, user } = readBegin(asked);
    const strict = returnTo !== undefined;
    const [url, flow, told] = ask([
      ...["b", Date.now(), performance.now(), ...facts],
      ...[strict ? returnTo : lenient, strict, scopes, loginHint, hd, prompt, user, cookies, bits()],
    ]);
    return { url, flow, cookies: told.split("\n") };
  }

  /** @param {import("./login.d.ts").User} user @param {string} returnTo @param {string} record */
  const completed = (user, returnTo, record) => ({ user, returnTo, ...(store ? {} : { file: JSON.parse(record) }) });

  /** @type {import("./login.d.ts").Login} */
  const login = {
    async start(request, asked) {
      const { url, cookies } = headersOf(request);
      const lenient = new URL(url).searchParams.get("return_to") ?? "";
      const begin = await begun(asked, { lenient, cookies });
      return redirect(begin.url, begin.cookies);
    },

    async callback(request) {
      if (!store) throw invalid("callback needs the option store. Without one use begin and complete.");
      const { location, cookies, user } = await visit(ARRIVE, headersOf(request));
      // Without a user it is the provider's URL: it has to ask once more.
      return { response: redirect(location, cookies), user, returnTo: user && location };
    },

    async begin(asked) {
      const { url, flow } = await begun(asked);
      return { url, flow };
    },

    async complete(url, flow) {
      if (!(isString(url) || url instanceof URL)) throw invalid("the URL that the browser came back to is no text.");
      if (!isString(flow)) throw invalid("the flow is not what begin gave.");
      const { location, user, record, flow: next } = await visit(COMPLETE, { url: String(url), flow });
      if (!user) return { user: undefined, url: location, flow: next };
      return completed(user, location, record);
    },

    async device(asked, { signal } = {}) {
      const { flow } = await begun(asked);
      const said = JSON.parse((await visit(DEVICE, { flow })).device);
      const url = said.verification_url ?? said.verification_uri;
      if (!isString(url)) throw new AuthError("invalid_answer", "the provider's answer says no place to type in a device's code.");
      // RFC 8628, section 3.2: five seconds where nothing is said.
      let interval = Number.isFinite(said.interval) ? said.interval * 1000 : 5000;
      return {
        url,
        code: said.user_code,
        expiresAt: Date.now() + (Number(said.expires_in) || 0) * 1000,
        async complete() {
          for (;;) {
            await pause(interval, signal).catch(() => signal?.throwIfAborted());
            const { user, location, record, device } = await visit(POLL, { flow, code: said.device_code });
            if (user) return completed(user, location, record);
            // Section 3.5: five seconds more, from now on.
            if (device === "slow_down") interval += 5000;
          }
        },
      };
    },

    async getUser(request) {
      if (!store) throw invalid("getUser needs the option store.");
      return (await visit(LOOK, headersOf(request))).user ?? null;
    },

    async logout(request, how) {
      if (!store) throw invalid("logout needs the option store.");
      const { returnTo = "", revoke = true, ...rest } = bare("what logout takes", how);
      if (!isString(returnTo) || typeof revoke !== "boolean" || Object.keys(rest).length > 0)
        throw invalid("what logout takes is { returnTo, revoke }: a path, and true or false.");
      // Another site's page may send the browser here, too.
      if (request.method !== "POST")
        return new Response("Log out with POST.\n", { status: 405, headers: { allow: "POST", "content-type": "text/plain" } });
      const [site, origin] = [request.headers.get("sec-fetch-site"), request.headers.get("origin")];
      if (site ? site !== "same-origin" && site !== "none" : origin && origin !== new URL(given.redirectUri).origin)
        return new Response("Log out from the application's own page.\n", { status: 403, headers: { "content-type": "text/plain" } });
      const { location, cookies } = await visit(revoke ? REVOKE : LEAVE, { ...headersOf(request), return_to: returnTo });
      return redirect(location, cookies, 303);
    },

    async revoke(id) {
      if (!store) throw invalid("revoke needs the option store.");
      await visit(FORGET, { subject: readId(id) });
    },

    getCredential(id, asked) {
      if (!store) throw invalid("getCredential needs the option store.");
      readId(id);
      const { scopes, rotates, ...rest } = bare("what getCredential takes", asked);
      if (Object.keys(rest).length > 0) throw invalid("what getCredential takes is { scopes, rotates }.");
      const key = JSON.stringify([id, scopes, rotates]);
      let credential = credentials.get(key);
      if (!credential) {
        const own = { store, user: records.replace("{id}", () => id), subject: id, client, scopes, rotates };
        credential = createUserCredential({ ...given.shared, ...own });
        keepAmong(credentials, key, credential);
      }
      return credential;
    },

    async getProfile(whose, { signal } = {}) {
      const id = isString(whose) ? whose : undefined;
      const credential = isString(whose) ? login.getCredential(whose) : whose;
      const profile = await getProfile(credential, { ...given.shared, endpoint: provider.userinfo_endpoint, signal });
      // OpenID Connect Core 1.0, section 5.3.4.
      if (id && profile.id !== id) throw new AuthError("user_mismatch", "the profile is another user's than the one who was asked for.");
      return profile;
    },
  };
  return login;
}

/** 256 random bits. */
const bits = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** @param {unknown} id */
function readId(id) {
  if (isString(id) && /^[!-~]{1,255}$/.test(id)) return id;
  throw invalid("the user's id is not visible ASCII text, as a user's `id` is.");
}

/** @param {Request} request */
function headersOf(request) {
  if (!isObject(request) || !isString(request.url) || !isObject(request.headers)) throw invalid("what was given is no Request.");
  return { url: request.url, cookies: request.headers.get("cookie") ?? "" };
}

/** @param {import("./login.d.ts").BeginOptions} [asked] */
function readBegin(asked) {
  const { returnTo, scopes = [], loginHint = "", hd = "", prompt = "", user = "", ...rest } = bare("what a login begins with", asked);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw invalid(`there is no option ${JSON.stringify(unknown)}, but returnTo, scopes, loginHint, hd, prompt, user.`);
  for (const [name, value] of Object.entries({ loginHint, hd, prompt, user, returnTo: returnTo ?? "" }))
    if (!isString(value) || value.includes("\0")) throw invalid(`the option ${name} is no text.`);
  if (!isWords(scopes)) throw new AuthError("invalid_scope", "the option scopes is not an array of texts.");
  return { returnTo, scopes: scopes.join(" "), loginHint, hd, prompt, user };
}

/**
 * @param {string} location
 * @param {string[]} cookies
 * @param {number} [status]
 */
function redirect(location, cookies, status = 302) {
  // Neither a cache nor the next site is to see a code or a state.
  const headers = new Headers({ location, "cache-control": "no-store", "referrer-policy": "no-referrer" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status, headers });
}
