import { accessToken, identityToken } from "./metadata-tokens.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {(parameters: URLSearchParams) => Promise<string | object>} Make a value made when it is asked for; a string is text, an object is JSON */
/** @typedef {{ [name: string]: Tree } | string | string[] | number | Make} Tree */

/** A parameter that the server cannot do without. */
export class BadParameter extends Error {}

/**
 * Everything below `/computeMetadata/v1/`: folders, values, and functions for tokens.
 *
 * @param {State} state
 * @returns {{ [name: string]: Tree }}
 */
export function metadataTree(state) {
  const { settings } = state.metadata;
  const location = `projects/${settings.numericProjectId}`;
  return {
    instance: {
      hostname: `${settings.instanceName}.${settings.zone}.c.${settings.projectId}.internal`,
      id: settings.instanceId,
      name: settings.instanceName,
      region: `${location}/regions/${settings.zone.replace(/-[^-]*$/, "")}`,
      "service-accounts": accountsTree(state),
      zone: `${location}/zones/${settings.zone}`,
    },
    project: { "numeric-project-id": settings.numericProjectId, "project-id": settings.projectId },
    universe: { "universe-domain": settings.universeDomain },
  };
}

/** @param {State} state */
function accountsTree(state) {
  /** @type {{ [name: string]: Tree }} */
  const tree = {};
  for (const account of state.metadata.attached()) {
    const folder = {
      aliases: account.aliases,
      email: account.email,
      /** @type {Make} */
      identity(parameters) {
        const audience = parameters.get("audience");
        if (!audience) throw new BadParameter("non-empty audience parameter required");
        const format = parameters.get("format") || "standard";
        if (format !== "full" && format !== "standard") throw new BadParameter("format must be full or standard");
        const licenses = /^true$/i.test(parameters.get("licenses") ?? "");
        return identityToken(state, account, { audience, full: format === "full", licenses: licenses && format === "full" });
      },
      scopes: account.scopes,
      /** @type {Make} */
      token(parameters) {
        const wanted = (parameters.get("scopes") ?? "").split(",").filter((scope) => scope !== "");
        return accessToken(state, account, wanted.length > 0 ? wanted : account.scopes);
      },
    };
    for (const name of [...account.aliases, account.email]) tree[name] = folder;
  }
  return tree;
}
