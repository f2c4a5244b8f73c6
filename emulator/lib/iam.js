import { apiAnswer, ApiError, apiJson } from "./api-error.js";
import { authenticate } from "./bearer.js";
import { methods } from "./iam-methods.js";
import { decode } from "./decode.js";
import { readMessage } from "./read-message.js";
import { redactText } from "./redact.js";
import { CLOUD_PLATFORM, IAM } from "./scopes.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./accounts.js").Account} Account */

const PREFIX = "projects/-/serviceAccounts/";
const PATH = /^\/v1\/projects\/([^/]+)\/serviceAccounts\/([^/:]+):(\w+)$/;

/**
 * IAM Service Account Credentials: tokens and signatures of service accounts, for those who may act as them.
 *
 * @param {Call} call
 */
export function iam(call) {
  return apiAnswer(call, async () => {
    const [, project, name, verb] = PATH.exec(call.path) ?? [];
    const method = methods.get(verb);
    if (!method) throw new ApiError(404, "Method not found.");
    const target = decode(name);
    /** @type {import("../index.js").IamLog} */
    const log = (call.entry.iam = { method: verb, target: redactText(target), delegates: [], caller: null });

    const { principal } = await authenticate(call, "iamcredentials", [CLOUD_PLATFORM, IAM]);
    log.caller = principal;
    const message = await readMessage(call.request, method.fields);
    if (project !== "-") throw new ApiError(400, "Invalid resource name: the project must be the wildcard -.");
    const delegates = message.delegates.map(delegateOf);
    log.delegates = delegates.map(redactText);
    for (const field of /** @type {const} */ (["audience", "scope", "lifetime", "includeEmail"])) {
      if (field in message) Object.assign(log, { [field]: shown(message[field]) });
    }
    // What is asked for is judged before who asks for it.
    const work = method.prepare(message);
    const account = checkChain(call, principal, [...delegates, target], method.permission);
    return apiJson(await work(call.state, account));
  });
}

/** @param {unknown} name */
function delegateOf(name) {
  if (typeof name !== "string" || !name.startsWith(PREFIX) || name.length === PREFIX.length) {
    throw new ApiError(400, `Invalid delegate: it must have the form ${PREFIX}EMAIL_OR_UNIQUE_ID.`);
  }
  return name.slice(PREFIX.length);
}

/**
 * Each may act as the next: the caller as the first delegate, the last delegate as the target.
 *
 * @param {Call} call
 * @param {string} caller
 * @param {string[]} names
 * @param {string} permission
 * @returns {Account} the target
 */
function checkChain({ state }, caller, names, permission) {
  const chain = names.map((name) => {
    const account = state.accounts.named(name);
    if (!account) throw new ApiError(404, `Not found; Gaia id not found for email ${name}`);
    return account;
  });
  let current = caller;
  for (const account of chain) {
    if (!state.impersonation.isAllowed({ caller: current, target: account.email })) {
      throw new ApiError(403, `Permission '${permission}' denied on resource (or it may not exist).`, {
        reason: "IAM_PERMISSION_DENIED",
        domain: "iam.googleapis.com",
        metadata: { permission },
      });
    }
    current = account.email;
  }
  return chain[chain.length - 1];
}

/** @param {unknown} value */
function shown(value) {
  const text = Array.isArray(value) ? value.join(" ") : value;
  return typeof text === "string" ? redactText(text.slice(0, 2000)) : text;
}
