// Users who log in: the way there and back, and whatever may go wrong with it or be made to.
import { openBrowser } from "../client/browser.js";
import { contains, equal, ok } from "../client/check.js";

const ORIGIN = "https://app.example";
const BACK = `${ORIGIN}/callback`;
const DRIVE = "https://www.googleapis.com/auth/drive.file";

/** An application with its client, and somebody who may log in. */
async function application(t, { client: clientOptions = {}, person = {}, ...options } = Object.create(null)) {
  const client = await t.emulator.make("oauth-clients", { redirectUris: [BACK], ...clientOptions });
  const email = `${t.unique("p")}@example.com`;
  const ada = await t.emulator.make("people", { email, name: "Ada", ...person });
  const store = t.memoryStore();
  const login = t.createLogin({ client, redirectUri: BACK, store, endpoints: t.emulator.url, ...options });
  const hint = { loginHint: email };
  /** Logs a browser in, from its first request to the last answer. */
  const enter = async (browser, begin = {}, decision = {}) => {
    const sent = browser.take(await login.start(browser.request("/login"), { ...hint, ...begin }));
    const came = await login.callback(browser.request(await browser.consent(sent, decision)));
    browser.take(came.response);
    return came;
  };
  return { login, client, ada, store, hint, enter, browser: () => openBrowser(t, ORIGIN) };
}

const record = async (store, name) => JSON.parse(new TextDecoder().decode((await store.read(name)).value));

/** Somebody who has begun, and where the provider sends him back to. */
async function onTheWay(t, options, begin = {}, decision = {}) {
  const app = await application(t, options);
  const browser = app.browser();
  const sent = browser.take(await app.login.start(browser.request("/login"), { ...app.hint, ...begin }));
  return { ...app, browser, sent, back: await browser.consent(sent, decision) };
}

const needs = ["cookies"];

