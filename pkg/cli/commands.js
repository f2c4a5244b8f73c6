// What there is to be commanded. Each command is loaded when it is called for, so that none waits for another's modules.

/**
 * @typedef {object} Flag
 * @property {string} [short] One letter
 * @property {string} [value] What it takes, as help names it. Without, it takes nothing
 * @property {boolean} [multiple] Whether it may come more than once
 * @property {boolean} [verbatim] Whether its value may begin with a dash
 * @property {string} help
 */
/**
 * @typedef {object} About
 * @property {string} usage
 * @property {string} text
 * @property {string[]} operands The names of what stands without a flag: all are needed
 * @property {Record<string, Flag>} flags
 * @property {string[]} examples
 */
/** @typedef {Record<string, any>} Values By the names of flags: text, texts where there may be more, true where nothing is taken */
/** @typedef {{ about: About, run(values: Values, operands: string[], given: [flag: string, value: any][]): Promise<number | void> }} Command */

/** @type {Record<string, { summary: string, load(): Promise<Command> }>} */
export const commands = {
  call: { summary: "call a service, with flags as curl has them", load: () => import("./commands/call.js") },
  login: { summary: "log a user in, and keep his token", load: () => import("./commands/login.js") },
  logout: { summary: "revoke what a user granted", load: () => import("./commands/logout.js") },
  policy: { summary: "what the policy of a token service says", load: () => import("./commands/policy.js") },
  profile: { summary: "print who a user is", load: () => import("./commands/profile.js") },
  proxy: { summary: "a port of this machine that leads to a service", load: () => import("./commands/proxy.js") },
  serve: { summary: "run the token service", load: () => import("./commands/serve.js") },
  token: { summary: "print an ID token or an access token", load: () => import("./commands/token.js") },
  verify: { summary: "verify an ID token, and print its claims", load: () => import("./commands/verify.js") },
};
