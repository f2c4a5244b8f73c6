// The other subpaths.
import * as slim from "cloud-run-auth/slim";
import { createSession, type Session } from "cloud-run-auth/slim";
import manifest from "cloud-run-auth/package.json" with { type: "json" };

slim.init(new WebAssembly.Module(new Uint8Array()));
slim.init(new Uint8Array());
slim.init(new ArrayBuffer(8));
slim.init(WebAssembly.compile(new Uint8Array()));
// @ts-expect-error a path is not a module
slim.init("core.wasm");

export const session: Session = createSession("https://svc.example");
export const version: string = manifest.version;
export const errors: (typeof slim.AuthError | typeof slim.TimeoutError)[] = [slim.AuthError, slim.TimeoutError];