const cases = [
  {
    name: "a user logs in, is known, has a profile and a token for jobs, and logs out",
    needs,
    async run(t) {
      const { login, ada, store, enter, browser: open } = await application(t);
      const browser = open();
      equal(await login.getUser(browser.request("/")), null, "nobody");
      const { response, user, returnTo } = await enter(browser, { returnTo: "/items?page=2#x" });
      equal([response.status, response.headers.get("location"), returnTo], [302, "/items?page=2#x", "/items?page=2#x"], "where he goes");
      equal([user.id, user.email, user.name, user.emailVerified], [ada.sub, ada.email, "Ada", true], "user");
      equal((await login.getUser(browser.request("/"))).id, ada.sub, "user of the session");
      const { type, refresh_token, sub, account, scopes } = await record(store, `users/${ada.sub}`);
      equal([type, typeof refresh_token, sub, account], ["authorized_user", "string", ada.sub, ada.email], "record");
      equal(scopes.join(" "), "openid email profile", "scopes");
      const { email, name } = await login.getProfile(user.id);
      equal([email, name], [ada.email, "Ada"], "profile");
      const session = t.createSession("https://svc.example", { credential: login.getCredential(user.id), endpoints: t.emulator.url });
      contains(await session.getIdToken(), "eyJ", "ID token");
      const out = await login.logout(browser.request("/logout", { method: "POST" }), { returnTo: "/bye" });
      equal([out.status, browser.take(out)], [303, "/bye"], "goodbye");
      equal(await login.getUser(browser.request("/")), null, "nobody any more");
      await t.refused(() => login.getProfile(user.id), "login_required");
      const left = await record(store, `users/${ada.sub}`);
      equal([left.refresh_token, left.token, left.id_token], [undefined, undefined, undefined], "what is left");
      equal((await t.emulator.log("revoke")).length, 1, "revocations");
    },
  },
  {
    name: "state kept by the application: begin and complete, with a store and without",
    smoke: true,
    async run(t) {
      for (const options of [{}, { store: undefined }]) {
        const { login, ada, hint, browser: open } = await application(t, options);
        const { url, flow } = await login.begin({ returnTo: "/x", ...hint });
        const { searchParams } = new URL(url);
        equal(searchParams.get("code_challenge_method"), "S256", "challenge");
        equal([searchParams.get("access_type"), searchParams.get("include_granted_scopes")], ["offline", "true"], "asked");
        const done = await login.complete(await open().consent(url), flow);
        equal([done.user.id, done.returnTo], [ada.sub, "/x"], "who");
        if ("store" in options) equal([done.file.type, typeof done.file.refresh_token], ["authorized_user", "string"], "file");
        else equal([done.file, (await login.getProfile(ada.sub)).email], [undefined, ada.email], "profile");
      }
    },
  },
  {
    name: "a link says where to go back to: only to a path of the application's own",
    needs,
    async run(t) {
      for (const [text, path] of [
        ["/items?page=2", "/items?page=2"],
        ["//evil.example", "/"],
        ["https://evil.example/", "/"],
        ["/\\evil.example", "/"],
        ["/\t/evil.example", "/"],
        ["javascript:alert(1)", "/"],
        [`${ORIGIN}/own`, "/own"],
      ]) {
        const { login, browser: open, hint } = await application(t);
        const browser = open();
        const link = `/login?return_to=${encodeURIComponent(text)}`;
        const sent = browser.take(await login.start(browser.request(link), hint));
        const { returnTo } = await login.callback(browser.request(await browser.consent(sent)));
        equal(returnTo, path, text);
      }
      const { login, browser: open } = await application(t);
      await t.refused(() => login.start(open().request("/login"), { returnTo: "//evil.example" }), "invalid_option");
    },
  },
  {
    name: "a browser that did not begin the login is not let in by its link (login CSRF)",
    needs,
    async run(t) {
      const { login, browser, back, browser: attacker } = await onTheWay(t);
      const victim = openBrowser(t, ORIGIN);
      await t.refused(() => login.callback(victim.request(back)), "login_invalid");
      // Not even with a login of its own under way.
      victim.take(await login.start(victim.request("/login")));
      await t.refused(() => login.callback(victim.request(back)), "login_invalid");
      const { user } = await login.callback(browser.request(back));
      ok(user && attacker, "the one who began it to be let in");
    },
  },
  {
    name: "a login comes back once: not again, not at the same time, not after ten minutes",
    needs,
    async run(t) {
      const { login, browser, back } = await onTheWay(t);
      const both = await Promise.allSettled([1, 2].map(() => login.callback(browser.request(back))));
      equal(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "two at once");
      equal(both.find(({ status }) => status === "rejected").reason.code, "login_invalid", "the second");
      await t.refused(() => login.callback(browser.request(back)), "login_invalid");
      equal((await t.emulator.log("token")).length, 1, "exchanges");
      const late = await onTheWay(t);
      const { now } = Date;
      Date.now = () => now() + 601_000;
      try {
        await t.refused(() => late.login.callback(late.browser.request(late.back)), "login_invalid");
      } finally {
        Date.now = now;
      }
    },
  },
  {
    name: "two tabs log in at once, each by its own login",
    needs,
    async run(t) {
      const { login, browser: open, hint } = await application(t);
      const browser = open();
      const sent = [];
      for (const returnTo of ["/one", "/two"]) sent.push(browser.take(await login.start(browser.request("/login"), { returnTo, ...hint })));
      equal(browser.cookies.size, 2, "cookies");
      for (const [at, path] of [
        [1, "/two"],
        [0, "/one"],
      ]) {
        const came = await login.callback(browser.request(await browser.consent(sent[at])));
        browser.take(came.response);
        equal(came.returnTo, path, "where it goes");
      }
    },
  },
  {
    name: "cookies are this host's alone, unreadable for pages, and Lax; logins that nobody came back from do not pile up",
    needs,
    async run(t) {
      const { login, browser: open, enter } = await application(t);
      const browser = open();
      const [begun] = (await login.start(browser.request("/login"))).headers.getSetCookie();
      ok(/^__Host-login-[\w-]+=[\w.-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/.test(begun), begun);
      const { response } = await enter(browser);
      const session = response.headers.getSetCookie().at(-1);
      ok(/^__Host-session=[\w.~-]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure$/.test(session), session);
      equal(response.headers.get("cache-control"), "no-store", "cache");
      for (let at = 0; at < 30; at += 1) browser.take(await login.start(browser.request("/login")));
      ok(browser.cookies.size < 10, `few cookies, saw ${browser.cookies.size}`);
      const local = await application(t, { redirectUri: "http://127.0.0.1:8080/callback" });
      const [plain] = (await local.login.start(new Request("http://127.0.0.1:8080/login"))).headers.getSetCookie();
      ok(/^login-[\w-]+=[\w.-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/.test(plain), plain);
    },
  },
  {
    name: "a cookie that was written by others is nobody's: flows and sessions are signed",
    needs,
    async run(t) {
      const { login, browser, back } = await onTheWay(t);
      const [[name, value]] = browser.cookies;
      const other = await onTheWay(t, { client: { clientSecret: "GOCSPX-another-client's-secret" } });
      for (const forged of [`${value}x`, value.replace(/^./, "f"), value.split(".")[0], [...other.browser.cookies.values()][0], "", "."]) {
        browser.cookies.set(name, forged);
        await t.refused(() => login.callback(browser.request(back)), "login_invalid", { what: forged.slice(0, 12) });
      }
      browser.cookies.set(name, value);
      browser.take((await login.callback(browser.request(back))).response);
      const session = browser.cookies.get("__Host-session");
      for (const forged of [`${session}x`, session.replace(/~.*/, ""), `x${session}`, session.replace(".", "")]) {
        browser.cookies.set("__Host-session", forged);
        equal(await login.getUser(browser.request("/")), null, forged);
      }
    },
  },
  {
    name: "a session begins anew with each login, and the one before ends",
    needs,
    async run(t) {
      const { login, enter, browser: open, ada } = await application(t);
      const browser = open();
      await enter(browser);
      const first = browser.cookies.get("__Host-session");
      await enter(browser);
      ok(first !== browser.cookies.get("__Host-session"), "another session");
      const thief = open();
      thief.cookies.set("__Host-session", first);
      equal(await login.getUser(thief.request("/")), null, "the one before");
      equal((await login.getUser(browser.request("/"))).id, ada.sub, "the one now");
      // Other browsers of the same user stay logged in, also when this one leaves.
      const phone = open();
      await enter(phone);
      browser.take(await login.logout(browser.request("/logout", { method: "POST" }), { revoke: false }));
      equal((await login.getUser(phone.request("/"))).id, ada.sub, "the phone");
      equal((await t.emulator.log("revoke")).length, 0, "revocations");
    },
  },
  {
    name: "another user who consents in the same browser takes nothing of the first one's",
    needs,
    async run(t) {
      const { login, enter, browser: open, ada, store } = await application(t);
      const eve = await t.emulator.make("people", { email: `${t.unique("eve")}@example.com`, name: "Eve" });
      const browser = open();
      await enter(browser);
      const before = await record(store, `users/${ada.sub}`);
      const old = browser.cookies.get("__Host-session");
      const { user } = await enter(browser, { loginHint: eve.email });
      equal(user.id, eve.sub, "who");
      equal(await record(store, `users/${ada.sub}`), before, "the first one's record");
      const thief = open();
      thief.cookies.set("__Host-session", old);
      equal(await login.getUser(thief.request("/")), null, "the first one's session here");
      // Where one has to be the one, another is refused; and so where there is but one record.
      await t.refused(() => enter(open(), { user: ada.sub, loginHint: eve.email }), "user_mismatch");
      const one = await application(t, { records: "user.json" });
      await one.enter(one.browser());
      await t.refused(() => one.enter(one.browser(), { loginHint: eve.email }), "user_mismatch");
    },
  },
  {
    name: "the user says no, the provider refuses: its words are harmless on a page",
    needs,
    async run(t) {
      const { login, browser, back } = await onTheWay(t, {}, {}, { deny: true });
      const error = await t.refused(() => login.callback(browser.request(back)), "login_cancelled");
      equal(error.server.error, "access_denied", "the provider's word");
      const again = await onTheWay(t);
      const url = new URL(again.back);
      url.searchParams.delete("code");
      url.searchParams.set("error", "server_error");
      url.searchParams.set("error_description", `<script>alert("x")</script>&`);
      const hostile = await t.refused(() => again.login.callback(again.browser.request(url)), "exchange_refused");
      ok(!/[<>&"']/.test(hostile.message + hostile.server.description), hostile.message);
    },
  },
  {
    name: "an answer of another provider, or with something twice, is refused (RFC 9207)",
    needs,
    async run(t) {
      const { login, browser, back } = await onTheWay(t);
      for (const change of [
        (url) => url.searchParams.set("iss", "https://evil.example"),
        (url) => url.searchParams.append("code", "4/0other"),
        (url) => url.searchParams.append("state", "other"),
        (url) => url.searchParams.delete("state"),
        (url) => url.searchParams.delete("code"),
        (url) => url.searchParams.set("state", url.searchParams.get("state").toLowerCase()),
      ]) {
        const url = new URL(back);
        change(url);
        await t.refused(() => login.callback(browser.request(url)), "login_invalid", { what: url.search });
      }
      equal((await t.emulator.log("token")).length, 0, "exchanges");
    },
  },
  {
    name: "a code of somebody else's login is refused, by its verifier and by its nonce (code injection)",
    needs,
    async run(t) {
      const { login, browser, back, hint, sent } = await onTheWay(t);
      const attacker = openBrowser(t, ORIGIN);
      const theirs = attacker.take(await login.start(attacker.request("/login"), hint));
      const stolen = new URL(await attacker.consent(theirs)).searchParams.get("code");
      const url = new URL(back);
      url.searchParams.set("code", stolen);
      await t.refused(() => login.callback(browser.request(url)), "login_invalid");
      // Where the challenge was stripped on the way, the verifier is what a provider refuses; the nonce is ours to look at.
      const other = openBrowser(t, ORIGIN);
      const begun = new URL(other.take(await login.start(other.request("/login"), hint)));
      begun.searchParams.set("nonce", new URL(sent).searchParams.get("nonce"));
      const answer = await other.consent(begun);
      await t.refused(() => login.callback(other.request(answer)), "invalid_answer");
    },
  },
  {
    name: "the redirect URI is the one that was configured, whatever a request says of its host",
    needs,
    async run(t) {
      const { login, hint } = await application(t);
      const headers = {
        host: "evil.example",
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "http",
        forwarded: "host=evil.example",
      };
      const sent = (await login.start(new Request("http://internal:8080/login", { headers }), hint)).headers.get("location");
      equal(new URL(sent).searchParams.get("redirect_uri"), BACK, "redirect URI");
    },
  },
  {
    name: "scopes that are not granted are an error of their own, and those that are add up",
    needs,
    async run(t) {
      const { login, enter, browser: open, ada, store } = await application(t);
      const browser = open();
      await enter(browser);
      const error = await t.refused(() => enter(browser, { scopes: [DRIVE] }, { scopes: [] }), "scopes_missing");
      contains(error.message, DRIVE, "message");
      const { refresh_token } = await record(store, `users/${ada.sub}`);
      await enter(browser, { scopes: [DRIVE] });
      const held = await record(store, `users/${ada.sub}`);
      equal(held.scopes.join(" "), `openid email profile ${DRIVE}`, "scopes");
      equal(held.refresh_token, refresh_token, "the refresh token of the first consent");
      const { token } = await login.getCredential(ada.sub)({ scopes: [DRIVE], signal: new AbortController().signal });
      ok(token, "a token");
    },
  },
  {
    name: "consent is asked for once more where the refresh token is gone, and only there",
    needs,
    async run(t) {
      const { login, enter, browser: open, store, ada } = await application(t);
      const browser = open();
      await enter(browser);
      // Another deployment has nothing of it, and Google gives no second refresh token by itself.
      const { version } = await store.read(`users/${ada.sub}`);
      await store.write(`users/${ada.sub}`, new TextEncoder().encode("{}"), version);
      const came = await enter(browser);
      equal([came.user, came.returnTo], [undefined, undefined], "nobody yet");
      const next = came.response.headers.get("location");
      const { searchParams } = new URL(next);
      equal([searchParams.get("prompt"), searchParams.get("login_hint")], ["consent", ada.sub], "asked");
      const { user } = await login.callback(browser.request(await browser.consent(next)));
      equal(user.id, ada.sub, "who");
      ok((await record(store, `users/${ada.sub}`)).refresh_token, "a refresh token");
    },
  },
  {
    name: "a domain that is asked for is looked at, too",
    needs,
    async run(t) {
      const { enter, browser: open } = await application(t, { person: { hd: "corp.example" } });
      equal((await enter(open(), { hd: "corp.example" })).user.hd, "corp.example", "domain");
      const anybody = await application(t);
      const browser = anybody.browser();
      const sent = browser.take(await anybody.login.start(browser.request("/login"), { hd: "corp.example", ...anybody.hint }));
      const open_ = new URL(sent);
      open_.searchParams.delete("hd");
      const back = await browser.consent(open_);
      await t.refused(() => anybody.login.callback(browser.request(back)), "user_mismatch");
    },
  },
  {
    name: "only the application's own pages log out",
    needs,
    async run(t) {
      const { login, enter, browser: open } = await application(t);
      const browser = open();
      await enter(browser);
      equal((await login.logout(browser.request("/logout"))).status, 405, "a link");
      for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://evil.example" }])
        equal((await login.logout(browser.request("/logout", { method: "POST", headers }))).status, 403, JSON.stringify(headers));
      ok(await login.getUser(browser.request("/")), "still there");
      equal((await login.logout(browser.request("/logout", { method: "POST", headers: { origin: ORIGIN } }))).status, 303, "its own");
    },
  },
  {
    name: "a store that loses answers: nobody is let in twice, and nobody is locked out",
    needs,
    async run(t) {
      const inner = t.memoryStore();
      let turn = 0;
      const store = {
        read: (key) => inner.read(key),
        write: async (...args) => {
          const written = await inner.write(...args);
          turn += 1;
          if (turn % 2 === 1) throw new Error("the connection was reset");
          return written;
        },
      };
      const { login, enter, browser: open, ada } = await application(t, { store });
      const browser = open();
      equal((await enter(browser)).user.id, ada.sub, "who");
      equal((await login.getUser(browser.request("/"))).id, ada.sub, "session");
    },
  },
  {
    name: "options that it cannot have are refused at once, and nothing is sent",
    async run(t) {
      const good = { clientId: "app", clientSecret: "GOCSPX-canary-of-a-secret", redirectUri: BACK, store: t.memoryStore() };
      for (const wrong of [
        { clientId: undefined },
        { clientId: "a\nb" },
        { client: { web: {} } },
        { redirectUri: "/callback" },
        { redirectUri: undefined },
        { scopes: "openid" },
        { scopes: ["a b"] },
        { store: {} },
        { secrets: ["short"] },
        { records: "" },
        { offline: "no" },
        { sessionLifetime: 0 },
        { provider: { issuer: "https://idp.example" } },
        { scope: ["openid"] },
      ])
        t.refusedAtOnce(() => t.createLogin({ ...good, ...wrong }), "invalid_option", {
          what: JSON.stringify(wrong),
          secrets: [good.clientSecret],
        });
      // What only the core can say is said with the first call.
      for (const wrong of [{ redirectUri: "http://app.example/callback" }, { redirectUri: "https://u@app.example/" }])
        await t.refused(() => t.createLogin({ ...good, ...wrong }).begin(), "invalid_option", { secrets: [good.clientSecret] });
      const login = t.createLogin(good);
      for (const begin of [{ returnTo: "a" }, { scopes: "x" }, { loginHint: "a\nb" }, { prompt: 1 }, { nope: 1 }])
        await t.refused(() => login.begin(begin), ["invalid_option", "invalid_scope"], { what: JSON.stringify(begin) });
      await t.nothingSent();
    },
  },
];

export default { name: "login", cases };
