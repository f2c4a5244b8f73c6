import { call } from "./slim.js";

window.call = call;
