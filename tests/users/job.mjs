// One job of many: asks for the user's token again and again, and says which one it got. Told by its argument: folder, endpoints,
// how fast time passes, and for how long.
import { fileStore } from "../../pkg/stores/file.js";
import { clockSpeed, createUserCredential } from "../../pkg/runtime/user-node.js";

const { folder, endpoints, speed, began, until } = JSON.parse(process.argv[2]);
const files = fileStore(folder);
const scaled = (ms) => Math.round(began + (ms - began) * speed);

/** The same store, with a clock that runs as fast as the job's. */
const store = {
  async read(key) {
    const record = await files.read(key);
    return record && { ...record, writtenAt: scaled(record.writtenAt), serverNow: scaled(record.serverNow) };
  },
  write: files.write,
};
const user = createUserCredential({ store, user: "ada.json", endpoints, [clockSpeed]: speed });
const seen = new Map();
let failed = 0;
process.on("unhandledRejection", (error) => {
  console.log(JSON.stringify({ unhandled: String(error) }));
  process.exit(1);
});
while (Date.now() < until) {
  try {
    const { token, expiresAt } = await user({ scopes: ["openid"] });
    seen.set(token, (seen.get(token) ?? 0) + 1);
    if (expiresAt <= Date.now()) throw new Error("a token that has ended");
  } catch (error) {
    failed += 1;
    console.log(JSON.stringify({ failed: `${error.code}: ${error.message}` }));
  }
  await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 60));
}
console.log(JSON.stringify({ calls: [...seen.values()].reduce((all, count) => all + count, 0), tokens: [...seen.keys()], failed }));
