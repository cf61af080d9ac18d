// What is known of sites, and what a person says of it.

import { about, ask, tell } from "./api.js";
import { byId, count, counted, foreign, make, say } from "./dom.js";
import { open } from "./rule.js";

const REFRESH_MS = 3000, DONE_MS = 20_000, LOOK_MS = 700;
const MOST = 300;
let found = null;
let refreshing = 0;

export async function shown() {
  clearTimeout(refreshing);
  if (byId("sites").hidden || !about.may.sites) {
    say(byId("sites-status"), "Nothing is learned of sites while STREAM_SITES is off.");
    return;
  }
  await load();
  refreshing = setTimeout(shown, REFRESH_MS);
}

byId("site-filter").addEventListener("input", draw);

async function load() {
  try {
    found = await ask("sites");
  } catch (error) {
    say(byId("sites-status"), error.message);
    return;
  }
  byId("sites-card").hidden = !found.count;
  say(byId("sites-lead"), found.applies
    ? "What the articles of each site have in common; with it this worker cleans the next ones."
    : "What the articles of each site have in common. It is proposed only, and changes no article (STREAM_SITES=propose).");
  say(byId("sites-status"), found.count ? `${counted(found.count, "site")} known.${found.count > found.sites.length ? ` The first ${found.sites.length} are listed.` : ""}` : "Nothing is known of any site yet.");
  draw();
}

/** The table; a row that has the focus keeps it. */
function draw() {
  const wanted = byId("site-filter").value.trim().toLowerCase();
  const rows = found.sites.filter(({ name }) => name.includes(wanted)).slice(0, MOST);
  const focused = document.activeElement?.dataset?.site;
  byId("site-table").tBodies[0].replaceChildren(...rows.map(row));
  if (focused) byId("site-table").querySelector(`[data-site="${CSS.escape(focused)}"]`)?.focus();
}

function row({ name, total, articles, usual, in_force: inForce, waits }) {
  return make("tr", {},
    make("td", {}, make("button", { type: "button", class: "link", "data-site": name, onclick: () => showSite(name) }, foreign(name)), " ", waits ? make("span", { class: "tag" }, "waits for you") : null),
    make("td", { class: "number" }, count(total)),
    make("td", { class: "number" }, count(articles)),
    make("td", { class: "number" }, count(usual)),
    make("td", {}, foreign(inForce)),
  );
}

async function showSite(name, note = "") {
  let site = null;
  try {
    site = await ask(`sites/one?name=${encodeURIComponent(name)}`);
  } catch (error) {
    open(name, [make("p", { class: "bad" }, error.message)]);
    return;
  }
  const { total, articles, in_force: inForce, state, versions } = site;
  const act = about.may.actions;
  const button = (label, do_, what, strong) => make("button", { type: "button", class: strong ? "strong" : null, onclick: (event) => say_(site, do_, what, event.target) }, label);
  open(name, [
    make("p", { role: "status", id: "site-note" }, note),
    make("dl", { class: "pairs" },
      make("dt", {}, "Learned from"), make("dd", {}, `${counted(total, "article")}, of which ${count(articles)} still count`),
      make("dt", {}, "In force"), make("dd", {}, foreign(inForce)),
    ),
    act ? make("div", { class: "row" },
      state === "applied" ? null : button(state === "proposed" ? "Approve the new version" : "Approve the newest version", "approve", "", true),
      state === "rejected" ? null : button("Reject: use nothing that is known of it", "reject", ""),
    ) : make("p", { class: "aside" }, "It can be approved and rejected where STREAM_HTTP_ALLOW_ACTIONS=true, or with article-stream sites."),
    ...(versions.length ? [make("h3", {}, "Earlier versions"), make("ul", { class: "plain" }, ...versions.map(([version, of]) => make("li", {},
      make("code", {}, version), `, learned from ${counted(of, "article")} `, act ? button("Go back to it", "rollback", version) : null)))] : []),
    ...lines(site, button),
  ]);
}

function lines({ lines: known, line_count: all, rejected }, button) {
  if (!known) return [make("p", { class: "aside" }, "Its lines are text of articles, and are shown where STREAM_HTTP_SHOW_ARTICLES=true.")];
  const act = about.may.actions;
  const row = ({ text, line, articles, of, since, where, effect }) => make("tr", {},
    make("td", {}, foreign(text)), make("td", { class: "number" }, `${count(articles)} of ${count(of)}`), make("td", {}, since), make("td", {}, where), make("td", {}, effect),
    act ? make("td", {}, button("Reject", "reject", line)) : null,
  );
  const columns = ["Line", "Articles", "Since", "Where", "Goes", ...(act ? ["What you say"] : [])];
  return [
    make("h3", {}, "Its lines"),
    known.length ? make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Its lines" }, make("table", {},
      make("caption", { class: "unseen" }, "The lines that its pages repeat, and in how many articles each stood"),
      make("thead", {}, make("tr", {}, ...columns.map((column) => make("th", { scope: "col", class: column === "Articles" ? "number" : null }, column)))),
      make("tbody", {}, ...known.map(row)),
    )) : make("p", { class: "aside" }, "No line stands in enough of its articles."),
    all > known.length ? make("p", { class: "aside" }, `${count(all - known.length)} more are not shown.`) : null,
    ...(rejected.length ? [make("h3", {}, "Rejected lines"), make("ul", { class: "plain" }, ...rejected.map(({ text, line }) => make("li", {}, foreign(text), " ", act ? button("Approve", "approve", line) : null)))] : []),
  ].filter(Boolean);
}

/** Asks the learner, and waits until it has come to what was asked; another version may come of an article meanwhile. */
async function say_(site, do_, what, button) {
  const note = byId("site-note"), seen = () => note.isConnected && byId("dialog").open;
  button.disabled = true;
  say(note, "The learner has been asked…");
  const path = `sites/one?name=${encodeURIComponent(site.name)}`;
  try {
    const asked = await tell(path, JSON.stringify({ do: do_, what }));
    const deadline = Date.now() + DONE_MS;
    while (Date.now() < deadline) {
      await new Promise((go) => setTimeout(go, LOOK_MS));
      const now = await ask(path);
      if (now.offset >= asked.offset && now.offset !== asked.before) {
        if (seen()) await showSite(site.name, "Done.");
        await load();
        return;
      }
    }
    say(note, "No learner has done it yet. It will be done once one runs: article-stream learn, or worker --learn.");
  } catch (error) {
    say(note, error.message);
  }
  button.disabled = false;
}
