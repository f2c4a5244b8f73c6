/** @typedef {import("node:http").ServerResponse} ServerResponse */

/**
 * Sends a `Response`, its body streamed. Where the body fails, what came before is sent, and the connection is closed without
 * the rest.
 *
 * @param {Response} response
 * @param {ServerResponse} outgoing
 */
export async function sendResponse(response, outgoing) {
  outgoing.writeHead(response.status, toRawHeaders(response.headers));
  if (!response.body || outgoing.req.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }

  // Clients may wait for the head before they send the rest of their body.
  outgoing.flushHeaders();
  const reader = response.body.getReader();
  let written = () => {};
  outgoing.once("close", () => {
    written();
    reader.cancel().catch(() => {});
  });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || outgoing.destroyed) break;
      // Until the bytes are with the operating system: destroying the socket then loses none.
      await new Promise((resolve) => {
        written = () => resolve(undefined);
        outgoing.write(value, written);
      });
    }
    outgoing.end();
  } catch {
    outgoing.socket?.destroy();
  }
}

/** @param {Headers} headers */
function toRawHeaders(headers) {
  /** @type {Record<string, string | string[]>} */
  const raw = {};
  for (const [name, value] of headers) {
    if (name !== "set-cookie") raw[name] = value;
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) raw["set-cookie"] = cookies;
  return raw;
}
