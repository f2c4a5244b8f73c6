// Sessions whose way to the token endpoint and to the service leads through fault proxies of the lab.

/** Retries that cost a test no time, and whose number does not depend on when a timer fires. */
export const QUICK = { delay: 0 };

/**
 * As `t.open()`. `token` and `service` in what it gives are the two proxies, through which everything passes at first.
 *
 * @param {ReturnType<typeof import("./world.js").createWorld>} t
 * @param {object} [options] of the session
 */
export async function openFaulty(t, options = {}) {
  const [token, service] = [await t.lab.faultProxy(), await t.lab.faultProxy()];
  const session = { endpoints: token.url, retry: QUICK, ...options };
  const opened = await t.open({ session, base: (url) => url.replace(t.emulator.url, service.url) });
  return { ...opened, base: opened.service.url.replace(t.emulator.url, service.url), token, service };
}

/** What became of the requests that reached a proxy, in their order: null where one passed. */
export const fates = async (proxy, method) =>
  (await proxy.requests()).filter((request) => !method || request.method === method).map(({ fault }) => fault);

/**
 * How many requests a proxy sees of so many attempts that all fail by a step: as many for each as the runtime's own fetch makes of
 * one POST. Deno up to 2.9.5 sends it once more where a connection ends without an answer (denoland/deno#35610).
 */
export async function requestsOf(t, step, attempts) {
  t.runtime.sends ??= {};
  t.runtime.sends[step.fault] ??= await sendsOf(t, step);
  return attempts * t.runtime.sends[step.fault];
}

async function sendsOf(t, step) {
  const proxy = await t.lab.faultProxy();
  await proxy.plan({ rest: step });
  await fetch(`${proxy.url}/own`, { method: "POST", body: "b" }).catch(() => {});
  return (await fates(proxy)).length;
}
