// The files of Swagger UI and ReDoc, where the project at hand has them: then the pages load nothing from elsewhere.
import { createReadStream, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What the pages ask for. They hold each file to its hash, and so other versions are of no use. */
export const PAGES = {
  "swagger-ui-dist": { version: "5.35.0", files: ["swagger-ui.css", "swagger-ui-bundle.js"] },
  redoc: { version: "2.5.4", files: ["bundles/redoc.standalone.js"] },
};
const TYPES = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8" };

/**
 * By the paths that the pages ask for, below the folder that they are told: where the files are. None where a package is missing or of
 * another version.
 *
 * @returns {Map<string, string>}
 */
export function installedAssets() {
  const require = createRequire(join(process.cwd(), "package.json"));
  const found = new Map();
  for (const [name, { version, files }] of Object.entries(PAGES)) {
    let folder;
    try {
      const about = require.resolve(`${name}/package.json`);
      if (JSON.parse(readFileSync(about, "utf8")).version !== version) return new Map();
      folder = dirname(about);
    } catch {
      return new Map();
    }
    for (const file of files) found.set(`${name}@${version}/${file}`, join(folder, file));
  }
  return found;
}

/**
 * The answer to a request for one of them; nothing where it is for something else.
 *
 * @param {Map<string, string>} assets
 * @param {string} folder The path that they lie below
 * @param {{ method: string, target: string }} came
 * @returns {import("./server.js").Answered | undefined}
 */
export function assetFor(assets, folder, { method, target }) {
  const path = target.startsWith(`${folder}/`) ? assets.get(target.slice(folder.length + 1)) : undefined;
  if (!path || method !== "GET") return undefined;
  const type = TYPES[/** @type {"css"} */ (path.slice(path.lastIndexOf(".") + 1))];
  return {
    status: 200,
    headers: [
      ["content-type", type],
      ["cache-control", "public, max-age=86400, immutable"],
      ["x-content-type-options", "nosniff"],
    ],
    body: createReadStream(path),
  };
}
