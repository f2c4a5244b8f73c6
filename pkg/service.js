// The token service, as a fetch handler. What is granted and answered is the core's to decide; this gives it the request, does what it
// asks for, and hands on the answer.
import { ready as sessionsReady } from "./core.js";
import { raced, within } from "./deadline.js";
import { base64url } from "./deeds.js";
import { AuthError } from "./errors.js";
import { bare, invalid, isString } from "./options.js";
import { ready, told } from "./service/core.js";
import { deeds } from "./service/deeds.js";
import { answers } from "./service/direct.js";
import { peerOf, readService } from "./service/options.js";
import { sealedBy } from "./service/records.js";
import { webLogin } from "./service/web.js";

/** The core reads bodies of up to 64 KiB; of a larger one, enough for it to say so. */
const LARGEST_BODY = 65_537;

/**
 * @param {import("./service.d.ts").TokenServiceOptions} options
 * @returns {import("./service.d.ts").TokenService}
 */
export function createTokenService(options) {
  const { settings, policy, secrets, store, log, answerWithin, config, login } = readService(options);
  const web = login && webLogin(login, String(settings.issuer));
  const records = sealedBy(store, secrets);
  let current = policy;
  /** The core's number of this service. @type {number | undefined} */
  let number;

  async function begin() {
    await Promise.all([ready(), sessionsReady()]);
    if (number !== undefined) return number;
    const begun = told("b", { settings, policy: current, random: bits() });
    if (begun.faults) throw faulty(begun.faults);
    return (number = /** @type {number} */ (begun.service));
  }

  /**
   * Asks what needs the service; where the module was started anew since, it is begun anew, once.
   *
   * @template T
   * @param {(service: number) => T | Promise<T>} ask
   */
  async function begunFor(ask) {
    const had = await begin();
    try {
      return await ask(had);
    } catch (/** @type {any} */ thrown) {
      if (thrown?.code !== "core_failed" || !thrown.transient) throw thrown;
      // Of all who were under way the first begins it anew.
      if (number === had) number = undefined;
      return ask(await begin());
    }
  }

  /** @param {object} request @param {AbortSignal} signal */
  function handled(request, signal) {
    // The same where it is gone through again, so that it knows what it has written.
    const seed = bits();
    return begunFor(async (service) => {
      let turn = told("r", { service, request, seed });
      while (!turn.done) {
        const event = await raced(deeds[turn.task]({ config, store: records, signal }, ...turn.what), signal).catch((thrown) => {
          if (signal.aborted) told("a", turn.visit);
          signal.throwIfAborted();
          return { failed: reason(thrown) };
        });
        turn = told("n", { visit: turn.visit, event });
      }
      return turn.done;
    });
  }

  /** @type {import("./service/direct.js").Answer} */
  async function answered(came, traceparent) {
    const trace = traceOf(traceparent);
    /** @param {Record<string, unknown>} line */
    const noted = (line) =>
      log?.({ time: new Date().toISOString(), severity: line.event === "refusal" ? "WARNING" : "INFO", ...line, ...trace });
    let done;
    try {
      done = await within(answerWithin, undefined, async (limit) => {
        const signal = limit ?? new AbortController().signal;
        // Within the time as well: a body may never come to its end.
        const request = await raced(came(signal), signal);
        if (!web) return handled(request, signal);
        const own = await raced(web.answer(request), signal);
        return own ? { log: [], ...own } : handled({ ...request, session: await raced(web.session(request), signal) }, signal);
      });
    } catch (/** @type {any} */ thrown) {
      if (thrown?.code === "invalid_policy") throw thrown;
      const late = thrown?.code === "timeout";
      noted({ event: "failure", severity: "ERROR", message: reason(thrown) });
      done = failed(late ? "the answer took too long. Try again later." : "the service failed. Try again later.");
    }
    for (const line of done.log) noted(line);
    return done;
  }

  const service = {
    async ready() {
      await begin();
    },

    /** @param {Request} request @param {import("./service.d.ts").ConnectionInfo} [info] */
    async fetch(request, info) {
      const { status, headers, body } = await answered(() => read(request, peerOf(info)), request.headers.get("traceparent") ?? "");
      return new Response(body || null, { status, headers });
    },

    /** @param {string} text */
    async reload(text) {
      if (!isString(text)) throw invalid("reload takes the policy's text.");
      await begunFor((service) => {
        const { faults } = told("p", { service, policy: text });
        if (faults) throw faulty(faults);
      });
      current = text;
    },

    /** @param {Parameters<import("./service.d.ts").TokenService["explain"]>[0]} asked */
    async explain(asked) {
      const { claims, callers = [], want, ...rest } = bare("what explain takes", asked);
      const [unknown] = Object.keys(rest);
      if (unknown !== undefined) throw invalid(`there is no option ${JSON.stringify(unknown)}, but claims, callers, want.`);
      const { names, who, may, why, strangers, known } = await begunFor((service) =>
        told("x", { service, claims, callers, want: wanted(want) }),
      );
      if (strangers.length)
        throw invalid(`the policy has no caller ${JSON.stringify(strangers[0])}. It has ${known.join(", ") || "none"}.`);
      return { callers: names, granted: may, reasons: [...who, ...why] };
    },
  };
  answers.set(service, answered);
  return service;
}

