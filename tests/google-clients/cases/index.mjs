// Every case in the order of the table: one group for each row.
import { externalAccounts, refusals } from "./external-account.mjs";
import * as impersonation from "./impersonation.mjs";
import { metadata } from "./metadata.mjs";
import * as serviceAccount from "./service-account.mjs";
import { authorizedUser, externalAuthorizedUser } from "./users.mjs";
import { verification } from "./verification.mjs";

/** @type {{ name: string, cases: import("../suite.mjs").Case[] }[]} */
export const groups = [
  { name: "service_account: ID token", cases: serviceAccount.idTokens },
  { name: "service_account: access token", cases: serviceAccount.accessTokens },
  { name: "service_account: self-signed JWT", cases: serviceAccount.selfSigned },
  { name: "authorized_user", cases: authorizedUser },
  { name: "external_account_authorized_user", cases: externalAuthorizedUser },
  { name: "impersonated_service_account: ID token", cases: impersonation.idTokens },
  { name: "impersonated_service_account: access token", cases: impersonation.accessTokens },
  { name: "impersonated_service_account: signature", cases: impersonation.signatures },
  ...externalAccounts,
  { name: "external_account: what else can be", cases: refusals },
  { name: "metadata server", cases: metadata },
  { name: "ID tokens, verified by the clients", cases: verification },
];
