// On workerd, which always has WebCrypto, and for which there is nothing else.
import { isSigned } from "../../../pkg/verify/signature.js";
import { judge } from "./judge.js";

export default {
  fetch: async (request) => Response.json({ WebCrypto: await judge(isSigned, await request.json()) }),
};
