// Bad input gets one clear AuthError with a stable code, nothing is sent, and no secret is shown.
import { contains, equal, failure, ok, show } from "../client/check.js";
import { CANARY } from "../client/secrets.js";

/** Options that are refused when the session is made, alike everywhere. */
const badOptions = [
  [{ timeout: -1 }, "invalid_option"],
  [{ timeout: 0 }, "invalid_option"],
  [{ timeout: NaN }, "invalid_option"],
  [{ timeout: Infinity }, "invalid_option"],
  [{ timeout: 2 ** 31 - 0.5 }, "invalid_option"],
  [{ timeout: "5000" }, "invalid_option"],
  [{ timeout: true }, "invalid_option"],
  [{ audience: "" }, "invalid_audience"],
  [{ audience: 7 }, "invalid_audience"],
  [{ audience: "a\r\nx: y" }, "invalid_audience"],
  [{ audience: "a\0" }, "invalid_audience"],
  [{ audience: "bücher" }, "invalid_audience"],
  [{ userAgent: "a\r\nx: y" }, "invalid_option"],
  [{ userAgent: "ü" }, "invalid_option"],
  [{ userAgent: 7 }, "invalid_option"],
  [{ quotaProject: "p\nx" }, "invalid_option"],
  [{ quotaProject: "ü" }, "invalid_option"],
  [{ headers: { "x-a": `${CANARY}\r\nx: y` } }, "invalid_option"],
  [{ headers: { "bad name": "x" } }, "invalid_option"],
  [{ headers: 7 }, "invalid_option"],
  [{ authorizationHeader: "cookie" }, "invalid_option"],
  [{ authorizationHeader: "Authorization\r\n" }, "invalid_option"],
  [{ keepAlive: "no" }, "invalid_option"],
  [{ joinUrl: "https://evil.example" }, "invalid_option"],
  [{ waitUntil: 7 }, "invalid_option"],
  [{ retry: "often" }, "invalid_option"],
  [{ retry: true }, "invalid_option"],
  [{ retry: [] }, "invalid_option"],
  [{ retry: { attempts: 0 } }, "invalid_option"],
  [{ retry: { attempts: 1.5 } }, "invalid_option"],
  [{ retry: { attempts: "3" } }, "invalid_option"],
  [{ retry: { delay: -1 } }, "invalid_option"],
  [{ retry: { maxDelay: NaN } }, "invalid_option"],
  [{ retry: { methods: "GET" } }, "invalid_option"],
  [{ retry: { methods: ["GET POST"] } }, "invalid_option"],
  [{ retry: { statuses: ["503"] } }, "invalid_option"],
  [{ retry: { limit: 3 } }, "invalid_option"],
  [{ universeDomain: "example.goog\n" }, ["invalid_option"]],
  [{ subject: "" }, ["invalid_option"]],
  [{ subjectToken: "gitlab" }, ["invalid_option"]],
  [{ credentialType: 7 }, ["invalid_option"]],
  [{ gcloud: "no" }, ["invalid_option"]],
  [{ allowedHosts: "evil.example" }, "invalid_option"],
  [{ allowedHosts: [7] }, "invalid_option"],
  [{ endpoints: 7 }, "invalid_option"],
  [{ credential: 7 }, ["invalid_option", "invalid_credential"]],
  [{ credential: [CANARY] }, ["invalid_option", "invalid_credential"]],
  [{ credential: null }, ["invalid_option", "invalid_credential"]],
];

