// The one authorized call that every built project makes.
import { createSession } from "cloud-run-auth";

export async function call({ base, credential, endpoints }) {
  const session = createSession(base, { credential, endpoints });
  const response = await session.get("/built");
  const { caller, path } = await response.json();
  return { status: response.status, caller, path };
}
