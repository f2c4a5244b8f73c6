// What the tests of `fetch` talk to: the emulator in this very process, or a served one, behind a globalThis.fetch that writes
// down what was sent; and a clock that can be put forward.
let lab;
let names = 0;
/** Whether a test is at it. */
let open = false;

// A test that waits for nothing lets Node end, and the runner has no word for that: it would count as none.
globalThis.process.on("exit", () => {
  if (!open) return;
  globalThis.process.stderr.write("a test has not come to its end\n");
  globalThis.process.exitCode = 1;
});

/** @param {string} root the repository's folder */
export async function openLab(root) {
  lab ??= await build(root);
  open = true;
  await lab.control("POST", "reset");
  await lab.skip(0);
  lab.sent.length = 0;
  lab.hidesRedirects = false;
  return lab;
}

async function build(root) {
  const served = globalThis.process.env.CLOUD_RUN_AUTH_EMULATOR;
  const origin = served ?? "http://127.0.0.1:8085";
  const raw = served ? globalThis.fetch : await inProcess(root, origin);
  const sent = [];
  globalThis.fetch = async (input, init) => {
    const url = new URL(input);
    sent.push(`${init?.method ?? "GET"} ${url.href}`);
    if (url.origin !== origin) throw new TypeError("fetch failed", { cause: new Error(`nobody is at ${url.origin}`) });
    const response = await raw(input, init);
    const location = response.headers.get("location");
    // As fetch does where it is not told to leave that to the caller.
    if (init?.redirect !== "manual" && response.status > 300 && location) return globalThis.fetch(new URL(location, url), init);
    const hidden = lab.hidesRedirects && response.status > 299 && response.status < 400;
    return hidden ? Object.defineProperties(response, { type: { value: "opaqueredirect" }, status: { value: 0 } }) : response;
  };
  const [wall, monotonic] = [Date.now, performance.now.bind(performance)];
  let skipped = 0;
  Date.now = () => wall() + skipped;
  performance.now = () => monotonic() + skipped;
  const unique = (prefix) => `${prefix}${(names += 1)}-${Math.random().toString(36).slice(2, 8)}`;

  return {
    origin,
    sent,
    /** Whether redirects come as browsers hand them out: without a word on where they lead. */
    hidesRedirects: false,
    close() {
      open = false;
    },
    unique,
    async control(method, path, body) {
      const response = await raw(`${origin}/_emulator/${path}`, { method, body: body && JSON.stringify(body) });
      if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
      return response.status === 204 ? undefined : response.json();
    },
    /** A service account that the emulator knows; its email and key id tell it from every other. */
    async account(pem, known) {
      const key = {
        type: "service_account",
        client_email: `${unique("a")}@tests.iam.gserviceaccount.com`,
        private_key_id: unique("k"),
        private_key: pem,
      };
      key.token_uri = "https://oauth2.googleapis.com/token";
      if (known) await this.control("POST", "accounts", { key: { ...key, client_id: "1" } });
      return JSON.stringify(key);
    },
    async service() {
      return (await this.control("POST", "services", { name: unique("s") })).url;
    },
    /** What the emulator makes of it, as JSON. */
    async make(what, given) {
      return JSON.stringify((await this.control("POST", what, JSON.parse(given))) ?? null);
    },
    fault(fault) {
      return this.control("POST", "faults", JSON.parse(fault));
    },
    rotateKeys() {
      return this.control("POST", "rotate-keys", { keep: false });
    },
    async log() {
      return JSON.stringify(await this.control("GET", "log"));
    },
    takeSent() {
      return sent.splice(0).join("\n");
    },
    /** Time passes, here and there, for the rest of the run. */
    async skip(ms) {
      skipped += ms;
      // In the same process the emulator's clock is the one that was just put forward.
      if (served) await this.control("POST", "clock", { offset: skipped });
    },
  };
}

async function inProcess(root, origin) {
  const { createEmulator } = await import(`file://${root}/emulator/index.js`);
  const emulator = createEmulator({ origin, now: () => Date.now() });
  return (input, init) => Promise.race([emulator.fetch(input, init), givenUp(init?.signal)]);
}

/** As fetch does: a Request's own signal follows the caller's only until Node collects what ties the two. @param {AbortSignal} [signal] */
function givenUp(signal) {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}
