import { requireText } from "./check.js";
import { randomAccountId, randomHex } from "./random.js";
import { generateRsa, publicKeyOfPem, toPem } from "./rsa.js";

/** @typedef {import("../index.js").ServiceAccountKeyFile} KeyFile */
/**
 * @typedef {object} Account
 * @property {string} email
 * @property {string} projectId
 * @property {string} clientId
 * @property {Map<string, CryptoKey>} keys public keys by key id
 * @property {Set<string>} delegatedScopes scopes for which it may act as any user
 * @property {string} universe the domain of the cloud it belongs to
 * @property {number} maxLifetime of access tokens that others make for it, in seconds
 */

export const GOOGLE_UNIVERSE = "googleapis.com";

// Without the organization policy that lets an account's access tokens live for up to twelve hours.
const MAX_LIFETIME = 3600;
const EXTENDED_LIFETIME = 43_200;

/** Service accounts and the public halves of their keys. */
export function createAccounts() {
  /** @type {Map<string, Account>} */
  const accounts = new Map();

  /**
   * @param {string} email
   * @param {{ projectId?: string, clientId?: string, universe?: string }} [options]
   */
  function open(email, { projectId = projectOf(email), clientId = randomAccountId(), universe = GOOGLE_UNIVERSE } = {}) {
    let account = accounts.get(email);
    if (!account) {
      account = { email, projectId, clientId, keys: new Map(), delegatedScopes: new Set(), universe, maxLifetime: MAX_LIFETIME };
      accounts.set(email, account);
    }
    return account;
  }

  return {
    /** @param {string} email */
    find: (email) => accounts.get(email),
    /**
     * An account by what stands in a URL: its email, or its number.
     *
     * @param {string} name
     */
    named: (name) => accounts.get(name) ?? [...accounts.values()].find((account) => account.clientId === name),
    open,
    /** @param {string} email */
    remove: (email) => void accounts.delete(email),

    /** @param {import("../index.js").ServiceAccountOptions} options */
    addKeyless({ email, projectId, universeDomain, maxLifetime = MAX_LIFETIME, delegatedScopes = [] }) {
      requireText({ email });
      if (!(maxLifetime > 0 && maxLifetime <= EXTENDED_LIFETIME))
        throw new TypeError(`maxLifetime must be 1 to ${EXTENDED_LIFETIME} seconds`);
      const account = open(email, { projectId, universe: universeDomain });
      account.maxLifetime = maxLifetime;
      for (const scope of delegatedScopes) account.delegatedScopes.add(scope);
      return { email, projectId: account.projectId, uniqueId: account.clientId };
    },

    /**
     * @param {import("../index.js").ServiceAccountKeyOptions} options
     * @returns {Promise<KeyFile>}
     */
    async create(options) {
      const { projectId = "emulator-project", bits = 2048, tokenUri = "https://oauth2.googleapis.com/token" } = options;
      const { email = `emulator@${projectId}.iam.gserviceaccount.com`, delegatedScopes = [] } = options;
      const { universeDomain = GOOGLE_UNIVERSE } = options;
      requireText({ email, projectId, tokenUri, universeDomain });

      const { privateKey, publicKey } = await generateRsa(bits);
      const pem = await toPem(privateKey);
      const keyId = randomHex(40);
      const account = open(email, { projectId, universe: universeDomain });
      account.keys.set(keyId, publicKey);
      for (const scope of delegatedScopes) account.delegatedScopes.add(scope);

      return {
        type: "service_account",
        project_id: account.projectId,
        private_key_id: keyId,
        private_key: pem,
        client_email: email,
        client_id: account.clientId,
        auth_uri: "https://accounts.google.com/o/oauth2/auth",
        token_uri: tokenUri,
        auth_provider_x509_cert_url: "https://www.googleapis.com/oauth2/v1/certs",
        client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(email)}`,
        universe_domain: account.universe,
      };
    },

    /**
     * @param {KeyFile | string} key
     * @param {import("../index.js").DelegationOptions} options
     */
    async add(key, { delegatedScopes = [] }) {
      const file = typeof key === "string" ? JSON.parse(key) : key;
      if (file?.type !== "service_account") throw new TypeError('a key file must have "type": "service_account"');
      const { client_email, private_key_id, private_key, project_id = "", client_id, universe_domain } = file;
      requireText({ client_email, private_key_id, private_key });

      const publicKey = await publicKeyOfPem(private_key);
      const account = open(client_email, { projectId: project_id, clientId: client_id, universe: universe_domain });
      account.keys.set(private_key_id, publicKey);
      for (const scope of delegatedScopes) account.delegatedScopes.add(scope);
    },
  };
}

/** @param {string} email */
function projectOf(email) {
  return /^[^@]+@([^.]+)\.iam\.gserviceaccount\.com$/.exec(email)?.[1] ?? "emulator-project";
}
