// One of many workers: takes jobs, and does each as the user whose it is. However many workers there are, his token is refreshed once.
import { setTimeout as sleep } from "node:timers/promises";
import { createSession } from "cloud-run-auth";
import { createUserCredential } from "cloud-run-auth/user";
import { take } from "./queue.js";
import { client, queue, service, store } from "./settings.js";

/** A session keeps its token: one for each user. */
const sessions = new Map();
function sessionOf(user) {
  if (!sessions.has(user)) {
    const credential = createUserCredential({ store, user: `users/${user}`, subject: user, client });
    sessions.set(user, createSession(service, { credential }));
  }
  return sessions.get(user);
}

for (;;) {
  const job = await take(queue);
  if (!job) {
    await sleep(50);
    continue;
  }
  try {
    const response = await sessionOf(job.user).post(job.path, { json: { at: Date.now() } });
    console.log(await job.done(`${job.user} ${response.status}`));
  } catch (error) {
    // Where the user has to log in again, nothing but that helps.
    console.log(await job.done(`${job.user} ${error.cause?.code ?? error.code}`));
  }
}