/** Credentials that are refused at the first call at the latest. */
const badCredentials = (key, keys) => [
  ["", "invalid_credential"],
  [`${CANARY}, not JSON`, "invalid_credential"],
  [`{"private_key": "${CANARY}"`, "invalid_credential"],
  [`["${CANARY}"]`, "invalid_credential"],
  [`"${CANARY}"`, "invalid_credential"],
  ["null", "invalid_credential"],
  [{}, "invalid_credential"],
  [{ ...key, type: 7 }, "invalid_credential"],
  [{ type: "authorized_user", refresh_token: CANARY, client_secret: CANARY }, "invalid_credential"],
  [{ type: "gdch_service_account" }, "unsupported_credential"],
  [{ type: `x-${CANARY.slice(0, 3)}` }, "unsupported_credential"],
  [{ web: { client_id: "x", client_secret: CANARY } }, "unsupported_credential"],
  [{ ...key, client_email: undefined }, "invalid_credential"],
  [{ ...key, client_email: 7 }, "invalid_credential"],
  [{ ...key, client_email: "a@b\r\nx: y" }, "invalid_credential"],
  [{ ...key, client_email: "ü@b.example" }, "invalid_credential"],
  [{ ...key, private_key: undefined }, "invalid_credential"],
  [{ ...key, private_key: "" }, "invalid_credential"],
  [{ ...key, private_key: { pem: CANARY } }, "invalid_credential"],
  [{ ...key, private_key: `not a PEM but ${CANARY}` }, "invalid_credential"],
  [{ ...key, private_key: `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n` }, "invalid_credential"],
  [{ ...key, private_key: key.private_key.slice(0, 800) }, "invalid_credential"],
  [{ ...key, private_key: key.private_key.replace(/\n.{64}\n/, "\n") }, ["invalid_credential", "signing_failed"]],
  [{ ...key, private_key: keys.pkcs8_1024 }, "invalid_credential"],
  [{ ...key, private_key: keys.ec_p256 }, "invalid_credential"],
  [{ ...key, private_key: keys.encrypted }, "invalid_credential"],
  [{ ...key, token_uri: "https://evil.example/token" }, "untrusted_host"],
  [{ ...key, token_uri: "http://oauth2.googleapis.com/token" }, ["untrusted_host", "invalid_credential"]],
  [{ ...key, token_uri: "https://oauth2.googleapis.com@evil.example/token" }, ["untrusted_host", "invalid_credential"]],
  [{ ...key, token_uri: `https://user:${CANARY}@oauth2.googleapis.com/token?key=${CANARY}` }, "invalid_credential"],
  [{ ...key, token_uri: "not a URL" }, "invalid_credential"],
  [{ ...key, universe_domain: "example.goog" }, "unsupported_credential"],
];

/** What is wrong with a credential, for messages: its members that are not a good one's. */
function withoutKey(bad, key) {
  if (typeof bad === "string") return bad;
  return Object.fromEntries(Object.entries(bad).map(([name, value]) => [name, value === key[name] ? "good" : value]));
}

