// Importing may touch no fetch global (that alone loads Node's whole fetch) and start no WebAssembly.
const touched = [];
const trap = (owner, name, label) =>
  Object.defineProperty(owner, name, {
    configurable: true,
    get() {
      touched.push(label);
      throw new Error(`${label} was touched`);
    },
  });
const globals = ["fetch", "Request", "Response", "Headers", "FormData", "WebSocket", "EventSource", "MessageEvent", "crypto", "navigator"];
for (const name of globals) trap(globalThis, name, name);
for (const name of ["Module", "Instance", "Memory", "compile", "compileStreaming", "instantiate", "instantiateStreaming", "validate"]) {
  trap(WebAssembly, name, `WebAssembly.${name}`);
}
for (const name of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]) trap(globalThis, name, name);
const entry = process.argv[2];
const names = Object.keys(await import(entry));
const seen = [...touched];
try {
  // The traps themselves are tried as well.
  void globalThis.Response;
} catch {}
console.log(JSON.stringify({ names, touched: seen, armed: touched.length > seen.length }));
