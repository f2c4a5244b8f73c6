import { isRegistered } from "./clients.js";
import { consentPage, messagePage } from "./consent-page.js";
import { randomHex } from "./random.js";
import { readText } from "./read-text.js";
import { areGranted, parseScopes } from "./scopes.js";
import { ISSUER } from "./tokens.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./clients.js").Application} Application */
/**
 * @typedef {object} Asked what a browser was sent here with
 * @property {Application} application
 * @property {string} [redirectUri] none: a device's user consents
 * @property {string} [state]
 * @property {string} [nonce]
 * @property {string[]} scopes
 * @property {boolean} offline
 * @property {string[]} prompt
 * @property {boolean} included
 * @property {string} [challenge]
 * @property {string} [method]
 * @property {string} [hint]
 * @property {string} [hd]
 * @property {(decision: { person?: import("./people.js").Person, scopes: string[] }) => void} [device] what hears of the decision
 */

/** Scopes that are not asked for one by one: whoever logs in says who he is. */
export const PLAIN = ["openid", "email", "profile"];
const PROMPTS = ["none", "consent", "select_account", "login"];

/**
 * `GET /o/oauth2/v2/auth`, RFC 6749 section 3.1: the page on which people say yes or no; a redirect where there is nothing to be asked.
 *
 * @param {Call} call
 */
export function authorize({ state, query }) {
  const parameters = new URLSearchParams(query);
  const text = (/** @type {string} */ name) => parameters.get(name) || undefined;
  // What is wrong with the client or the place to go back to is told to the person alone: section 4.1.2.1.
  for (const name of parameters.keys())
    if (parameters.getAll(name).length > 1) return refuse("invalid_request", `Parameter is given more than once: ${name}`);
  const application = state.clients.applicationOf(parameters.get("client_id"));
  if (!application) return refuse("invalid_client", "The OAuth client was not found.");
  const redirectUri = text("redirect_uri");
  if (!redirectUri || !isRegistered(application, redirectUri))
    return refuse("redirect_uri_mismatch", `The redirect URI in the request, ${redirectUri ?? "none"}, is not among those of the client.`);

  const back = { redirectUri, state: text("state") };
  const wrong = (/** @type {string} */ error, /** @type {string} */ description) => goBack(back, { error, error_description: description });
  if (text("response_type") !== "code") return wrong("unsupported_response_type", "Only the response type code is served here.");
  const scopes = parseScopes(text("scope"));
  if (!scopes) return wrong("invalid_scope", "Missing required parameter: scope");
  const [challenge, method = "plain"] = [text("code_challenge"), text("code_challenge_method")];
  // RFC 7636 section 4.2.
  if (challenge !== undefined && (!/^[\w.~-]{43,128}$/.test(challenge) || !["plain", "S256"].includes(method)))
    return wrong("invalid_request", "Invalid code_challenge or code_challenge_method.");
  const prompt = (text("prompt") ?? "").split(" ").filter(Boolean);
  if (prompt.some((word) => !PROMPTS.includes(word)) || (prompt.includes("none") && prompt.length > 1))
    return wrong("invalid_request", "Invalid parameter value for prompt.");

  /** @type {Asked} */
  const asked = {
    ...{ application, ...back, scopes, prompt, challenge, method, nonce: text("nonce"), hint: text("login_hint"), hd: text("hd") },
    offline: text("access_type") === "offline" || application.type === "installed",
    included: text("include_granted_scopes") === "true",
  };
  const people = candidates(state, asked);
  const known = people.length === 1 ? people[0] : undefined;
  const granted = known?.granted.get(application.id);
  const nothingNew = known && granted && areGranted(granted, scopes);
  if (known && nothingNew && !prompt.some((word) => word !== "none")) return decide(state, asked, known, scopes);
  if (prompt.includes("none")) return wrong(known ? "interaction_required" : "login_required", "The user has to be asked.");
  return ask(state, asked);
}

