/** @typedef {import("./call.js").Call} Call */

/**
 * Describes the request that reached the service.
 *
 * @param {Call} call
 * @param {string} service
 * @param {Request} request
 * @param {import("../index.js").Claims} caller
 */
export async function echo({ origin, target, path, query }, service, request, caller) {
  const bytes = new Uint8Array(await request.arrayBuffer());
  /** @type {import("../index.js").Echo} */
  const description = {
    service,
    method: request.method,
    path: path.slice(`/run/${service}`.length),
    url: origin + target,
    query,
    headers: Object.fromEntries(Array.from(request.headers, ([name, value]) => [name, withoutSignatures(value)])),
    body: new TextDecoder().decode(bytes),
    bodyBytes: bytes.length,
    caller: caller.email,
    aud: caller.aud,
  };
  return Response.json(description);
}

/**
 * Sends the body back as it comes, chunk by chunk.
 *
 * @param {Request} request
 */
export function mirror(request) {
  const type = request.headers.get("content-type") ?? "application/octet-stream";
  return new Response(request.body, { headers: { "content-type": type } });
}

/** @param {string} value */
function withoutSignatures(value) {
  return value.replace(/(eyJ[\w-]+\.[\w-]+)\.(?!SIGNATURE_REMOVED_BY_GOOGLE)[\w-]+/g, "$1.SIGNATURE_REMOVED_BY_EMULATOR");
}
