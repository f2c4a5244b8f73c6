// esbuild does not carry files along that `new URL` names: the slim door takes what its loader makes of the file.
import { createSession, init } from "cloud-run-auth/slim";
import wasm from "cloud-run-auth/core.wasm";

export async function call({ base, credential, endpoints }) {
  // The "binary" loader gives bytes, the "file" loader a URL.
  init(typeof wasm === "string" ? WebAssembly.compileStreaming(fetch(wasm)) : wasm);
  const session = createSession(base, { credential, endpoints });
  const response = await session.get("/built");
  const { caller, path } = await response.json();
  return { status: response.status, caller, path };
}