/**
 * The page for what is asked; what it sends back names it by a number that nobody can guess.
 *
 * @param {import("./state.js").State} state
 * @param {Asked} asked
 */
export function ask(state, asked) {
  const id = randomHex(32);
  state.consents.set(id, asked);
  return consentPage({ id, asked, people: candidates(state, asked) });
}

/**
 * `POST /o/oauth2/v2/auth`: what was said on the page.
 *
 * @param {Call} call
 */
export async function consent({ state, request }) {
  const form = new URLSearchParams(await readText(request, 1 << 16));
  const id = form.get("request") ?? "";
  const asked = state.consents.get(id);
  // It is good for one decision.
  state.consents.delete(id);
  if (!asked) return refuse("invalid_request", "This page was sent already, or is no longer good. Go back to the application.");
  if (form.get("decision") !== "allow") {
    asked.device?.({ scopes: [] });
    return asked.device ? told("Nothing was allowed.") : goBack(asked, { error: "access_denied" });
  }
  const person = state.people.find(form.get("account"));
  if (!person || !candidates(state, asked).includes(person)) return refuse("invalid_request", "There is no such account.");
  const before = person.granted.get(asked.application.id) ?? [];
  const ticked = form.getAll("scope");
  const scopes = asked.scopes.filter((scope) => PLAIN.includes(scope) || ticked.includes(scope) || areGranted(before, [scope]));
  return decide(state, asked, person, scopes);
}

/**
 * @param {import("./state.js").State} state
 * @param {Asked} asked
 * @param {import("./people.js").Person} person
 * @param {string[]} scopes
 */
function decide(state, asked, person, scopes) {
  const { application, offline, prompt, included } = asked;
  const before = person.granted.get(application.id) ?? [];
  const all = [...new Set([...before, ...scopes])];
  person.granted.set(application.id, all);
  const given = included ? all : scopes;
  if (asked.device) {
    asked.device({ person, scopes: given });
    return told("The device can go on. You may close this page.");
  }
  // Google gives a refresh token with the first consent, and with each that was asked for; an installed app always gets one.
  const refreshes = offline && (application.type === "installed" || before.length === 0 || prompt.includes("consent"));
  const code = `4/0${randomHex(64)}`;
  state.codes.set(code, { asked, person, scopes: given, refreshes, expiresAt: state.clock.now() + 600_000, used: [] });
  return goBack(asked, { code, scope: given.join(" "), authuser: "0", prompt: nothingAsked(before, scopes, prompt) ? "none" : "consent" });
}

/** @param {string[]} before @param {string[]} scopes @param {string[]} prompt */
function nothingAsked(before, scopes, prompt) {
  return before.length > 0 && areGranted(before, scopes) && !prompt.includes("consent");
}

/**
 * Who may be asked.
 *
 * @param {import("./state.js").State} state
 * @param {Asked} asked
 */
function candidates(state, { hint, hd }) {
  const all = state.people.all().filter((person) => hd === undefined || (hd === "*" ? person.hd !== undefined : person.hd === hd));
  const hinted = all.filter((person) => person.email === hint || person.sub === hint);
  return hinted.length > 0 ? hinted : all;
}

/**
 * RFC 6749 section 4.1.2; RFC 9207 section 2.
 *
 * @param {Pick<Asked, "redirectUri" | "state">} asked
 * @param {Record<string, string>} answer
 */
function goBack({ redirectUri, state }, answer) {
  const url = new URL(String(redirectUri));
  if (state !== undefined) url.searchParams.append("state", state);
  for (const [name, value] of Object.entries({ iss: ISSUER, ...answer })) url.searchParams.append(name, value);
  return new Response(null, {
    status: 302,
    headers: { location: url.href, "cache-control": "no-store", "referrer-policy": "no-referrer" },
  });
}

/** @param {string} text */
function told(text) {
  return messagePage(200, "Thank you", text);
}

/**
 * @param {string} code
 * @param {string} text
 */
function refuse(code, text) {
  return messagePage(400, `Error 400: ${code}`, text);
}
