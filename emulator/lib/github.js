import { json } from "./answers.js";
import { ISSUER_PATH, mintSubjectToken } from "./issuer.js";
import { randomHex } from "./random.js";

/** @typedef {import("./call.js").Call} Call */

const PATH = `${ISSUER_PATH}/github/idtoken`;

/** Jobs of GitHub Actions that may ask for ID tokens, by their request tokens. */
export function createGitHubJobs() {
  /** @type {Map<string, Required<import("../index.js").GitHubJobOptions>>} */
  const jobs = new Map();
  return {
    /** @param {string} token */
    find: (token) => jobs.get(token),
    /**
     * @param {import("../index.js").GitHubJobOptions} options
     * @param {string} origin
     */
    add({ repository = "octo-org/octo-repo", ref = "refs/heads/main", claims = {} }, origin) {
      const token = `ghr_${randomHex(48)}`;
      jobs.set(token, { repository, ref, claims });
      // The query is there already: clients append to it.
      const url = `${origin}${PATH}?api-version=2.0`;
      return { url, token, env: { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } };
    },
  };
}

/**
 * The endpoint where a job of GitHub Actions fetches its ID token.
 *
 * @param {Call} call
 */
export async function github({ state, request, query, origins: [origin], entry }) {
  const job = state.githubJobs.find(/^bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "");
  if (!job) {
    entry.outcome = "no request token";
    return json({ message: "The request token is missing, or not one of a job." }, { status: 401 });
  }
  const { repository, ref, claims } = job;
  const owner = repository.split("/")[0];
  const value = await mintSubjectToken(state, {
    issuer: origin + ISSUER_PATH,
    subject: `repo:${repository}:ref:${ref}`,
    audience: new URLSearchParams(query).get("audience") || `https://github.com/${owner}`,
    lifetime: 300,
    claims: { repository, repository_owner: owner, ref, ref_type: "branch", event_name: "push", ...claims },
  });
  return json({ count: value.length, value });
}
