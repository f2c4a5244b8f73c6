import { certs, discovery } from "./certs.js";
import { service } from "./service.js";
import { token } from "./token.js";

/** @typedef {import("./call.js").Call} Call */
/**
 * @typedef {object} Route
 * @property {import("../index.js").Endpoint} endpoint the name in faults and in the log
 * @property {string} [method] any, where absent; GET answers HEAD as well
 * @property {string} [path]
 * @property {string} [prefix]
 * @property {(call: Call) => Response | Promise<Response>} answer
 */

/** @type {Route[]} */
const routes = [
  { endpoint: "token", method: "POST", path: "/token", answer: token },
  { endpoint: "certs", method: "GET", path: "/oauth2/v3/certs", answer: certs },
  { endpoint: "discovery", method: "GET", path: "/.well-known/openid-configuration", answer: discovery },
  { endpoint: "service", prefix: "/run/", answer: service },
];

/** @type {Set<string>} */
export const endpoints = new Set(routes.map((route) => route.endpoint));

/**
 * @param {string} method
 * @param {string} path as received: no dot segment is resolved, just as no server may rely on it
 */
export function findRoute(method, path) {
  return routes.find(
    (route) =>
      (route.path === undefined ? path.startsWith(String(route.prefix)) : route.path === path) &&
      (route.method === undefined || route.method === method || (route.method === "GET" && method === "HEAD")),
  );
}
