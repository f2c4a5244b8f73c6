// What the application and its workers have in common.
import { readFileSync } from "node:fs";
import { gcsStore } from "cloud-run-auth/stores/gcs";

const { PORT = "3000", CLIENT_FILE = "client.json", BUCKET = "my-tokens", QUEUE = "queue", SERVICE = "" } = process.env;

export const port = Number(PORT);
export const origin = `http://127.0.0.1:${port}`;
/** The OAuth client's file, as Google's console gives it. */
export const client = readFileSync(CLIENT_FILE, "utf8");
/** Where users' tokens are kept: one bucket for the application and all workers. */
export const store = gcsStore({ bucket: BUCKET });
export const queue = QUEUE;
/** What the jobs call, as the user whose jobs they are. */
export const service = SERVICE;
