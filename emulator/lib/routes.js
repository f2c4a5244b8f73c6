import { api } from "./api.js";
import { authorize, consent } from "./authorize.js";
import { azure } from "./azure.js";
import { certs, discovery, pemCerts } from "./certs.js";
import { device, deviceCode } from "./device.js";
import { externalRefresh } from "./external-refresh.js";
import { github } from "./github.js";
import { iam } from "./iam.js";
import { iapKeys, iapPemKeys } from "./iap.js";
import { imds } from "./imds.js";
import { issuerDiscovery, issuerKeys } from "./issuer.js";
import { accountKeys } from "./managed-keys.js";
import { metadata } from "./metadata.js";
import { revoke } from "./revoke.js";
import { service } from "./service.js";
import { OBJECTS, storage } from "./storage.js";
import { sts } from "./sts.js";
import { token } from "./token.js";
import { tokeninfo, userinfo } from "./userinfo.js";

/** @typedef {import("./call.js").Call} Call */
/**
 * @typedef {object} Route
 * @property {import("../index.js").Endpoint} endpoint the name in faults and in the log
 * @property {string} [method] any, where absent; GET answers HEAD as well
 * @property {string} [path]
 * @property {string} [prefix]
 * @property {RegExp} [pattern] of the path
 * @property {(call: Call) => Response | Promise<Response>} answer
 */

/** @type {Route[]} */
const routes = [
  { endpoint: "token", method: "POST", path: "/token", answer: token },
  { endpoint: "authorize", method: "GET", path: "/o/oauth2/v2/auth", answer: authorize },
  { endpoint: "authorize", method: "GET", path: "/o/oauth2/auth", answer: authorize },
  { endpoint: "authorize", method: "POST", path: "/o/oauth2/v2/auth", answer: consent },
  { endpoint: "device", method: "POST", path: "/device/code", answer: deviceCode },
  { endpoint: "device", method: "GET", path: "/device", answer: device },
  { endpoint: "revoke", method: "POST", path: "/revoke", answer: revoke },
  { endpoint: "userinfo", path: "/v1/userinfo", answer: userinfo },
  { endpoint: "userinfo", path: "/oauth2/v3/userinfo", answer: userinfo },
  { endpoint: "tokeninfo", method: "POST", path: "/tokeninfo", answer: tokeninfo },
  { endpoint: "certs", method: "GET", path: "/oauth2/v3/certs", answer: certs },
  { endpoint: "certs", method: "GET", path: "/oauth2/v1/certs", answer: pemCerts },
  { endpoint: "certs", method: "GET", path: "/iap/verify/public_key-jwk", answer: iapKeys },
  { endpoint: "certs", method: "GET", path: "/iap/verify/public_key", answer: iapPemKeys },
  { endpoint: "discovery", method: "GET", path: "/.well-known/openid-configuration", answer: discovery },
  { endpoint: "certs", method: "GET", prefix: "/service_accounts/v1/jwk/", answer: accountKeys },
  { endpoint: "sts", method: "POST", path: "/v1/token", answer: sts },
  { endpoint: "sts", method: "POST", path: "/v1/oauthtoken", answer: externalRefresh },
  { endpoint: "iam", method: "POST", prefix: "/v1/projects/", answer: iam },
  { endpoint: "metadata", method: "GET", path: "/", answer: metadata },
  { endpoint: "metadata", method: "GET", path: "/computeMetadata/v1", answer: metadata },
  { endpoint: "metadata", method: "GET", prefix: "/computeMetadata/v1/", answer: metadata },
  { endpoint: "oidc", method: "GET", path: "/_oidc/.well-known/openid-configuration", answer: issuerDiscovery },
  { endpoint: "oidc", method: "GET", path: "/_oidc/jwks", answer: issuerKeys },
  { endpoint: "github", method: "GET", path: "/_oidc/github/idtoken", answer: github },
  { endpoint: "azure", method: "GET", path: "/metadata/identity/oauth2/token", answer: azure },
  { endpoint: "imds", prefix: "/latest/", answer: imds },
  { endpoint: "storage", pattern: OBJECTS, answer: storage },
  { endpoint: "api", method: "GET", prefix: "/storage/v1/", answer: api },
  { endpoint: "service", prefix: "/run/", answer: service },
];

/** The token endpoint is `refresh` where that is the grant, see token.js. @type {Set<string>} */
export const endpoints = new Set([...routes.map((route) => route.endpoint), "refresh"]);

/**
 * @param {string} method
 * @param {string} path as received: no dot segment is resolved, just as no server may rely on it
 */
export function findRoute(method, path) {
  return routes.find(
    (route) =>
      isAt(route, path) && (route.method === undefined || route.method === method || (route.method === "GET" && method === "HEAD")),
  );
}

/**
 * @param {Route} route
 * @param {string} path
 */
function isAt(route, path) {
  if (route.pattern) return route.pattern.test(path);
  return route.path === undefined ? path.startsWith(String(route.prefix)) : route.path === path;
}
