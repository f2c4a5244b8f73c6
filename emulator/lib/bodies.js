import { sleep } from "./sleep.js";

const HUGE = 2 << 20;
const PIECE = 64 << 10;
const SLOW_PIECES = 8;

const encoder = new TextEncoder();

/** Valid JSON of 2 MiB: only a client with a limit finds fault with it. */
export function hugeBody() {
  return streamOf(longString(HUGE));
}

/** JSON whose one string never ends. Made as it is read. */
export function endlessBody() {
  return streamOf(longString(Infinity));
}

/**
 * Sends a body in pieces, with pauses between them.
 *
 * @param {Response} response
 * @param {number} pause
 */
export function slowDown(response, pause) {
  if (!response.body) return response;
  return new Response(streamOf(withPauses(response.body, pause)), response);
}

/**
 * Declares the whole length, sends half, and then fails, which an adapter turns into a closed connection.
 *
 * @param {Response} response
 */
export async function tearInHalf(response) {
  const bytes = new Uint8Array(await response.arrayBuffer());
  // An answer without a body still has to break off before the length it declares.
  const headers = new Headers(response.headers);
  headers.set("content-length", String(Math.max(bytes.length, 2)));
  const status = response.body ? response.status : 200;
  return new Response(streamOf(firstHalf(bytes)), { status, headers });
}

/** @param {number} length */
async function* longString(length) {
  yield encoder.encode('{"id_token":"');
  for (let left = length; left > 0; left -= PIECE) yield encoder.encode("A".repeat(PIECE));
  yield encoder.encode('"}');
}

/** @param {Uint8Array} bytes */
async function* firstHalf(bytes) {
  if (bytes.length > 1) yield bytes.subarray(0, bytes.length >> 1);
  throw new TypeError("The body was torn by a fault.");
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {number} pause
 */
async function* withPauses(body, pause) {
  const reader = body.getReader();
  try {
    let first = true;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const size = Math.ceil(value.length / SLOW_PIECES);
      for (let start = 0; start < value.length; start += size) {
        if (!first) await sleep(pause);
        first = false;
        yield value.subarray(start, start + size);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * A stream that asks for a chunk only when it is read, so that what was sent before an error arrives before it.
 *
 * @param {AsyncGenerator<Uint8Array, void>} chunks
 */
function streamOf(chunks) {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}
