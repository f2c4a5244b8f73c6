/**
 * A request's body as text, or undefined where it is longer than `limit` bytes.
 *
 * @param {Request} request
 * @param {number} limit
 */
export async function readText(request, limit) {
  if (!request.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
