// The private service that every built project calls.
import { readFile } from "node:fs/promises";

export async function addService(emulator) {
  const { keys } = JSON.parse(await readFile(new URL("../vectors/keys.json", import.meta.url), "utf8"));
  const credential = {
    type: "service_account",
    project_id: "tests",
    private_key_id: "packaging",
    private_key: keys.pkcs8_2048,
    client_email: "packaging@tests.iam.gserviceaccount.com",
    token_uri: "https://oauth2.googleapis.com/token",
  };
  const post = async (path, body) => {
    const response = await fetch(`${emulator}/_emulator/${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the emulator: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  await post("accounts", { key: credential });
  const { url } = await post("services", { name: "packaging" });
  return { base: url, credential, endpoints: emulator };
}

/** That a built project's call reached the service with the right token. */
export function wasAnswered(answer, { credential }) {
  if (answer?.status === 200 && answer.caller === credential.client_email) return;
  throw new Error(`expected an authorized answer, saw ${JSON.stringify(answer)}`);
}
