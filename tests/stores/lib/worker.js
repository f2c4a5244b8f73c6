// A Worker that works with the stores that Workers have: /kit?store=r2, /increment?store=r2&key=a&times=10, /count?store=r2&key=a.
import { checkStore, increment } from "../../../pkg/stores/kit.js";
import { durableObjectStore } from "../../../pkg/stores/durable-object.js";
import { r2Store } from "../../../pkg/stores/r2.js";
export { RecordHolder } from "../../../pkg/stores/durable-object.js";

const stores = {
  "durable-object": (env) => durableObjectStore(() => env.RECORDS),
  r2: (env) => r2Store(env.BUCKET, { prefix: "users/" }),
  // What Workers KV lets one do: it has no conditions.
  kv: ({ KV }) => ({
    async read(key) {
      const { value, metadata } = await KV.getWithMetadata(key, "arrayBuffer");
      return value && { value: new Uint8Array(value), ...metadata, serverNow: Date.now() };
    },
    async write(key, value, expected) {
      const { metadata } = await KV.getWithMetadata(key, "arrayBuffer");
      if ((metadata?.version ?? null) !== expected) return "conflict";
      const version = crypto.randomUUID();
      await KV.put(key, value, { metadata: { version, writtenAt: Date.now() } });
      return { version };
    },
  }),
};

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const store = stores[searchParams.get("store")](env);
    if (pathname === "/kit") return Response.json(await checkStore(() => store, { callers: 6, increments: 10 }));
    if (pathname === "/increment") {
      await increment(store, searchParams.get("key"), Number(searchParams.get("times")));
      return new Response("done");
    }
    const record = await store.read(searchParams.get("key"));
    return Response.json(record && JSON.parse(new TextDecoder().decode(record.value)));
  },
};
