import { isFromElsewhere } from "./cors.js";
import { readText } from "./read-text.js";

/** @typedef {import("./call.js").Incoming} Incoming */
/** @typedef {import("../index.js").Emulator} Emulator */

export const CONTROL = "/_emulator/";

const MAX_BODY = 1 << 20;

/** @typedef {(emulator: Emulator, input: any, origin: string) => unknown} Command */

/**
 * What can be asked, by method and path below `/_emulator/`. A value becomes JSON, undefined becomes 204.
 */
const commands = new Map(
  /** @type {[string, Command][]} */ ([
    ["GET log", (emulator) => emulator.log],
    ["DELETE log", (emulator) => void (emulator.log.length = 0)],
    ["POST faults", (emulator, input) => [input].flat().forEach((fault) => emulator.addFault(fault))],
    ["DELETE faults", (emulator) => emulator.clearFaults()],
    ["POST reset", (emulator) => emulator.reset()],
    ["POST keys", (emulator, input) => emulator.createServiceAccountKey(input)],
    ["POST accounts", (emulator, { key, ...options }) => emulator.addServiceAccount(key, options)],
    ["DELETE accounts", (emulator, { email }) => emulator.removeServiceAccount(email)],
    ["POST service-accounts", (emulator, input) => emulator.createServiceAccount(input)],
    ["POST impersonation", (emulator, input) => emulator.allowImpersonation(input)],
    ["DELETE impersonation", (emulator, input) => emulator.disallowImpersonation(input)],
    ["POST users", (emulator, input) => emulator.createAuthorizedUser(input)],
    ["POST external-users", (emulator, input) => emulator.createExternalAuthorizedUser(input)],
    ["POST user-state", (emulator, { user, state }) => emulator.setUserState(user, state)],
    ["POST oauth-clients", (emulator, input) => emulator.createOAuthClient(input)],
    ["POST people", (emulator, input) => emulator.addPerson(input)],
    ["POST consent", async (emulator, { url, ...decision }) => ({ location: await emulator.consent(url, decision) })],
    ["POST consent-device", async (emulator, { code, ...decision }) => void (await emulator.consentDevice(code, decision))],
    ["POST providers", (emulator, input) => emulator.addProvider(input)],
    ["POST subject-tokens", (emulator, input, origin) => issueSubjectToken(emulator, input, origin)],
    ["POST iap-assertions", async (emulator, input) => ({ assertion: await emulator.issueIapAssertion(input) })],
    ["POST github-jobs", (emulator, input) => emulator.createGitHubJob(input)],
    ["POST azure", (emulator, input) => emulator.configureAzure(input)],
    ["POST aws-keys", (emulator, input) => emulator.createAwsKey(input)],
    ["POST imds", (emulator, input) => emulator.configureImds(input)],
    ["POST metadata", (emulator, input) => emulator.configureMetadata(input)],
    ["POST buckets", (emulator, { name, ...options }) => emulator.addBucket(name, options)],
    ["POST services", (emulator, input, origin) => addService(emulator, input, origin)],
    ["POST rotate-keys", (emulator, input) => emulator.rotateKeys(input)],
    ["GET clock", (emulator) => readClock(emulator)],
    ["POST clock", (emulator, input) => setClock(emulator, input)],
  ]),
);

/**
 * The control plane, for tests in another process.
 *
 * @param {Emulator} emulator
 * @param {Incoming} incoming
 */
export async function control(emulator, { request, path, state, origins }) {
  if (isFromElsewhere(request.headers, state.origin)) return fail(403, "Only pages on this machine may use the control plane.");
  const command = commands.get(`${request.method} ${path.slice(CONTROL.length)}`);
  if (!command) return fail(404, `There is ${[...commands.keys()].join(", ")}.`);
  try {
    const text = await readText(request, MAX_BODY);
    if (text === undefined) return fail(413, "The body is too large.");
    const result = await command(emulator, text.trim() === "" ? {} : JSON.parse(text), origins[0]);
    return result === undefined ? new Response(null, { status: 204 }) : Response.json(result);
  } catch (error) {
    return fail(400, error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {Emulator} emulator
 * @param {{ name: string } & import("../index.js").ServiceOptions} input
 * @param {string} origin
 */
function addService(emulator, { name, ...options }, origin) {
  emulator.addService(name, options);
  return { name, url: `${origin}/run/${name}` };
}

/**
 * @param {Emulator} emulator
 * @param {import("../index.js").SubjectTokenOptions} input
 * @param {string} origin
 */
async function issueSubjectToken(emulator, input, origin) {
  return { token: await emulator.issueSubjectToken({ ...input, issuer: input.issuer ?? `${origin}/_oidc` }) };
}

/** @param {Emulator} emulator */
function readClock({ clock }) {
  return { now: clock.now(), offset: clock.offset, scale: clock.scale };
}

/**
 * @param {Emulator} emulator
 * @param {{ offset?: number, scale?: number }} input
 */
function setClock(emulator, { offset, scale }) {
  if (scale !== undefined) emulator.clock.scale = scale;
  if (offset !== undefined) emulator.clock.offset = offset;
  return readClock(emulator);
}

/**
 * @param {number} status
 * @param {string} error
 */
function fail(status, error) {
  return Response.json({ error }, { status });
}
