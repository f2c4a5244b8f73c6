/**
 * Says yes or no on the consent page in the place of a person with a browser: reads the page, and sends what its form would.
 *
 * @param {Pick<import("../index.js").Emulator, "fetch">} emulator
 * @param {string | URL} url where the application sends a browser
 * @param {import("../index.js").ConsentDecision} [decision]
 * @returns {Promise<string>} where the browser is sent from there; of a device, nowhere
 */
export async function consentBy(emulator, url, { account, scopes, deny = false } = {}) {
  const asked = new URL(url);
  const answer = await emulator.fetch(asked, { redirect: "manual" });
  const location = answer.headers.get("location");
  if (location !== null) return location;
  const page = await answer.text();
  const [, request] = /name="request" value="([0-9a-f]+)"/.exec(page) ?? [];
  if (!request) throw new Error(`there is nothing to consent to: ${/<p>([^<]*)/.exec(page)?.[1] ?? `HTTP ${answer.status}`}`);
  const values = (/** @type {string} */ name) =>
    Array.from(page.matchAll(new RegExp(`name="${name}" value="([^"]*)"`, "g")), ([, text]) => unescape(text));
  const form = new URLSearchParams({ request, decision: deny ? "deny" : "allow", account: account ?? values("account")[0] ?? "" });
  for (const scope of scopes ?? values("scope")) form.append("scope", scope);
  const sent = await emulator.fetch(new URL("/o/oauth2/v2/auth", asked), { method: "POST", body: form, redirect: "manual" });
  const next = sent.headers.get("location");
  if (next === null && !sent.ok) throw new Error(`the consent was refused: ${/<p>([^<]*)/.exec(await sent.text())?.[1]}`);
  return next ?? "";
}

/** @param {string} text */
function unescape(text) {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}
