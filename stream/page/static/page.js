// The page: which view is shown, and what the worker says once a second.

import { about, events, learnAbout, whyNoEvents } from "./api.js";
import { byId, say } from "./dom.js";
import * as letters from "./letters.js";
import * as now from "./now.js";
import * as sites from "./sites.js";
import * as trying from "./try.js";

const VIEWS = ["now", "try", "dead-letters", "sites"];
const RETRY_MS = 3000;
const shownFor = { try: trying.shown, "dead-letters": letters.shown, sites: sites.shown };

let stream = null;
let retry = 0;

function show() {
  const [wanted, ...rest] = location.hash.slice(1).split("=");
  const view = VIEWS.includes(wanted) ? wanted : "now";
  for (const name of VIEWS) byId(name).hidden = name !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const heading = byId(view).querySelector("h1");
  document.title = `${heading ? heading.textContent : "Now"} · ${about.host ?? "article-stream"}`;
  if (about.may) shownFor[view]?.(rest.join("="));
}

function away(why) {
  byId("state").dataset.state = "away";
  say(byId("state"), "Not connected");
  now.away(why);
}

function listen() {
  stream?.close();
  clearTimeout(retry);
  stream = events();
  stream.addEventListener("history", (event) => now.tellHistory(JSON.parse(event.data)));
  stream.addEventListener("now", (event) => {
    const told = JSON.parse(event.data);
    const ready = told.problems.length === 0;
    byId("state").dataset.state = ready ? "ready" : "failing";
    say(byId("state"), ready ? "Ready" : "Not ready");
    now.tell(told);
  });
  stream.addEventListener("error", async () => {
    stream.close();
    retry = setTimeout(connect, RETRY_MS);
    away(await whyNoEvents());
  });
}

/** Asks who the worker is, since another one may have taken its place, and listens to it. */
async function connect() {
  try {
    await learnAbout();
  } catch (error) {
    away(error.message);
    retry = setTimeout(connect, RETRY_MS);
    return;
  }
  say(byId("version"), `article-stream ${about.version}, core ${about.core}`);
  now.introduce();
  trying.introduce();
  document.querySelector('nav a[href="#sites"]').parentElement.hidden = !about.may.sites;
  show();
  if (!document.hidden) listen();
}

window.addEventListener("hashchange", show);
// A tab that nobody sees takes none of the few connections that a browser has to one worker.
document.addEventListener("visibilitychange", () => {
  clearTimeout(retry);
  if (document.hidden) stream?.close();
  else connect();
});
window.addEventListener("pagehide", () => stream?.close());
show();
connect();
