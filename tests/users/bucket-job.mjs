// One job of many, whose user's token lies in a bucket: asks for it again and again until its standard input ends, and says what it saw.
import { clockSpeed, createUserCredential } from "../../pkg/runtime/user-node.js";
import { gcsStore } from "../../pkg/stores/gcs.js";

const { bucket, endpoints, speed, every, rotates } = JSON.parse(process.argv[2]);
const store = gcsStore(bucket);
const user = createUserCredential({ store, user: "ada.json", endpoints, rotates, [clockSpeed]: speed });
let goesOn = true;
process.stdin.once("end", () => (goesOn = false));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
process.on("unhandledRejection", (error) => say({ failed: `unhandled: ${error}` }));

say({ there: true });
await new Promise((resolve) => process.stdin.once("data", resolve).once("end", resolve));

let calls = 0;
let last = "";
await pause(Math.random() * every);
while (goesOn) {
  calls += 1;
  try {
    const { token } = await user({ scopes: ["openid"] });
    if (token !== last) say({ token });
    last = token;
  } catch (error) {
    say({ failed: `${error.code}: ${error.message}` });
  }
  await pause(every * (0.5 + Math.random()));
}
say({ calls });
