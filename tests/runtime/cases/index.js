// The groups of cases, in the order of the table.
import badInput from "./bad-input.js";
import baseUrl from "./base-url.js";
import credentials from "./credentials.js";

import exchange from "./exchange.js";
import faults from "./faults.js";
import fetch from "./fetch.js";
import kinds from "./kinds.js";
import limits from "./limits.js";
import login from "./login.js";
import places from "./places.js";
import process from "./process.js";
import redirects from "./redirects.js";
import refresh from "./refresh.js";
import requests from "./requests.js";
import resend from "./resend.js";
import retry from "./retry.js";
import service from "./service.js";
import sessions from "./sessions.js";
import singleFlight from "./single-flight.js";
import stayingUp from "./staying-up.js";
import stores from "./stores.js";
import tokens from "./tokens.js";
import users from "./users.js";
import verify from "./verify.js";
import waits from "./waits.js";

export const groups = [
  requests,
  fetch,
  sessions,
  tokens,
  kinds,
  credentials,
  places,
  baseUrl,
  redirects,
  badInput,
  exchange,
  limits,
  resend,
  refresh,
  singleFlight,
  faults,
  retry,
  waits,
  stayingUp,
  stores,
  users,
  login,
  verify,
  service,
  process,
];
