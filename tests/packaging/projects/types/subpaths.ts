// The other subpaths.
import * as slim from "cloud-run-auth/slim";
import { createSession, type Session, type SessionOptions } from "cloud-run-auth/slim";
import { heldIn, TokenHolder, type TokenNamespace } from "cloud-run-auth/durable-object";
import { createUserCredential, type OAuthClient, type UserCredential } from "cloud-run-auth/user";
import { fileStore } from "cloud-run-auth/stores/file";
import { memoryStore } from "cloud-run-auth/stores/memory";
import { gcsStore, parseGcsLocation, type GcsStore, type Store, type StoredRecord } from "cloud-run-auth/stores/gcs";
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

export class Tokens extends TokenHolder {
  static override options(env: { KEY: string }): SessionOptions {
    return { credential: env.KEY, subject: "ada@example.com" };
  }
}
export class Later extends TokenHolder {
  static override async options(env: { KEY: { get(): Promise<string> } }) {
    return { credential: await env.KEY.get() };
  }
}
// @ts-expect-error a timeout in words
export class Wrong extends TokenHolder {
  static override options() {
    return { timeout: "1s" };
  }
}
export const stores: Store[] = [memoryStore(), fileStore("/tmp")];
export const own: Store = {
  read: async (key): Promise<StoredRecord | null> => ({ value: new TextEncoder().encode(key), version: "1", writtenAt: 1, serverNow: 2 }),
  write: async () => "conflict",
};
const client: OAuthClient = { client_id: "a", client_secret: "b" };
export const ada: UserCredential = createUserCredential({ store: own, user: "ada.json", client: { web: client }, rotates: true });
export const hers: Session = createSession("https://svc.example", { credential: ada, scopes: ["openid"] });
// @ts-expect-error a user without a store
createUserCredential({ user: "ada.json" });
declare const env: { TOKENS: TokenNamespace; TEXT: string };
export const held: Session = createSession("https://svc.example", { credential: heldIn(() => env.TOKENS) });
// @ts-expect-error a namespace, and not a function that gives it
heldIn(env.TOKENS);
// @ts-expect-error a binding that is no namespace
heldIn(() => env.TEXT);

const inBucket: GcsStore = gcsStore({ bucket: "b-1", prefix: "p/", timeout: false, retry: { attempts: 2 }, quotaProject: "q" });
export const store: Store = inBucket;
export const read: Promise<StoredRecord | null> = store.read("a");
export const written: Promise<{ version: string } | "conflict"> = store.write("a", new Uint8Array(), null);
export const place: { bucket: string; object: string } | undefined = parseGcsLocation("gs://b-1/x");
// @ts-expect-error a store has no audience
gcsStore({ bucket: "b-1", audience: "x" });
// @ts-expect-error without a bucket
gcsStore({ prefix: "p/" });
// @ts-expect-error text is no value
store.write("a", "text", null);