const cases = [
  {
    name: "options that cannot be",
    smoke: true,
    async run(t) {
      const { options } = await t.open();
      for (const [bad, code] of badOptions) {
        const error = t.refusedAtOnce(() => t.createSession("https://svc.example", { ...options, ...bad }), code, { what: show(bad) });
        equal([error.name, error.transient], ["AuthError", false], "name and transient");
      }
      for (const bad of [null, 7, "x"]) t.refusedAtOnce(() => t.createSession("https://svc.example", bad), "invalid_option");
      t.refusedAtOnce(() => t.createSession("https://svc.example", { [t.customFetch]: 7 }), "invalid_option");
      t.refusedAtOnce(() => t.createSession("https://svc.example", { audiense: "x" }), "invalid_option");
      await t.nothingSent();
    },
  },
  {
    name: "undefined options are as if left out",
    async run(t) {
      const nothing = Object.fromEntries(badOptions.map(([bad]) => [Object.keys(bad)[0], undefined]));
      const { session } = await t.open({ session: { ...nothing, credential: undefined } });
      session.dispose();
      const { service, options } = await t.open();
      const working = t.createSession(service.url, { ...nothing, ...options });
      equal((await working.get("/")).status, 200, "status");
    },
  },
  {
    name: "endpoints are an origin on this machine only",
    async run(t) {
      const { key } = await t.open();
      const bad = ["https://evil.example", "http://10.0.0.1:1", "http://127.0.0.1.evil.example", `${t.emulator.url}/path`, "nonsense"];
      bad.push(t.emulator.url.replace("//", `//user:${CANARY}@`));
      for (const endpoints of bad) {
        const call = async () => t.createSession("https://svc.example", { credential: key, endpoints }).getIdToken();
        await t.refused(call, "invalid_option");
      }
      await t.nothingSent();
    },
  },
  {
    name: "the environment's emulator, too, is an origin on this machine only",
    needs: ["env"],
    async run(t) {
      const { key } = await t.open();
      try {
        for (const emulator of ["https://evil.example", "http://10.0.0.1:1", "nonsense"]) {
          t.runtime.setEnv("CLOUD_RUN_AUTH_EMULATOR", emulator);
          const { session, calls } = t.offline("https://svc.example", { credential: key });
          await t.refused(() => session.get("/x"), "invalid_option");
          equal(calls.length, 0, "requests");
        }
      } finally {
        t.runtime.setEnv("CLOUD_RUN_AUTH_EMULATOR", undefined);
      }
    },
  },
  {
    name: "credentials that cannot be",
    smoke: true,
    async run(t) {
      const { key, service, options } = await t.open();
      const keys = t.vectors.keys.keys;
      for (const [bad, code] of badCredentials(key, keys)) {
        for (const credential of typeof bad === "string" ? [bad] : [bad, JSON.stringify(bad)]) {
          const calls = [];
          const counting = (...given) => (calls.push(given), fetch(...given));
          const call = async () => t.createSession(service.url, { ...options, credential, [t.customFetch]: counting }).get("/");
          const error = await t.refused(call, code, { what: show(withoutKey(bad, key)) });
          equal([calls.length, error.transient], [0, false], `requests and transience for ${error.message}`);
        }
      }
      await t.nothingSent();
    },
  },
  {
    name: "a credential object that is not plain JSON",
    async run(t) {
      const circular = { type: "service_account", private_key: CANARY };
      circular.self = circular;
      const throwing = {
        get private_key() {
          throw new Error(CANARY);
        },
      };
      const bad = { circular, throwing, vanishing: { toJSON: () => undefined }, "a big number": { big: 1n } };
      for (const [what, credential] of Object.entries(bad)) {
        const call = async () => t.createSession("https://svc.example", { credential }).getIdToken();
        await t.refused(call, ["invalid_credential", "invalid_option"], { what });
      }
      await t.nothingSent();
    },
  },
  {
    name: "no credential at all",
    async run(t) {
      const { service } = await t.open();
      const error = await t.refused(async () => t.createSession(service.url).get("/"), "credential_not_found");
      contains(error.message, "credential", "message");
      if (!t.runtime.lacks.env) {
        t.runtime.setEnv("GOOGLE_APPLICATION_CREDENTIALS", "");
        await t.refused(async () => t.createSession(service.url).get("/"), "credential_not_found");
        t.runtime.setEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined);
      }
      await t.nothingSent();
    },
  },
  {
    name: "a key file that is missing, unreadable or no key file",
    needs: ["env", "files"],
    async run(t) {
      const { service } = await t.open();
      const files = [
        ["missing.json", "credential_unreadable"],
        ["", "credential_unreadable"],
        ["not-json.json", "invalid_credential"],
        ["empty.json", "invalid_credential"],
        ["cut.json", "invalid_credential"],
        ["user.json", "invalid_credential"],
        ["no-email.json", "invalid_credential"],
      ];
      try {
        for (const [file, code] of files) {
          t.runtime.setEnv("GOOGLE_APPLICATION_CREDENTIALS", `${t.folder}/${file}`);
          const error = await t.refused(async () => t.createSession(service.url).get("/"), code);
          contains(error.message, "GOOGLE_APPLICATION_CREDENTIALS", "message");
          contains(error.message, t.folder, "message");
        }
      } finally {
        t.runtime.setEnv("GOOGLE_APPLICATION_CREDENTIALS", undefined);
      }
      await t.nothingSent();
    },
  },
  {
    name: "calls that cannot be",
    async run(t) {
      const { session } = await t.open();
      const odd = [{ json: () => {} }, { json: 1n }, { searchParams: [["a"]] }, { searchParams: { a: Symbol("b") } }];
      for (const init of [7, "x", { timeout: -1 }, { timeout: "1" }, { json: 1, body: "b" }, ...odd]) {
        await t.refused(() => session.post("/x", init), "invalid_option", { what: show(init) });
      }
      for (const audience of ["", 7, "a\r\nb", "ü"]) {
        await t.refused(() => session.getIdToken({ audience }), "invalid_audience", { what: show(audience) });
        await t.refused(() => session.authorizationHeaders({ audience }), "invalid_audience", { what: show(audience) });
      }
      await t.nothingSent();
    },
  },
  {
    name: "a header of the call's that cannot be is refused, its value not shown",
    async run(t) {
      const { session } = await t.open();
      for (const headers of [{ "x-a": `${CANARY}\r\nx: y` }, { "bad name": CANARY }]) {
        const error = await failure(session.get("/x", { headers }));
        ok(error instanceof TypeError || error instanceof t.AuthError, `an error, saw ${error}`);
        if (error instanceof t.AuthError) t.noSecret(error);
      }
      await t.nothingSent();
    },
  },
];

export default { name: "bad input", cases };
