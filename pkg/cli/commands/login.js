// cloud-run-auth login: a user's token, kept for other commands and for jobs.
import { readScopes } from "../credential.js";
import { usage } from "../failure.js";
import { CLIENT, readClientFile } from "../login/client.js";
import { logIn, USUAL_SCOPES } from "../login/index.js";
import { readPort } from "../port.js";
import { openUser, USER } from "../users.js";

/** @type {import("../commands.js").About} */
export const about = {
  usage: "-c client.json -u user.json [flags]",
  text: `Logs a user in with Google: in a browser on this machine, or with --device by a code on another one.
His token is kept where -u says, as a file for its owner alone.`,
  operands: [],
  flags: {
    ...CLIENT,
    ...USER,
    scopes: { value: "LIST", help: `what to ask for, beside openid and email; default: ${USUAL_SCOPES.join(",")}` },
    device: { help: "show a code to be typed in on another device; takes a client for TVs and limited input devices" },
    "no-browser": { help: "print the URL, and open no browser; else BROWSER says which is opened" },
    port: { value: "PORT", help: "the port of 127.0.0.1 that the browser comes back to; default: any that is free" },
  },
  examples: [
    "cloud-run-auth login -c client.json -u user.json",
    "cloud-run-auth login -c client.json -u user.json --scopes https://www.googleapis.com/auth/drive.readonly",
    "cloud-run-auth login -c tv-client.json -u gs://my-tokens/users/ada.json --device",
  ],
};

/** @type {import("../commands.js").Command["run"]} */
export async function run({ client, "user-file": user, scopes, device, "no-browser": quiet, port }) {
  if (!client) throw usage("give the OAuth client's file: -c client.json.");
  if (!user) throw usage("say where the user's token is to be kept: -u user.json.");
  if (device && (port !== undefined || quiet)) throw usage("--device opens no browser and no port: leave out --port and --no-browser.");
  await logIn({
    client: await readClientFile(client),
    place: await openUser(user),
    scopes: scopes ? [...new Set(["openid", "email", ...readScopes(scopes)])] : USUAL_SCOPES,
    ...{ device: Boolean(device), opens: !quiet, port: readPort(port ?? "0") },
  });
}
