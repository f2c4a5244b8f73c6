import { requireText, requireTexts } from "./check.js";
import { CLOUD_PLATFORM, USERINFO_EMAIL } from "./scopes.js";

/** @typedef {{ email: string, scopes: string[], aliases: string[] }} AttachedAccount */
/** @typedef {{ value: string, expiresAt: number }} Kept */

const SCOPES = [CLOUD_PLATFORM, USERINFO_EMAIL];

/** What the metadata server says of the machine that it is on, and the tokens that it keeps. */
export function createMetadata() {
  const settings = {
    enabled: true,
    account: "emulator@emulator-project.iam.gserviceaccount.com",
    scopes: SCOPES,
    /** Accounts beside the default one. @type {AttachedAccount[]} */
    accounts: [],
    projectId: "emulator-project",
    numericProjectId: "123456789012",
    universeDomain: "googleapis.com",
    instanceId: "4520031799277581759",
    instanceName: "emulator-instance",
    zone: "europe-west1-b",
    /** @type {string[]} */
    licenses: ["1000204"],
  };
  /** @type {Map<string, Kept>} */
  const kept = new Map();

  return {
    settings,
    /** Tokens by what was asked for. */
    kept,
    /** @returns {AttachedAccount[]} the default one first */
    attached: () => [{ email: settings.account, scopes: settings.scopes, aliases: ["default"] }, ...settings.accounts],
    /** @param {import("../index.js").MetadataOptions} options */
    configure({ enabled, scopes, licenses, accounts, ...texts }) {
      const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
      for (const name of Object.keys(given)) {
        if (!Object.hasOwn(settings, name)) throw new TypeError(`the metadata server has no setting ${name}`);
      }
      requireText(given);
      requireTexts({ scopes: scopes ?? [], licenses: licenses ?? [] });
      const others = accounts?.map(({ email, scopes: own = SCOPES, aliases = [] }) => {
        requireText({ email });
        requireTexts({ scopes: own, aliases });
        return { email, scopes: [...own], aliases: [...aliases] };
      });
      Object.assign(settings, given, { enabled: enabled ?? settings.enabled });
      if (scopes) settings.scopes = [...scopes];
      if (licenses) settings.licenses = [...licenses];
      if (others) settings.accounts = others;
      kept.clear();
    },
  };
}
