// What the doors use of their runtimes, for tsc alone: it is not shipped. The Deno door is left out, as `import source` is
// more than tsc can read.

declare module "node:fs" {
  export function readFileSync(path: URL | string): Uint8Array<ArrayBuffer>;
}
declare module "node:fs/promises" {
  interface Stats {
    ino: bigint;
    size: bigint;
    mtimeNs: bigint;
    mtimeMs: bigint;
  }
  interface FileHandle {
    readFile(): Promise<Uint8Array<ArrayBuffer>>;
    writeFile(content: string | Uint8Array): Promise<void>;
    stat(options: { bigint: true }): Promise<Stats>;
    utimes(atime: number, mtime: number): Promise<void>;
    sync(): Promise<void>;
    close(): Promise<void>;
  }
  export function readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  export function readFile(path: string, encoding: "utf8"): Promise<string>;
  export function open(path: string, flags: string, mode?: number): Promise<FileHandle>;
  export function stat(path: string, options: { bigint: true }): Promise<Stats>;
  export function link(from: string, to: string): Promise<void>;
  export function rename(from: string, to: string): Promise<void>;
  export function rm(path: string, options: { force: boolean }): Promise<void>;
  export function mkdir(path: string, options: { recursive: boolean; mode: number }): Promise<unknown>;
}
declare module "node:crypto" {
  export function randomUUID(): string;
}
declare module "node:path" {
  export function basename(path: string): string;
  export function dirname(path: string): string;
  export function join(...parts: string[]): string;
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
    protected ctx: {
      waitUntil(promise: Promise<unknown>): void;
      storage: { get(key: string): Promise<any>; put(key: string, value: unknown): Promise<void> };
    };
    protected env: unknown;
  }
}
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
// On Workers only where they are asked to be like Node; its door looks.
declare var process: {
  env: Record<string, string | undefined>;
  platform?: string;
  pid: number;
  kill(pid: number, signal: 0): true;
};
