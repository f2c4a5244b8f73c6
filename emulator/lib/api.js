import { apiAnswer, apiJson } from "./api-error.js";
import { authenticate } from "./bearer.js";
import { CLOUD_PLATFORM } from "./scopes.js";

/** @typedef {import("./call.js").Call} Call */

const SCOPES = [
  CLOUD_PLATFORM,
  ...["read_only", "read_write", "full_control"].map((way) => `https://www.googleapis.com/auth/devstorage.${way}`),
];

/**
 * `GET /storage/v1/…`: in place of Cloud Storage, an echo that says who called. It stands for every Google API.
 *
 * @param {Call} call
 */
export function api(call) {
  return apiAnswer(call, async () => {
    const { request, path, query } = call;
    const { principal, scopes } = await authenticate(call, "storage", SCOPES);
    const quotaProject = request.headers.get("x-goog-user-project");
    call.entry.api = { caller: principal, quotaProject };
    return apiJson({ caller: principal, scopes: scopes ?? null, quotaProject, path, query });
  });
}
