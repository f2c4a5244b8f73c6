import { requireOneOf, requireText, requireTexts } from "./check.js";
import { randomHex } from "./random.js";
import { REFRESH_MODES } from "./users.js";

/**
 * @typedef {object} Application what was registered of a client that people log in with
 * @property {string} id
 * @property {string} name
 * @property {"web" | "installed"} type
 * @property {string[]} redirectUris
 * @property {import("../index.js").RefreshMode} refresh
 */

/** OAuth clients and their secrets. A client may have several, as at Google. */
export function createClients() {
  /** @type {Map<string, Set<string>>} */
  const clients = new Map();
  /** @type {Map<string, Application>} */
  const applications = new Map();

  /**
   * @param {string} id
   * @param {string} secret
   */
  function add(id, secret) {
    const secrets = clients.get(id);
    if (secrets) secrets.add(secret);
    else clients.set(id, new Set([secret]));
  }

  return {
    add,
    /** @param {string} id */
    secretsOf: (id) => clients.get(id),
    /** @param {string | null} id */
    applicationOf: (id) => applications.get(id ?? ""),

    /**
     * Registers a client that people log in with, and gives its file, as Google's console does.
     *
     * @param {import("../index.js").OAuthClientOptions} options
     * @param {string} origin of the emulator
     * @returns {import("../index.js").OAuthClientFile}
     */
    register(options, origin) {
      const { type = "web", name = "Emulator", redirectUris = [], refresh = "fixed" } = options;
      const { clientId = `${randomHex(12)}-${randomHex(32)}.apps.googleusercontent.com` } = options;
      const { clientSecret = `GOCSPX-${randomHex(28)}` } = options;
      requireOneOf("type", type, /** @type {const} */ (["web", "installed"]));
      requireOneOf("refresh", refresh, REFRESH_MODES);
      requireText({ name, clientId, clientSecret });
      requireTexts({ redirectUris });
      add(clientId, clientSecret);
      applications.set(clientId, { id: clientId, name, type, redirectUris, refresh });
      return {
        [type]: {
          client_id: clientId,
          project_id: "emulator",
          auth_uri: `${origin}/o/oauth2/auth`,
          token_uri: `${origin}/token`,
          auth_provider_x509_cert_url: `${origin}/oauth2/v1/certs`,
          client_secret: clientSecret,
          redirect_uris: type === "web" ? redirectUris : ["http://localhost"],
        },
      };
    },
  };
}

/**
 * Whether a client may have browsers sent there. RFC 8252 section 7.3: an app on somebody's own machine takes the port that it gets.
 *
 * @param {Application} application
 * @param {string} uri
 */
export function isRegistered({ type, redirectUris }, uri) {
  if (redirectUris.includes(uri)) return true;
  return type === "installed" && /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/[^#\\]*)?$/.test(uri);
}
