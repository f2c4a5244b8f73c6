// A module that never comes: the slim door is handed a promise that stays open.
import { createSession, init } from "cloud-run-auth/slim";
import { given, optionsOf, report } from "./call.mjs";

init(new Promise(() => {}));
const session = createSession(given.base, { ...optionsOf(given), timeout: 100 });
const error = await session.get("/x").catch((thrown) => thrown);
report({ name: error.name, code: error.code });
