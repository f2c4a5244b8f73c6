// A user's token that many share: one refreshes it, and all have it; whatever is wrong has its own error.
import { equal, ok, thrown } from "../client/check.js";

const EMAIL = "https://www.googleapis.com/auth/userinfo.email";
const encode = (value) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const decode = (record) => JSON.parse(new TextDecoder().decode(record.value));

/** A user of the emulator's with his record in a store, and what else the record says. */
async function user(t, { more = {}, scopes = ["openid", "email"], store = t.memoryStore(), ...rest } = Object.create(null)) {
  const file = await t.emulator.make("users", { email: `${t.unique("u")}@example.com`, scopes, ...rest });
  const { version } = await store.write("ada.json", encode({ ...file, ...more }), null);
  const credential = (options = {}) => t.createUserCredential({ store, user: "ada.json", endpoints: t.emulator.url, ...options });
  return { file, store, version, credential, record: async () => decode(await store.read("ada.json")) };
}

/** How often a refresh token was exchanged, or tried to be. */
const exchanges = async (t) => (await t.emulator.log("refresh")).length;

/** A store of which each act fails that its plan says, before it does something or after. */
function failing(store, plan) {
  const act = async (name, args) => {
    const fault = plan.shift();
    if (fault === "lost") throw new Error("the connection was reset");
    const result = await store[name](...args);
    if (fault === "answer lost") throw new Error("the connection was reset");
    return result;
  };
  return { read: (...args) => act("read", args), write: (...args) => act("write", args) };
}

