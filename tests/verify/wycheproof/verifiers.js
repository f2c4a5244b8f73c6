// Both verifiers of the npm package, as a door has set them up.
import * as arithmetic from "../../../pkg/verify/arithmetic.js";
import { isSigned } from "../../../pkg/verify/signature.js";
import { judge } from "./judge.js";

/** @param {object[]} cases @param {{ web?: boolean, own?: boolean }} which */
export async function verdicts(cases, { web = true, own = true } = {}) {
  const found = {};
  if (web) found.WebCrypto = await judge(isSigned, cases);
  if (own) {
    await arithmetic.ready();
    found["the core's own"] = await judge(arithmetic.isSigned, cases);
  }
  return found;
}
