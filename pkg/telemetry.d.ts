/** What is used of the namespace of `@opentelemetry/api`, 1.3 or later. */
export interface OpenTelemetryApi {
  trace: { getTracer(name: string, version?: string): any; setSpan(context: any, span: any): any; getSpan(context: any): any };
  metrics: { getMeter(name: string, version?: string): any };
  context: { active(): any; with(context: any, act: (...all: any[]) => any, self?: any, ...all: any[]): any };
  propagation: { inject(context: any, carrier: any, setter?: any): void; extract(context: any, carrier: any, getter?: any): any };
}

/** What telemetry is good for besides: services of one's own. */
export interface Telemetry {
  /**
   * Answers a request within a span of its own, which goes on with the trace that the request names (W3C Trace Context).
   *
   * @param route What kind of request it is, as `/api/token`: no path of a caller's. Empty: it is not said.
   */
  answered<T extends { status: number }>(
    request: Pick<Request, "method" | "url" | "headers">,
    route: string,
    answer: () => Promise<T>,
  ): Promise<T>;
  /** The trace and the span that are under way, for lines of a log; empty where there are none. */
  ids(): { trace_id?: string; span_id?: string };
  /** Ends it: nothing more is told. */
  disable(): void;
}

/**
 * Tells an application's OpenTelemetry of every request that sessions send, and of every token that is fetched for them, from now on, for
 * the whole process. Nothing of OpenTelemetry is loaded by this package: the application hands in the API that it has.
 *
 * ```ts
 * import * as api from "@opentelemetry/api";
 * import { instrument } from "cloud-run-auth/telemetry";
 *
 * instrument(api);
 * ```
 *
 * Spans, by the conventions of HTTP clients: `GET`, `POST` and so on for each request that is sent, with `http.request.resend_count` where it
 * is sent once more, and `cloud_run_auth.token.hit`; `token exchange` for each request for a token, with `cloud_run_auth.refresh`. Outgoing
 * requests carry `traceparent`, unless they have one; those for tokens do not. URLs are without their queries, and no token, key or
 * address is in any attribute.
 *
 * Metrics: `http.client.request.duration`, `cloud_run_auth.token.exchanges` (by `refresh`), `cloud_run_auth.token.uses` (by `hit`),
 * `cloud_run_auth.request.retries`, and `http.server.request.duration` of what is {@link Telemetry.answered}.
 *
 * @throws AuthError `invalid_option` where it is not that namespace.
 */
export function instrument(api: OpenTelemetryApi, options?: { version?: string }): Telemetry;
