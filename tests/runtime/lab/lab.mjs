// What one runtime's run talks to: an emulator and a recorder of its own, so that runs do not see each other's traffic.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmulator } from "../../../emulator/index.js";
import { serve } from "../../../emulator/node.js";
import { certificate } from "../../../emulator/testing/certificates.js";
import { startRecorder } from "./recorder.mjs";

const vectors = new URL("../../vectors/", import.meta.url);

/** How long the tokens of a second emulator live, for cases that wait for their end, in seconds. */
const BRIEF_S = 64;

export async function startLab() {
  const emulator = createEmulator();
  const server = await serve(emulator);
  // Credential files of the cases' own lie here; it is the one folder that Deno may read.
  const folder = await mkdtemp(join(tmpdir(), "cloud-run-auth-files-"));
  const [secure, root] = await serveSecurely(emulator, folder);
  const short = await serve(createEmulator({ idTokenLifetime: BRIEF_S }));
  const config = {
    emulator: server.url,
    secure: secure.url,
    root,
    brief: { url: short.url, lifeSeconds: BRIEF_S },
    folder,
    vectors: await readVectors(),
  };
  await writeKeys(folder, emulator, config);
  const recorder = await startRecorder(config);
  return {
    url: recorder.home,
    emulator: server.url,
    folder,
    async close() {
      await Promise.all([recorder.close(), server.close(), secure.close(), short.close(), rm(folder, { recursive: true, force: true })]);
    },
  };
}

/** The same emulator by mutual TLS, and in the folder the certificates of a workload that may call it. */
async function serveSecurely(emulator, folder) {
  const root = certificate("root", { authority: true, rsa: true });
  const own = certificate("localhost", { issuer: root });
  const leaf = certificate("workload", { issuer: root });
  const files = { "root.pem": root.cert, "leaf.pem": leaf.cert, "leaf-key.pem": leaf.key };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const server = await serve(emulator, { tls: { key: own.key, cert: own.cert, requestClientCertificate: true } });
  return [server, root.cert];
}

async function readVectors() {
  const read = async (name) => JSON.parse(await readFile(new URL(`${name}.json`, vectors), "utf8"));
  return { paths: await read("paths"), bases: await read("bases"), keys: await read("keys") };
}

/** Files for the default credential. What cannot be made from within a case (permissions, folders) is made here. */
async function writeKeys(folder, emulator, config) {
  const key = {
    type: "service_account",
    project_id: "tests",
    private_key_id: "file",
    private_key: config.vectors.keys.keys.pkcs8_2048,
    client_email: "file@tests.iam.gserviceaccount.com",
    token_uri: "https://oauth2.googleapis.com/token",
  };
  await emulator.addServiceAccount(key);
  const write = (name, text) => writeFile(join(folder, name), text);
  await write("key.json", JSON.stringify(key, null, 2));
  await write("with-bom.json", `\uFEFF${JSON.stringify(key)}`);
  await write("not-json.json", "c4n4ry, not JSON");
  await write("empty.json", "");
  await write("cut.json", JSON.stringify(key, null, 2).slice(0, 900));
  await write("user.json", JSON.stringify({ type: "authorized_user", refresh_token: "c4n4ry" }));
  await write("no-email.json", JSON.stringify({ ...key, client_email: undefined }));
}
