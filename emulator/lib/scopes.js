// RFC 6749 section 3.3
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export const CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform";
export const IAM = "https://www.googleapis.com/auth/iam";
export const USERINFO_EMAIL = "https://www.googleapis.com/auth/userinfo.email";

/**
 * The scopes in a parameter, or undefined where it does not follow the grammar.
 *
 * @param {unknown} text
 */
export function parseScopes(text) {
  return typeof text === "string" && SCOPES.test(text) ? text.split(" ") : undefined;
}

// Google knows these scopes by two names.
const OTHER_NAMES = new Map([
  ["email", USERINFO_EMAIL],
  ["profile", "https://www.googleapis.com/auth/userinfo.profile"],
]);

/**
 * Whether every scope is among those that were granted, by whichever name.
 *
 * @param {string[]} granted
 * @param {string[]} wanted
 */
export function areGranted(granted, wanted) {
  const all = new Set(granted.map(longName));
  return wanted.every((scope) => all.has(longName(scope)));
}

/** @param {string} scope */
function longName(scope) {
  return OTHER_NAMES.get(scope) ?? scope;
}

/**
 * Whether an ID token may name the user's email.
 *
 * @param {string[]} scopes
 */
export function showsEmail(scopes) {
  return areGranted(scopes, ["email"]);
}
