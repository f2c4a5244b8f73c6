import type { CredentialFunction, SessionOptions } from "./index.js";

/**
 * A Durable Object that holds tokens: one exchange for all isolates of a Worker, and of all Workers that share the namespace, whereas
 * each isolate would make its own otherwise. Extend it, export the class, and bind it as a Durable Object; nothing is stored.
 *
 * There is one object for each target, which is an audience or a set of scopes. The key stays in it: what it answers is a token and its end.
 * It renews a token before its end, as a session does.
 *
 * @example
 * // worker.js; in wrangler.json: "durable_objects": { "bindings": [{ "name": "TOKENS", "class_name": "Tokens" }] },
 * // "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Tokens"] }]
 * export class Tokens extends TokenHolder {
 *   static options(env: { GOOGLE_KEY: string }) {
 *     return { credential: env.GOOGLE_KEY };
 *   }
 * }
 */
export class TokenHolder {
  constructor(ctx: any, env: any);
  /** For the runtime: tells a Durable Object from other classes. */
  readonly "__DURABLE_OBJECT_BRAND": never;
  /**
   * A session's options, of which those count that say how a token is had: `credential`, `subject`, `universeDomain`, `endpoints`,
   * `retry` and so on. Static, because every method of an object's own can be called by whoever has the binding, and this one
   * gives the credential. Read again after a failure.
   */
  static options(env: any): SessionOptions | Promise<SessionOptions>;
  /** For {@link heldIn}. */
  token(access: boolean, wanted: string, refused?: string): Promise<object>;
}

/**
 * A credential that asks the object. Make it once, outside of the handler: credential functions are told apart by identity, and one that
 * is made anew for each request has no part in the tokens of the last one. Each isolate keeps the tokens that it got until shortly before
 * their end.
 *
 * An object that was reset, moved or has too much to do is a failure that passes: `transient`, and tried again as the option `retry` says.
 *
 * @param binding Gives the namespace, when it is needed.
 * @throws {AuthError} `invalid_option`, at once, where it is no function. Everything else rejects the call with
 * `credential_function_failed`, its `cause` being the `AuthError` that the object told, or `invalid_option` where there is no binding.
 * @example
 * const credential = heldIn(() => env.TOKENS);
 * const session = createSession("https://orders-abc.a.run.app", { credential });
 */
export function heldIn(binding: () => TokenNamespace | undefined): CredentialFunction;

/** What {@link heldIn} needs of a `DurableObjectNamespace`, whose types may not be there. */
export interface TokenNamespace {
  idFromName(name: string): unknown;
  get(id: any): unknown;
}
