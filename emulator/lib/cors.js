/**
 * Whether a request is a browser's question before the real one.
 *
 * @param {Request} request
 */
export function isPreflight({ method, headers }) {
  return method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method");
}

/**
 * Allows what is asked for. Credentials in the sense of CORS (cookies) are not.
 *
 * @param {Request} request
 */
export function preflight({ headers }) {
  const method = headers.get("access-control-request-method") ?? "";
  const wanted = headers.get("access-control-request-headers");
  const answer = new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": method,
      // A star would not cover Authorization.
      "access-control-allow-headers": wanted ?? "authorization, x-serverless-authorization, content-type",
      "access-control-max-age": "600",
      vary: "access-control-request-method, access-control-request-headers",
    },
  });
  if (headers.has("access-control-request-private-network")) answer.headers.set("access-control-allow-private-network", "true");
  return answer;
}

/**
 * Lets pages of any origin read an answer.
 *
 * @param {Headers} headers
 */
export function allowAnyOrigin(headers) {
  headers.set("access-control-allow-origin", "*");
  headers.set("access-control-expose-headers", "*");
}

/**
 * Whether a request comes from a page that is not on this machine. Such pages may not steer the emulator.
 *
 * @param {Headers} headers
 * @param {string | undefined} own the emulator's origin
 */
export function isFromElsewhere(headers, own) {
  const origin = headers.get("origin");
  if (origin === null || origin === own) return false;
  return !/^https?:\/\/(localhost|[a-z0-9-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(origin);
}