const cases = [
  {
    name: "a hundred callers of three jobs: one exchange, and all have its token",
    smoke: true,
    async run(t) {
      const { credential, record, file } = await user(t);
      const jobs = [credential(), credential(), credential()];
      const calls = Array.from({ length: 100 }, (_, i) => jobs[i % 3]({ scopes: ["openid"] }));
      const tokens = new Set((await Promise.all(calls)).map(({ token }) => token));
      equal(tokens.size, 1, "tokens");
      equal(await exchanges(t), 1, "exchanges");
      const { type, token, refresh_token, client_id } = await record();
      equal(
        [type, token, refresh_token, client_id].join(),
        ["authorized_user", ...tokens, file.refresh_token, file.client_id].join(),
        "record",
      );
    },
  },
  {
    name: "as a session's credential: its ID token, and its access token for scopes",
    async run(t) {
      const { credential, record } = await user(t);
      const options = { credential: credential(), endpoints: t.emulator.url };
      const idToken = await t.createSession("https://svc.example", options).getIdToken();
      const accessToken = await t.createSession("https://svc.example", { ...options, scopes: [EMAIL] }).getAccessToken();
      const held = await record();
      equal([held.id_token, held.token].join(), [idToken, accessToken].join(), "record");
      equal(await exchanges(t), 1, "exchanges");
    },
  },
  {
    name: "fresh in the store: nothing is exchanged, by another's file too",
    async run(t) {
      const expiry = new Date(Date.now() + 3_000_000).toISOString().replace(/\.\d+/, "");
      const theirs = { type: undefined, access_token: "theirs", token_expiry: expiry, scopes: ["openid", EMAIL] };
      const { credential } = await user(t, { more: theirs });
      equal((await credential()({ scopes: ["email", "openid"] })).token, "theirs", "token");
      equal(await exchanges(t), 0, "exchanges");
    },
  },
  {
    name: "what others put into the record stays, and a new refresh token is kept",
    async run(t) {
      const { credential, record, file } = await user(t, { more: { note: { "é\n": [1, "\u2028"] }, account: "x" }, rotate: true });
      await credential({ rotates: true })({ scopes: ["openid"] });
      const held = await record();
      equal(JSON.stringify(held.note), JSON.stringify({ "é\n": [1, "\u2028"] }), "note");
      ok(held.refresh_token && held.refresh_token !== file.refresh_token, "a new refresh token");
    },
  },
  {
    name: "nobody logged in, a client that is another's, another user, too few scopes: each its own error, and nothing is sent",
    async run(t) {
      const { credential, store } = await user(t, { more: { sub: "7", scopes: ["openid"] } });
      const scopes = ["openid"];
      await t.refused(() => credential({ user: "bob.json" })({ scopes }), "login_required");
      await t.refused(() => credential({ client: { client_id: "other", client_secret: "canary" } })({ scopes }), "invalid_credential");
      await t.refused(() => credential({ subject: "8" })({ scopes }), "user_mismatch");
      await t.refused(() => credential()({ scopes: ["openid", "https://www.googleapis.com/auth/drive"] }), "scopes_missing");
      await store.write("torn.json", encode('{"type":"authorized_u'), null);
      await t.refused(() => credential({ user: "torn.json" })({ scopes }), "invalid_credential");
      equal(await exchanges(t), 0, "exchanges");
    },
  },
  {
    name: "a refresh token that was revoked: the record says so, and nobody asks again",
    async run(t) {
      const { credential, record, file } = await user(t);
      await t.emulator.make("user-state", { user: file.refresh_token, state: "revoked" });
      await t.refused(() => credential()({ scopes: ["openid"] }), "login_required");
      await t.refused(() => credential()({ scopes: ["openid"] }), "login_required");
      equal(await exchanges(t), 1, "exchanges");
      const held = await record();
      equal([held.needs_reauth, held.refresh_token].join(), ["invalid_grant", file.refresh_token].join(), "record");
    },
  },
  {
    name: "an ID token without the scope openid is an error of scopes",
    async run(t) {
      const { credential } = await user(t, { scopes: [EMAIL] });
      for (let at = 0; at < 3; at += 1) await t.refused(() => credential()({ audience: "https://svc.example" }), "scopes_missing");
      equal(await exchanges(t), 1, "exchanges");
      await t.refused(() => credential({ scopes: [EMAIL, "openid"] })({ scopes: [EMAIL] }), "scopes_missing");
    },
  },
  {
    name: "a store whose answers are lost: one exchange, and the token is kept",
    async run(t) {
      for (let at = 0; at < 7; at += 1) {
        for (const fault of ["lost", "answer lost"]) {
          const plan = [...Array(at).fill(undefined), fault];
          const store = t.memoryStore();
          const { credential, record } = await user(t, { store });
          const before = await exchanges(t);
          const { token } = await credential({ store: failing(store, plan) })({ scopes: ["openid"] });
          equal((await record()).token, token, `token kept after ${fault} at ${at}`);
          equal((await exchanges(t)) - before, 1, `exchanges after ${fault} at ${at}`);
        }
      }
    },
  },
  {
    name: "a store that is sealed: the same token for all, and none of it to be read in the store",
    async run(t) {
      const store = t.memoryStore();
      const seal = { keys: [{ id: "k", key: crypto.getRandomValues(new Uint8Array(32)) }], client: "c" };
      const { credential } = await user(t, { store: t.sealedStore(store, seal) });
      const [{ token }, other] = await Promise.all([credential()({ scopes: ["openid"] }), credential()({ scopes: ["openid"] })]);
      equal([other.token, await exchanges(t)].join(), `${token},1`, "token and exchanges");
      const { kid, data } = decode(await store.read("ada.json"));
      equal([kid, atob(data).includes(token)].join(), "k,false", "record");
      await t.refused(() => credential({ store })({ scopes: ["openid"] }), "invalid_credential");
    },
  },
  {
    name: "a store that is down is an error that may pass, with the store's own as its cause",
    async run(t) {
      const { credential } = await user(t);
      const down = { read: () => Promise.reject(new Error("no route to host")), write: () => Promise.reject(new Error("x")) };
      const error = await t.refused(() => credential({ store: down })({ scopes: ["openid"] }), "store_unavailable");
      equal([error.transient, error.cause?.message].join(), "true,no route to host", "error");
    },
  },
  {
    name: "a caller that gives up leaves the refresh to the others",
    async run(t) {
      const { credential, record } = await user(t);
      await t.emulator.fault({ endpoint: "refresh", delay: 300 });
      const job = credential();
      const controller = new AbortController();
      const first = thrown(() => job({ scopes: ["openid"], signal: controller.signal }), "a call that is given up");
      const second = job({ scopes: ["openid"] });
      setTimeout(() => controller.abort(new Error("enough")), 50);
      equal((await first).message, "enough", "reason");
      equal((await second).token, (await record()).token, "token");
    },
  },
  {
    name: "options that it cannot have are refused at once",
    async run(t) {
      const kv = { get() {}, put() {}, delete() {}, list() {}, getWithMetadata() {} };
      const good = { store: t.memoryStore(), user: "a" };
      const bad = [
        undefined,
        null,
        "x",
        { ...good, store: undefined },
        { ...good, store: kv },
        { ...good, store: { read() {} } },
        { ...good, user: "" },
        { ...good, user: "a\nb" },
        { ...good, user: 7 },
        { ...good, user: "a".repeat(513) },
        { ...good, client: "canary" },
        { ...good, client: { client_id: "x" } },
        { ...good, client: { client_id: "x", client_secret: "canary\n" } },
        { ...good, scopes: "openid" },
        { ...good, scopes: ["a b"] },
        { ...good, subject: 7 },
        { ...good, rotates: "yes" },
        { ...good, timeout: -1 },
        { ...good, audience: "https://svc.example" },
        { ...good, [t.customFetch]: 7 },
      ];
      for (const options of bad) t.refusedAtOnce(() => t.createUserCredential(options), "invalid_option");
      ok(/Workers KV/.test((await thrown(async () => t.createUserCredential(bad[4]), "KV")).message), "the reason");
      for (const client of [{ web: { client_id: "a", client_secret: "b" } }, '{"installed":{"client_id":"a","client_secret":"b"}}'])
        t.createUserCredential({ ...good, client });
    },
  },
];

export default { name: "users", cases };
