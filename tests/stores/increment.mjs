// One of many processes that count in one folder: folder, key, how often.
import { fileStore } from "../../pkg/stores/file.js";
import { increment } from "../../pkg/stores/kit.js";

const [folder, key, times] = process.argv.slice(2);
await increment(fileStore(folder), key, Number(times));
