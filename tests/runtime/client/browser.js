// A browser that logs in: it keeps cookies as browsers do, and says yes or no at the provider.

/** The browser of one person, at one application. */
export function openBrowser(t, origin) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  const header = () => Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");

  return {
    cookies,
    /** A request of this browser's for a page of the application's. */
    request(path, init = {}) {
      const headers = new Headers(init.headers);
      if (cookies.size > 0) headers.set("cookie", header());
      return new Request(new URL(path, origin), { ...init, headers });
    },

    /** Keeps and forgets what an answer says. */
    take(response) {
      for (const line of response.headers.getSetCookie()) {
        const [pair, ...attributes] = line.split("; ");
        const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
        if (attributes.includes("Max-Age=0")) cookies.delete(name);
        else cookies.set(name, value);
      }
      return response.headers.get("location");
    },

    /** What the person says at the provider; the URL that the browser is sent to from there. */
    async consent(url, decision = {}) {
      return (await t.emulator.make("consent", { url, ...decision })).location;
    },
  };
}
