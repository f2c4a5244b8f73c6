// A queue of jobs as files of a folder. Whoever moves a file away first has the job.
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

export async function add(folder, job) {
  await mkdir(folder, { recursive: true });
  const name = `${Date.now()}-${randomUUID()}`;
  await writeFile(join(folder, `${name}.new`), JSON.stringify(job));
  await rename(join(folder, `${name}.new`), join(folder, `${name}.job`));
}

export async function take(folder) {
  for (const name of (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".job")).sort()) {
    const taken = join(folder, name.replace(/job$/, "taken"));
    try {
      await rename(join(folder, name), taken);
      return {
        ...JSON.parse(await readFile(taken, "utf8")),
        done: (result) => rename(taken, join(folder, name.replace(/job$/, "done"))).then(() => result),
      };
    } catch {
      // Another worker was faster.
    }
  }
  return undefined;
}
