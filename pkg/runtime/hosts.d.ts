// What the doors use of their runtimes, for tsc alone: it is not shipped. The Deno door is left out, as `import source` is
// more than tsc can read.

declare module "node:fs" {
  export function readFileSync(path: URL | string): Uint8Array<ArrayBuffer>;
}
declare module "node:fs/promises" {
  export function readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
}
declare module "node:child_process" {
  export function execFile(
    program: string,
    words: string[],
    options: { env: Record<string, string | undefined>; timeout: number; shell: boolean; killSignal: string },
    done: (error: Error | null, printed: string) => void,
  ): { kill(signal: string): void };
}
declare module "node:http" {
  export interface IncomingMessage {
    statusCode: number;
    headers: Record<string, string | string[] | undefined>;
  }
}
declare module "node:https" {
  import { IncomingMessage } from "node:http";
  interface ClientRequest {
    on(event: "error", then: (error: Error) => void): ClientRequest;
    end(body?: string): void;
  }
  export function request(url: string, options: object, then: (answer: IncomingMessage) => void): ClientRequest;
}
declare module "cloudflare:workers" {
  export const env: Record<string, any> | undefined;
  export function waitUntil(promise: Promise<unknown>): void;
  export class DurableObject {
    constructor(ctx: unknown, env: unknown);
    protected ctx: { waitUntil(promise: Promise<unknown>): void };
    protected env: unknown;
  }
}
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
// On Workers only where they are asked to be like Node; its door looks.
declare var process: { env: Record<string, string | undefined>; platform?: string };
