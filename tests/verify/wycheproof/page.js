// In a page; in one that did not come by https there is no WebCrypto.
import "/pkg/runtime/signature-browser.js";
import { verdicts } from "./verifiers.js";

window.judged = async (path) => verdicts(await (await fetch(path)).json(), { web: crypto.subtle !== undefined });
