// Requests to a worker from outside: many at once, over connections that are kept; some clients go away.
import { Agent, request } from "node:http";

/** Whoever has no answer by then hangs. */
const HANGS_AFTER = 15_000;

export function createClient(url) {
  const agent = new Agent({ keepAlive: true, maxSockets: 512, scheduling: "lifo" });

  /** One request: its status and text, or "hang", or "gone" where the client left after that many milliseconds. */
  function post(body, leavesAfter) {
    return new Promise((resolve) => {
      const call = request(url, { method: "POST", agent }, (response) => {
        let text = "";
        response.on("data", (bytes) => (text += bytes));
        response.on("end", () => done({ status: response.statusCode, text }));
        response.on("error", () => {});
      });
      const leave = (kind) => {
        call.destroy();
        done({ kind });
      };
      const timer = setTimeout(() => leave(leavesAfter === undefined ? "hang" : "gone"), leavesAfter ?? HANGS_AFTER);
      const done = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      call.on("error", (error) => done({ kind: "failed", text: error.message }));
      call.end(JSON.stringify(body));
    });
  }

  /** As many as `count` calls of `one`, `width` of them at a time. */
  async function many(count, width, one, progress = () => {}) {
    let next = 0;
    const worker = async () => {
      while (next < count) {
        const index = next++;
        progress(index);
        await one(index);
      }
    };
    await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
  }

  return { post, many, close: () => agent.destroy() };
}