/** @param {string} secret @returns {Promise<string>} */
export async function hashSecret(secret) {
  if (!isString(secret) || secret.length < 16) throw invalid("the secret is no text of 16 characters or more.");
  await ready();
  return told("h", { secret, salt: bits().slice(0, 22) });
}

/** 256 random bits. */
function bits() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

/**
 * A request as the core has it, which also says that its body is no text: in the form that the route's errors have.
 *
 * @param {Request} request
 * @param {string} peer
 */
async function read(request, peer) {
  const { method, url } = request;
  const target = url.slice(url.indexOf("/", url.indexOf("://") + 3));
  const body = await bodyOf(request);
  return { method, target, headers: [...request.headers], body: body ?? "", unreadable: body === undefined, peer };
}

/** @param {Request} request */
async function bodyOf({ body }) {
  const reader = body?.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  try {
    while (reader && text.length < LARGEST_BODY) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return undefined;
  }
  reader?.cancel().catch(() => {});
  return text;
}

/** The trace that a request is part of (W3C Trace Context). @param {string} traceparent */
function traceOf(traceparent) {
  const [, trace_id, span_id] = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-/.exec(traceparent) ?? [];
  return trace_id ? { trace_id, span_id } : {};
}

/** @param {string} message */
function failed(message) {
  const headers = [
    ["content-type", "application/json"],
    ["cache-control", "no-store"],
    ["retry-after", "5"],
  ];
  const meta = { request_id: bits().slice(0, 22), code: "unavailable" };
  return { status: 503, headers, body: JSON.stringify({ success: false, data: null, message, meta }), log: [] };
}

/** @param {import("./service.d.ts").Want | undefined} want */
function wanted(want) {
  if (want === undefined) return undefined;
  const { idToken, accessToken, jwt } = bare("want", want);
  if (idToken) return { id_token: { audience: String(idToken.audience) } };
  if (accessToken) return { access_token: { scopes: [...accessToken.scopes].map(String) } };
  if (jwt) return { jwt: { audience: String(jwt.audience), scopes: [...(jwt.scopes ?? [])].map(String) } };
  throw invalid("want is none of { idToken }, { accessToken } and { jwt }.");
}

/** @param {[line: number, column: number, message: string][]} faults */
function faulty(faults) {
  // What has no place is about the settings.
  const [line] = faults[0];
  if (line === 0) return invalid(faults[0][2]);
  const shown = faults.map(([line, column, message]) => `${line}:${column}: ${message}`).join("\n");
  const failure = new AuthError("invalid_policy", `the policy does not hold:\n${shown}`);
  return Object.assign(failure, { faults: faults.map(([line, column, message]) => ({ line, column, message })) });
}

/** The host's own words; of a chain of causes the first that says something. @param {any} thrown */
function reason(thrown) {
  return `${thrown?.message || thrown?.code || thrown?.name || "an unknown fault"}`.replace(/\.$/, "");
}
