// What an application's OpenTelemetry is told of sessions: by its own SDK, and in the headers that a service sees.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as api from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { createEmulator } from "../../emulator/index.js";
import { serve } from "../../emulator/node.js";
import { createSession } from "../../pkg/runtime/node.js";
import { instrument } from "../../pkg/telemetry.js";

const PKG = fileURLToPath(new URL("../../pkg/", import.meta.url));
const spans = new InMemorySpanExporter();
const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 });
api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
api.propagation.setGlobalPropagator(
  new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
);
api.trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }));
api.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const emulator = createEmulator();
const google = await serve(emulator);
const credential = await emulator.createServiceAccountKey();
const seen = [];
let answers = [];
const service = createServer((request, response) => {
  seen.push(request.headers);
  response.writeHead(answers.shift() ?? 200, { "content-type": "text/plain" }).end("hello");
});
await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${service.address().port}`;
after(async () => {
  await google.close();
  service.close();
  service.closeAllConnections();
});

let count = 0;
/** A session whose token nobody has had yet. */
const session = (options) =>
  createSession(base, { credential, endpoints: google.url, audience: `https://svc-${++count}.example`, retry: { delay: 10 }, ...options });

const telemetry = instrument(api);
beforeEach(() => {
  spans.reset();
  seen.length = 0;
  answers = [];
});

/** Spans that have ended, by name, kind and attributes. */
const told = () => spans.getFinishedSpans();
async function metric(name) {
  await reader.forceFlush();
  const all =
    measured
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? [];
  return all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
}
const total = async (name, wanted) =>
  (await metric(name))
    .filter(({ attributes }) => Object.entries(wanted).every(([key, value]) => attributes[key] === value))
    .reduce((sum, { value }) => sum + (value.count ?? value), 0);

test("a request and its exchange are spans of the caller's trace, and the service sees which", async () => {
  const tracer = api.trace.getTracer("application");
  const [exchanges, misses] = [await total("cloud_run_auth.token.exchanges", {}), await total("cloud_run_auth.token.uses", { hit: false })];
  const mine = await tracer.startActiveSpan("mine", async (span) => {
    await (await session().get("/items?q=canary-query")).text();
    span.end();
    return span.spanContext();
  });
  const [exchange, request] = ["token exchange", "GET"].map((wanted) => told().find(({ name }) => name === wanted));
  for (const span of [exchange, request]) {
    assert.equal(span.spanContext().traceId, mine.traceId);
    assert.equal(span.parentSpanContext.spanId, mine.spanId);
    assert.equal(span.kind, api.SpanKind.CLIENT);
  }
  const { port } = service.address();
  assert.deepEqual(request.attributes, {
    "http.request.method": "GET",
    "url.full": `${base}/items`,
    "server.address": "127.0.0.1",
    "server.port": port,
    "cloud_run_auth.token.hit": false,
    "http.response.status_code": 200,
  });
  assert.deepEqual([exchange.attributes["cloud_run_auth.refresh"], exchange.attributes["http.request.method"]], [false, "POST"]);
  assert.equal(seen[0].traceparent, `00-${mine.traceId}-${request.spanContext().spanId}-01`);
  assert.equal(await total("cloud_run_auth.token.exchanges", { refresh: false }), exchanges + 1);
  assert.equal(await total("cloud_run_auth.token.uses", { hit: false }), misses + 1);
  assert.ok((await total("http.client.request.duration", { "server.port": port, "http.response.status_code": 200 })) >= 1);
});

test("a token that was used before is a hit, and needs no exchange", async () => {
  const s = session();
  await (await s.get("/")).text();
  spans.reset();
  for (let i = 0; i < 3; i++) await (await s.post("/", { json: { i } })).text();
  assert.deepEqual(
    told().map(({ name, attributes }) => [name, attributes["cloud_run_auth.token.hit"]]),
    [
      ["POST", true],
      ["POST", true],
      ["POST", true],
    ],
  );
});

test("what is sent once more says how often, a token that is renewed says so, and what fails says how", async () => {
  const s = session();
  await (await s.get("/")).text();
  spans.reset();
  const retries = await total("cloud_run_auth.request.retries", {});
  answers = [503, 401, 200];
  assert.equal((await s.get("/")).status, 200);
  const all = told().map(({ name, attributes, status }) => [
    name,
    attributes["http.response.status_code"],
    attributes["http.request.resend_count"] ?? attributes["cloud_run_auth.refresh"],
    status.code === api.SpanStatusCode.ERROR,
    attributes["error.type"],
  ]);
  assert.deepEqual(all, [
    ["GET", 503, undefined, true, "503"],
    ["GET", 401, 1, true, "401"],
    ["token exchange", 200, true, false, undefined],
    ["GET", 200, 2, false, undefined],
  ]);
  assert.equal(await total("cloud_run_auth.request.retries", {}), retries + 2);
  spans.reset();
  const gone = createSession("http://127.0.0.1:9", { credential, endpoints: google.url, retry: false });
  await assert.rejects(gone.get("/"));
  const [failure] = told().filter(({ name }) => name === "GET");
  assert.deepEqual([failure.status.code, typeof failure.attributes["error.type"]], [api.SpanStatusCode.ERROR, "string"]);
});

test("a caller's own traceparent and baggage go as they are; Google is told of no trace", async () => {
  const asked = [];
  const fetched = session({
    [Symbol.for("cloud-run-auth.customFetch")]: (url, init) => (asked.push([String(url), new Headers(init.headers)]), fetch(url, init)),
  });
  await (await fetched.get("/", { headers: { traceparent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01" } })).text();
  assert.equal(seen[0].traceparent, "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01");
  for (const [url, headers] of asked.filter(([url]) => url.startsWith(google.url))) assert.equal(headers.get("traceparent"), null, url);
  const baggage = api.propagation.setBaggage(api.context.active(), api.propagation.createBaggage({ tenant: { value: "acme" } }));
  await api.context.with(baggage, async () => (await fetched.get("/")).text());
  assert.equal(seen.at(-1).baggage, "tenant=acme");
});

test("no token, key, address or query is told", async () => {
  const s = session();
  await (await s.get("/canary-path?canary=query")).text();
  const text = JSON.stringify(told().map(({ name, attributes, status, events, links }) => ({ name, attributes, status, events, links })));
  for (const secret of ["eyJ", "Bearer", "canary=query", credential.client_email, credential.private_key_id])
    assert.ok(!text.includes(secret), secret);
  const shown = JSON.stringify(measured.getMetrics().at(-1)?.scopeMetrics ?? []);
  assert.ok(!shown.includes("canary-path"), "a path is no label of a metric");
});

test("without it nothing of OpenTelemetry is loaded, and requests are the same", async () => {
  const files = readdirSync(PKG, { recursive: true }).filter(
    (file) => file.endsWith(".js") && !file.startsWith("cli/") && !file.includes("node_modules"),
  );
  for (const file of files)
    assert.doesNotMatch(
      readFileSync(join(PKG, file), "utf8"),
      /^import [^\n]*["']@opentelemetry|(?:require|import)\(["']@opentelemetry/m,
      file,
    );
  const s = session();
  await (await s.get("/")).text();
  const { traceparent, ...withIt } = seen[0];
  telemetry.disable();
  spans.reset();
  await (await s.get("/")).text();
  instrument(api);
  assert.ok(traceparent);
  assert.deepEqual(seen[1], withIt);
  assert.deepEqual(told(), []);
  for (const bad of [undefined, {}, { trace: {} }]) assert.throws(() => instrument(bad), { code: "invalid_option" });
});
