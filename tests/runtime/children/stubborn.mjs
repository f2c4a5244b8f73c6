// A credential whose program never ends, and a caller who does not wait for it.
import { createSession } from "cloud-run-auth";
import { given, report } from "./call.mjs";

process.env.GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES = "1";
const session = createSession("https://svc.example", given);
const controller = new AbortController();
setTimeout(() => controller.abort(Object.assign(new Error("enough"), { code: "mine" })), 500);
report({ code: await session.getAccessToken({ signal: controller.signal }).catch((error) => error.code) });
