// From an installed package to an answer, in a process of its own.
import { call } from "./app.js";

console.log(JSON.stringify(await call(JSON.parse(process.argv[2]))));
