import { call } from "./app.js";

window.call = call;
