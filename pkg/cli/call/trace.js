// What -v tells: what is sent and answered, without tokens.
import { printable } from "../terminal.js";

/** Headers whose values are secrets, of ours and of others. */
const SECRET = /auth|cookie|token|secret|key|password|assertion|credential/i;

/** A fetch that tells. Until it is to tell the whole, a request is one line. */
export function traced() {
  const trace = {
    whole: false,
    /** @param {string | URL | Request} input @param {RequestInit} [init] */
    async fetch(input, init) {
      const url = new URL(input instanceof Request ? input.url : input);
      const { whole } = trace;
      const method = init?.method ?? "GET";
      if (whole) {
        const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`, ...shownHeaders(new Headers(init?.headers))];
        tell(">", [...lines, ""]);
      }
      const response = await fetch(input, init);
      if (whole) tell("<", [...[statusLine(response), ...shownHeaders(response.headers)], ""]);
      // Of a query nobody knows what it holds.
      else tell("*", [`${method} ${url.origin}${url.pathname}: ${response.status}`]);
      return response;
    },
  };
  return trace;
}

/** HTTP/1.1 is all that the runtime's fetch speaks. @param {Response} response */
export function statusLine({ status, statusText }) {
  return `HTTP/1.1 ${status} ${statusText}`.trim();
}

/** @param {Headers} headers */
function shownHeaders(headers) {
  return [...headers].map(
    ([name, value]) => `${name}: ${SECRET.test(name) ? value.replace(/^(Bearer |Basic )?.*$/s, "$1[redacted]") : value}`,
  );
}

/** @param {string} mark @param {string[]} lines */
function tell(mark, lines) {
  process.stderr.write(lines.map((line) => `${mark} ${printable(line)}`.trimEnd() + "\n").join(""));
}
