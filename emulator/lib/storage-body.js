import { badRequest, StorageError } from "./storage-error.js";

const MAX_BODY = 32 << 20;

/**
 * The body's bytes.
 *
 * @param {Request} request
 */
export async function readBytes(request) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || !value) break;
    chunks.push(value);
    length += value.length;
    if (length > MAX_BODY) {
      await reader?.cancel();
      throw new StorageError(413, "uploadTooLarge", `The emulator takes objects of up to ${MAX_BODY} bytes.`);
    }
  }
  return joined(chunks);
}

/** @param {Uint8Array[]} chunks */
export function joined(chunks) {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/**
 * A client's JSON object.
 *
 * @param {Uint8Array} bytes
 * @returns {Record<string, unknown>}
 */
export function parseObject(bytes) {
  const text = new TextDecoder().decode(bytes);
  try {
    const value = text.trim() === "" ? {} : JSON.parse(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw badRequest("Parse Error");
}
