import { requireOneOf, requireText, requireTexts } from "./check.js";
import { parseWorkforce } from "./audience.js";
import { randomAccountId, randomHex } from "./random.js";
import { CLOUD_PLATFORM, USERINFO_EMAIL } from "./scopes.js";

/**
 * @typedef {object} User somebody who holds a refresh token
 * @property {string} principal the email; of a workforce identity, its principal
 * @property {string | undefined} email
 * @property {string} sub
 * @property {string} clientId the client that the refresh token was given to
 * @property {string[]} scopes
 * @property {boolean} rotate
 * @property {boolean} external
 * @property {import("../index.js").UserState} state
 * @property {string} refreshToken the one that works
 */

// What `gcloud auth application-default login` uses.
const GCLOUD_CLIENT = "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com";
const STATES = /** @type {const} */ (["active", "revoked", "reauth"]);

/**
 * Users with a refresh token, and the credential files that hold it.
 *
 * @param {ReturnType<typeof import("./clients.js").createClients>} clients
 */
export function createUsers(clients) {
  /** Also by tokens that rotation has put out of use. @type {Map<string, User>} */
  const users = new Map();

  /**
   * @param {Omit<User, "state" | "refreshToken">} user
   * @param {string} clientSecret
   */
  function add(user, clientSecret) {
    requireText({ clientId: user.clientId, clientSecret });
    requireTexts({ scopes: user.scopes });
    clients.add(user.clientId, clientSecret);
    const refreshToken = newRefreshToken();
    users.set(refreshToken, { ...user, state: "active", refreshToken });
    return refreshToken;
  }

  return {
    /** @param {string} refreshToken */
    find: (refreshToken) => users.get(refreshToken),

    /**
     * Puts a new refresh token in the place of the old one.
     *
     * @param {User} user
     */
    rotate(user) {
      user.refreshToken = newRefreshToken();
      users.set(user.refreshToken, user);
      return user.refreshToken;
    },

    /**
     * @param {string} who an email, a principal or a refresh token
     * @param {import("../index.js").UserState} state
     */
    setState(who, state) {
      requireOneOf("state", state, STATES);
      const found = [...users].filter(([token, user]) => token === who || user.principal === who);
      if (found.length === 0) throw new TypeError("there is no such user");
      for (const [, user] of found) user.state = state;
    },

    /**
     * @param {import("../index.js").AuthorizedUserOptions} options
     * @returns {import("../index.js").AuthorizedUserFile}
     */
    create(options) {
      const { email = "developer@example.com", clientId = GCLOUD_CLIENT, clientSecret = `GOCSPX-${randomHex(28)}` } = options;
      const { scopes = ["openid", USERINFO_EMAIL, CLOUD_PLATFORM], rotate = false, quotaProjectId, universeDomain } = options;
      requireText({ email });
      const user = { principal: email, email, sub: randomAccountId(), clientId, scopes, rotate, external: false };
      const refreshToken = add(user, clientSecret);
      return {
        account: "",
        client_id: clientId,
        client_secret: clientSecret,
        ...(quotaProjectId === undefined ? {} : { quota_project_id: quotaProjectId }),
        refresh_token: refreshToken,
        type: "authorized_user",
        universe_domain: universeDomain ?? "googleapis.com",
      };
    },

    /**
     * @param {import("../index.js").ExternalAuthorizedUserOptions} options
     * @returns {import("../index.js").ExternalAuthorizedUserFile}
     */
    createExternal(options) {
      const { audience = "//iam.googleapis.com/locations/global/workforcePools/emulator-pool/providers/emulator-provider" } = options;
      const { subject = "developer", clientId = `emulator-${randomHex(8)}`, clientSecret = `GOCSPX-${randomHex(28)}` } = options;
      const { scopes = [CLOUD_PLATFORM], rotate = false, tokenUrl, quotaProjectId, universeDomain = "googleapis.com" } = options;
      requireText({ subject });
      const principal = parseWorkforce(audience).principal(subject);
      const user = { principal, email: undefined, sub: subject, clientId, scopes, rotate, external: true };
      const refreshToken = add(user, clientSecret);
      const sts = `https://sts.${universeDomain}/v1`;
      return {
        type: "external_account_authorized_user",
        audience,
        client_id: clientId,
        client_secret: clientSecret,
        ...(quotaProjectId === undefined ? {} : { quota_project_id: quotaProjectId }),
        refresh_token: refreshToken,
        token_url: tokenUrl ?? `${sts}/oauthtoken`,
        token_info_url: `${sts}/introspect`,
        revoke_url: `${sts}/revoke`,
        universe_domain: universeDomain,
      };
    },
  };
}

function newRefreshToken() {
  return `1//0${randomHex(96)}`;
}
