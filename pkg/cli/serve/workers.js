// Several processes of the service on one port, and a process above them that begins them, anew where one ends.
import cluster from "node:cluster";
import { watch } from "node:fs";
import { fileURLToPath } from "node:url";
import { warn } from "../terminal.js";
import { merged } from "./merged.js";

/** How long the others' metrics are waited for. */
const GATHER_MS = 1000;

/**
 * Begins them, and ends with them.
 *
 * @param {{ workers: number, reload: boolean, watches: string[] }} how
 * @returns {Promise<number>} The exit code
 */
export function superviseWorkers({ workers, reload, watches }) {
  return new Promise((resolve) => {
    /** @type {Set<import("node:cluster").Worker>} */
    const alive = new Set();
    let ending = false;
    let code = 0;
    const begin = () => {
      const worker = cluster.fork();
      // Cluster's own list keeps one until it has disconnected, too, which may come later.
      alive.add(worker);
      let listened = false;
      worker.on("listening", () => (listened = true));
      worker.on("message", (message) => answerFor(worker, message));
      worker.on("exit", (status, signal) => {
        alive.delete(worker);
        if (!ending && !worker.exitedAfterDisconnect && !listened && !reload) {
          // What keeps one from beginning keeps all.
          code = status || 1;
          end();
        } else if (!ending) {
          if (!worker.exitedAfterDisconnect) warn(`a worker ended (${signal ?? status}); another one begins.`);
          begin();
        }
        if (ending && alive.size === 0) resolve(code);
      });
    };
    const end = () => {
      ending = true;
      for (const worker of alive) worker.process.kill("SIGTERM");
      if (alive.size === 0) resolve(code);
    };
    for (let i = 0; i < workers; i++) begin();
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.on(signal, end);
    if (reload) onChange([...watches, fileURLToPath(new URL("../..", import.meta.url))], restart);
  });
}

/** One's own metrics and the others'. @param {string} own @returns {Promise<string>} */
export function gatheredMetrics(own) {
  return new Promise((resolve) => {
    const id = `${process.pid} ${performance.now()}`;
    const done = (/** @type {any} */ message) => {
      if (message?.id !== id || !message.all) return;
      process.off("message", done);
      resolve(merged([own, ...message.all]));
    };
    process.on("message", done);
    process.send?.({ gather: id });
  });
}

/** Answers the process above when it asks for metrics. @param {() => Promise<string>} metrics */
export function tellMetrics(metrics) {
  process.on("message", async (/** @type {any} */ message) => {
    if (message?.tell) process.send?.({ told: message.tell, metrics: await metrics() });
  });
}

/** @param {import("node:cluster").Worker} asker @param {any} message */
function answerFor(asker, message) {
  if (!message?.gather) return;
  const id = message.gather;
  const others = Object.values(cluster.workers ?? {}).filter((worker) => worker && worker !== asker);
  /** @type {string[]} */
  const all = [];
  const send = () => {
    clearTimeout(timer);
    for (const other of others) other?.off("message", came);
    if (asker.isConnected()) asker.send({ id, all });
  };
  const came = (/** @type {any} */ told) => {
    if (told?.told === id && all.push(told.metrics) === others.length) send();
  };
  const timer = setTimeout(send, GATHER_MS);
  for (const other of others) {
    other?.on("message", came);
    other?.send({ tell: id });
  }
  if (others.length === 0) send();
}

function restart() {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.disconnect();
}

/** @param {string[]} paths @param {() => void} changed */
function onChange(paths, changed) {
  /** @type {any} */
  let timer;
  for (const path of paths) {
    try {
      watch(path, { recursive: true }, () => {
        clearTimeout(timer);
        timer = setTimeout(changed, 200);
      });
    } catch {
      // What is not there does not change.
    }
  }
}
