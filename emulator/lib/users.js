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
 * @property {import("../index.js").RefreshMode} refresh
 * @property {boolean} external
 * @property {import("./people.js").Person} [person] who consented
 * @property {import("../index.js").UserState} state
 * @property {boolean} [ended] whether its access tokens are good for nothing any more either
 * @property {string} refreshToken the one that works
 * @property {string} [previous] the one before, while its successor was not used
 */

// What `gcloud auth application-default login` uses.
const GCLOUD_CLIENT = "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com";
const STATES = /** @type {const} */ (["active", "revoked", "reauth"]);
export const REFRESH_MODES = /** @type {const} */ (["fixed", "rotate", "leeway", "strict"]);
/** Of one account and one client; the oldest goes without a word. */
const MOST_TOKENS = 100;

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
    requireOneOf("refresh", user.refresh, REFRESH_MODES);
    clients.add(user.clientId, clientSecret);
    return keep(user).refreshToken;
  }

  /** @param {Omit<User, "state" | "refreshToken">} user */
  function keep(user) {
    const refreshToken = newRefreshToken();
    /** @type {User} */
    const kept = { ...user, state: "active", refreshToken };
    users.set(refreshToken, kept);
    return kept;
  }

  return {
    /** @param {string} refreshToken */
    find: (refreshToken) => users.get(refreshToken),

    /**
     * What a person's consent gives: a refresh token, one more of those that he has with that client.
     *
     * @param {import("./people.js").Person} person
     * @param {{ clientId: string, scopes: string[], refresh: import("../index.js").RefreshMode, refreshes: boolean }} what
     */
    consent(person, { refreshes, ...what }) {
      const live = this.of(person.sub, what.clientId);
      if (refreshes && live.length >= MOST_TOKENS) live[0].state = "revoked";
      return keep({ ...what, principal: person.email, email: person.email, sub: person.sub, external: false, person });
    },

    /** @param {User} user */
    end(user) {
      user.state = "revoked";
      user.ended = true;
    },

    /**
     * Of a person and a client, the oldest first.
     *
     * @param {string} sub
     * @param {string} clientId
     */
    of: (sub, clientId) =>
      [...new Set(users.values())].filter((user) => user.sub === sub && user.clientId === clientId && user.state === "active"),

    /**
     * Puts a new refresh token in the place of the one that was used, if the client's are not for good.
     *
     * @param {User} user
     * @param {string} used
     * @returns {string | undefined}
     */
    rotate(user, used) {
      if (user.refresh === "fixed") return undefined;
      // Its successor was not used, or it would not be good any more: that one is lost.
      user.previous = used;
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
      const { refresh = rotate ? "rotate" : "fixed" } = options;
      requireText({ email });
      const user = { principal: email, email, sub: randomAccountId(), clientId, scopes, refresh, external: false };
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
      /** @type {Omit<User, "state" | "refreshToken">} */
      const user = { principal, email: undefined, sub: subject, clientId, scopes, refresh: rotate ? "rotate" : "fixed", external: true };
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
