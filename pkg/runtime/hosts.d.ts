// What the doors use of their runtimes, for tsc alone: it is not shipped. The Deno door is left out, as `import source` is
// more than tsc can read.

declare module "node:fs" {
  export function readFileSync(path: URL): Uint8Array<ArrayBuffer>;
}
declare module "node:fs/promises" {
  export function readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
}
declare module "cloudflare:workers" {
  export const env: Record<string, any> | undefined;
  export function waitUntil(promise: Promise<unknown>): void;
}
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
// On Workers only where they are asked to be like Node; its door looks.
declare var process: { env: Record<string, string | undefined> };
