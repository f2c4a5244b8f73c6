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
 */

/** Service accounts and the public halves of their keys. */
export function createAccounts() {
  /** @type {Map<string, Account>} */
  const accounts = new Map();

  /**
   * @param {string} email
   * @param {string} projectId
   * @param {string} clientId
   */
  function open(email, projectId, clientId) {
    let account = accounts.get(email);
    if (!account) {
      account = { email, projectId, clientId, keys: new Map(), delegatedScopes: new Set() };
      accounts.set(email, account);
    }
    return account;
  }

  return {
    /** @param {string} email */
    find: (email) => accounts.get(email),
    /** @param {string} email */
    remove: (email) => void accounts.delete(email),

    /**
     * @param {import("../index.js").ServiceAccountKeyOptions} options
     * @returns {Promise<KeyFile>}
     */
    async create(options) {
      const { projectId = "emulator-project", bits = 2048, tokenUri = "https://oauth2.googleapis.com/token" } = options;
      const { email = `emulator@${projectId}.iam.gserviceaccount.com`, delegatedScopes = [] } = options;
      requireText({ email, projectId, tokenUri });

      const { privateKey, publicKey } = await generateRsa(bits);
      const pem = await toPem(privateKey);
      const keyId = randomHex(40);
      const account = open(email, projectId, randomAccountId());
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
        universe_domain: "googleapis.com",
      };
    },

    /**
     * @param {KeyFile | string} key
     * @param {import("../index.js").DelegationOptions} options
     */
    async add(key, { delegatedScopes = [] }) {
      const file = typeof key === "string" ? JSON.parse(key) : key;
      if (file?.type !== "service_account") throw new TypeError('a key file must have "type": "service_account"');
      const { client_email, private_key_id, private_key, project_id = "", client_id = randomAccountId() } = file;
      requireText({ client_email, private_key_id, private_key });

      const publicKey = await publicKeyOfPem(private_key);
      const account = open(client_email, project_id, client_id);
      account.keys.set(private_key_id, publicKey);
      for (const scope of delegatedScopes) account.delegatedScopes.add(scope);
    },
  };
}

/** @param {Record<string, unknown>} values */
function requireText(values) {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "string" || value === "") throw new TypeError(`${name} must be a string that is not empty`);
  }
}
