// What a case is handed: the package, the runtime, the two servers, and short ways to what most cases need.
import { CheckFailed, equal, ok, thrown, thrownAtOnce } from "./check.js";
import { connectEmulator, connectLab } from "./control.js";
import { CANARY, holdsNoSecret, secretsOf } from "./secrets.js";

let count = 0;

/** A name that no other case, run or runtime uses: tokens are cached for the life of the module. */
function unique(prefix) {
  count += 1;
  return `${prefix}${count}-${Math.random().toString(36).slice(2, 8)}`;
}

/**
 * @param {object} lib what the package exports
 * @param {object} config from the lab
 * @param {object} runtime
 */
export function createWorld(lib, config, runtime) {
  const emulator = connectEmulator(config.emulator);
  const lab = connectLab(config);
  const pem = config.vectors.keys.keys.pkcs8_2048;
  const secrets = secretsOf(pem);
  const { createSession, AuthError, customFetch } = lib;

  /** A service account's key file. One RSA key serves them all: emails and key ids tell them apart. */
  async function account() {
    const name = unique("a");
    const key = {
      type: "service_account",
      project_id: "tests",
      private_key_id: unique("k"),
      private_key: pem,
      client_email: `${name}@tests.iam.gserviceaccount.com`,
      client_id: "1",
      token_uri: "https://oauth2.googleapis.com/token",
      universe_domain: "googleapis.com",
    };
    await emulator.addAccount(key);
    return key;
  }

  const world = {
    ...lib,
    lib,
    runtime,
    emulator,
    lab,
    vectors: config.vectors,
    folder: config.folder,
    unique,
    account,

    /** A private service and what calls it. */
    async open({ session: options = {}, service: serviceOptions = {}, base = (url) => url } = {}) {
      const key = await account();
      const service = await emulator.addService({ name: unique("s"), ...serviceOptions });
      const all = { credential: key, endpoints: emulator.url, ...options };
      return { key, service, options: all, session: createSession(base(service.url), all) };
    },

    /** A session whose requests go nowhere but into `calls`. Nothing is exchanged: the credential is a function. */
    offline(base, options = {}) {
      const calls = [];
      const record = async (input, init = {}) => {
        const request = typeof input === "string" || input instanceof URL ? undefined : input;
        const headers = new Headers(init.headers ?? request?.headers);
        calls.push({ input, url: request?.url ?? String(input), init, headers, method: init.method ?? request?.method ?? "GET" });
        return (await options.answer?.(calls.at(-1))) ?? new Response("ok");
      };
      const { answer: _, ...rest } = options;
      const session = createSession(base, { credential: async () => `opaque-${CANARY}`, [customFetch]: record, ...rest });
      return { session, calls };
    },

    /** That an action fails with an AuthError of that code, which shows no secret. */
    async refused(action, code, { what = "the call", secrets: more = [] } = {}) {
      return judge(await thrown(action, `${what} (${code})`), code, what, more);
    },
    refusedAtOnce(action, code, { what = "the call", secrets: more = [] } = {}) {
      return judge(thrownAtOnce(action, `${what} (${code})`), code, what, more);
    },

    /** The same by hand, for errors that came another way. */
    noSecret: (error, more = []) => holdsNoSecret(error, [...secrets, ...more], runtime.inspect),

    async nothingSent() {
      equal(
        (await emulator.sent()).map(({ method, path }) => `${method} ${path}`),
        [],
        "requests that were sent",
      );
    },

    /** How many token exchanges the emulator saw. */
    exchanges: async () => (await emulator.log("token")).filter(({ method }) => method === "POST").length,
  };

  function judge(error, code, what, more) {
    world.noSecret(error, more);
    const seen = `saw ${error?.name}: ${error?.message}`;
    if (!(error instanceof AuthError)) throw new CheckFailed(`${what}: expected an AuthError ${code}, ${seen}`);
    const codes = [code].flat();
    ok(codes.includes(error.code), `the code ${codes.join(" or ")} of ${what}, saw ${error.code}: ${error.message}`);
    equal(typeof error.transient, "boolean", "the type of transient");
    ok(error.message.length > 20 && !/undefined|\[object/.test(error.message), `a message for people, saw ${error.message}`);
    return error;
  }

  return world;
}
