// Spans and metrics of what is sent, through an application's own @opentelemetry/api: nothing of it is loaded from here.
import { onFetch } from "./core.js";
import { bare, invalid, isFunction, isObject } from "./options.js";

const NAME = "cloud-run-auth";
/** As @opentelemetry/api counts them. */
const [SERVER, CLIENT, ERROR] = [1, 2, 2];
/** Of durations, in seconds: what the conventions of HTTP advise. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const METHODS = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/**
 * @param {import("./telemetry.d.ts").OpenTelemetryApi} api
 * @param {{ version?: string }} [options]
 * @returns {import("./telemetry.d.ts").Telemetry}
 */
export function instrument(api, options) {
  const { trace, metrics, context, propagation } = api ?? {};
  if (![trace, metrics, context, propagation].every(isObject) || !isFunction(/** @type {any} */ (trace).getTracer))
    throw invalid('instrument takes the namespace of @opentelemetry/api: import * as api from "@opentelemetry/api".');
  const { version } = bare("what instrument takes besides", options);
  const tracer = trace.getTracer(NAME, version);
  const meter = metrics.getMeter(NAME, version);
  const seconds = (/** @type {string} */ name, /** @type {string} */ description) =>
    meter.createHistogram(name, { unit: "s", description, advice: { explicitBucketBoundaries: SECONDS } });
  const counted = (/** @type {string} */ name, /** @type {string} */ unit, /** @type {string} */ description) =>
    meter.createCounter(`cloud_run_auth.${name}`, { unit, description });
  const sent = seconds("http.client.request.duration", "Requests that were sent, until their headers came.");
  const answered = seconds("http.server.request.duration", "Requests that were answered.");
  const exchanges = counted("token.exchanges", "{exchange}", "Requests for a token, by whether there was one before (refresh).");
  const uses = counted("token.uses", "{request}", "Requests of sessions, by whether their token had been used before (hit).");
  const retries = counted("request.retries", "{request}", "Requests of sessions that were sent once more.");
  /** The token that a session sent last. @type {WeakMap<object, string>} */
  const used = new WeakMap();
  /** How often a call was sent. @type {WeakMap<object, number>} */
  const tries = new WeakMap();

  /**
   * @param {string} name
   * @param {number} kind
   * @param {Record<string, any>} attributes
   * @param {any} parent
   * @param {any} histogram
   * @template {{ status: number }} T
   * @param {(span: any) => Promise<T>} act
   * @returns {Promise<T>}
   */
  async function spanned(name, kind, attributes, parent, histogram, act) {
    const span = tracer.startSpan(name, { kind, attributes }, parent);
    const begun = performance.now();
    /** What metrics are told apart by: no path is among it. @type {Record<string, any>} */
    const facts = Object.fromEntries(Object.entries(attributes).filter(([name]) => MEASURED.has(name)));
    try {
      const response = await context.with(trace.setSpan(parent, span), act, undefined, span);
      span.setAttribute("http.response.status_code", response.status);
      facts["http.response.status_code"] = response.status;
      if (response.status >= (kind === SERVER ? 500 : 400)) failed(span, facts, String(response.status));
      return response;
    } catch (/** @type {any} */ thrown) {
      // Its message may name a URL.
      failed(span, facts, String(thrown?.code ?? thrown?.name ?? "Error"));
      throw thrown;
    } finally {
      span.end();
      histogram.record((performance.now() - begun) / 1000, facts);
    }
  }

  onFetch((fetch, config, target, init) => {
    const url = new URL(target instanceof Request ? target.url : target);
    const exchange = Array.isArray(init.headers);
    const attributes = {
      ...methodOf(init.method ?? "GET"),
      "url.full": `${url.origin}${url.pathname}`,
      "server.address": url.hostname,
      "server.port": Number(url.port || (url.protocol === "https:" ? 443 : 80)),
    };
    const active = context.active();
    if (exchange) {
      const refresh = used.has(config);
      exchanges.add(1, { refresh });
      const facts = { ...attributes, "cloud_run_auth.refresh": refresh };
      return spanned("token exchange", CLIENT, facts, active, sent, () => fetch(target, init));
    }
    const headers = new Headers(init.headers);
    const token = headers.get("x-serverless-authorization") ?? headers.get("authorization") ?? "";
    const hit = used.get(config) === token;
    used.set(config, token);
    // One call has one signal, however often it is sent; without a timeout it may have none.
    const call = init.signal ?? {};
    const resent = tries.get(call) ?? 0;
    tries.set(call, resent + 1);
    uses.add(1, { hit });
    if (resent) retries.add(1);
    const facts = { ...attributes, "cloud_run_auth.token.hit": hit, ...(resent && { "http.request.resend_count": resent }) };
    return spanned(attributes["http.request.method"], CLIENT, facts, active, sent, (/** @type {any} */ span) => {
      // A caller's own goes before.
      if (!headers.has("traceparent"))
        propagation.inject(trace.setSpan(active, span), headers, {
          set: (/** @type {Headers} */ carrier, /** @type {string} */ name, /** @type {string} */ value) => carrier.set(name, value),
        });
      return fetch(target, { ...init, headers });
    });
  });

  return {
    answered(request, route, answer) {
      const { headers, method } = request;
      const getter = {
        keys: () => [...headers.keys()],
        get: (/** @type {unknown} */ _, /** @type {string} */ name) => headers.get(name) ?? undefined,
      };
      const parent = propagation.extract(context.active(), headers, getter);
      const facts = {
        ...methodOf(method),
        ...(route && { "http.route": route }),
        "url.scheme": new URL(request.url).protocol.slice(0, -1),
      };
      return spanned([facts["http.request.method"], route].filter(Boolean).join(" "), SERVER, facts, parent, answered, answer);
    },

    ids() {
      const { traceId, spanId } = trace.getSpan(context.active())?.spanContext() ?? {};
      return traceId ? { trace_id: traceId, span_id: spanId } : {};
    },

    disable() {
      onFetch(undefined);
    },
  };
}

/** Attributes that there are but a few values of. */
const MEASURED = new Set(["http.request.method", "http.route", "server.address", "server.port", "url.scheme"]);

/** What strangers make up is no name of a span. @param {string} given @returns {Record<string, string>} */
function methodOf(given) {
  const method = given.toUpperCase();
  if (METHODS.includes(method)) return { "http.request.method": method };
  return { "http.request.method": "_OTHER", "http.request.method_original": given.slice(0, 20) };
}

/** @param {any} span @param {Record<string, any>} facts @param {string} type */
function failed(span, facts, type) {
  span.setStatus({ code: ERROR });
  span.setAttribute("error.type", type);
  facts["error.type"] = type;
}
