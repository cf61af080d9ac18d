// Dead letters: those that came last, one whole, and sending them back.

import { about, ask, tell } from "./api.js";
import { byId, bytes, count, counted, foreign, make, say } from "./dom.js";
import { open } from "./rule.js";

const AT_ONCE = 50;
let found = null;
let drawn = 0;

/** The view is shown; `reason` may be one that the address names. */
export async function shown(reason) {
  if (!found) await load(reason);
}

byId("reload").addEventListener("click", () => load(byId("reason").value));
byId("reason").addEventListener("change", draw);
byId("more-letters").addEventListener("click", drawMore);
byId("dry-run").addEventListener("click", () => redrive({ ...chosen(), dry_run: true }));
byId("redrive").addEventListener("click", () => confirm(chosen(), chosenInWords()));

const chosen = () => (byId("reason").value ? { reason: byId("reason").value } : {});
const chosenInWords = () => (byId("reason").value ? `all dead letters with the reason ${byId("reason").value}` : "all dead letters");

async function load(reason = "") {
  say(byId("letters-status"), "Reading the topic of dead letters…");
  try {
    found = await ask("dead-letters");
  } catch (error) {
    byId("letters-card").hidden = true;
    say(byId("letters-status"), error.message);
    return;
  }
  const { letters, reasons, meanings } = found;
  byId("letters-card").hidden = false;
  byId("redrive").hidden = !about.may.actions;
  byId("dry-run").hidden = !letters.length;
  byId("letters").hidden = !letters.length;
  byId("reason").replaceChildren(
    make("option", { value: "" }, `any (${letters.length})`),
    ...Object.entries(reasons).map(([name, number]) => make("option", { value: name }, `${name} (${number}): ${meanings[name] ?? "an unknown reason"}`)),
  );
  byId("reason").value = reason in reasons ? reason : "";
  draw();
  say(byId("letters-status"), letters.length ? "" : `${found.topic} holds no dead letters.`);
}

function draw() {
  drawn = 0;
  byId("letters").tBodies[0].replaceChildren();
  drawMore();
  const some = filtered().length;
  const notes = [`${counted(some, "letter")} of ${found.topic}.`];
  if (!found.whole) notes.push("These are the newest ones; the topic holds more.");
  if (!about.may.articles) notes.push("How they begin is shown where STREAM_HTTP_SHOW_ARTICLES=true.");
  if (!about.may.actions) notes.push("They can be sent back where STREAM_HTTP_ALLOW_ACTIONS=true, or with article-stream dead-letters replay.");
  say(byId("letters-note"), notes.join(" "));
}

const filtered = () => found.letters.filter(({ reason }) => !byId("reason").value || reason === byId("reason").value);

function drawMore() {
  const letters = filtered();
  byId("letters").tBodies[0].append(...letters.slice(drawn, drawn + AT_ONCE).map(row));
  drawn += AT_ONCE;
  byId("more-letters").hidden = drawn >= letters.length;
}

function row(letter) {
  const { partition, offset, reason, from_topic: topic, from_partition: from, from_offset: at, when, size, preview } = letter;
  const place = `${partition}:${offset}`;
  const show = make("button", { type: "button", class: "link", "aria-label": `Show the dead letter ${place}`, onclick: () => showWhole(partition, offset) }, place);
  return make("tr", {},
    make("td", {}, show),
    make("td", {}, make("span", { class: "reason" }, reason || "none")),
    make("td", { class: "short" }, `${topic} ${from}:${at}`),
    make("td", { class: "short" }, when),
    make("td", { class: "number" }, bytes(size)),
    make("td", {}, preview === undefined ? make("span", { class: "aside" }, "not shown") : foreign(preview)),
  );
}

async function showWhole(partition, offset) {
  let letter = null;
  try {
    letter = await ask(`dead-letters/one?partition=${partition}&offset=${offset}`);
  } catch (error) {
    open("Dead letter", [make("p", { class: "bad" }, error.message)]);
    return;
  }
  const pairs = [
    ["Why", `${letter.reason}: ${letter.meaning}`], ["What was wrong", letter.message], ["Came from", letter.from],
    ["Made", `${letter.when} UTC`], ["Size", bytes(letter.size)],
  ];
  if (letter.key !== undefined) pairs.push(["Key", letter.key]);
  for (const [name, value] of letter.headers ?? []) pairs.push([`Header ${name}`, value]);
  open(`Dead letter ${letter.place}`, [
    make("dl", { class: "pairs" }, ...pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, foreign(value))])),
    ...value(letter),
    make("div", { class: "row" },
      make("button", { type: "button", onclick: () => redrive({ partition, offset, dry_run: true }) }, "Dry run"),
      about.may.actions ? make("button", { type: "button", class: "strong", onclick: () => confirm({ partition, offset }, `the dead letter ${letter.place}`) }, "Send it back…") : null,
    ),
  ]);
}

function value(letter) {
  if (letter.kind === undefined) return [make("p", { class: "aside" }, "Its key, its headers and its value are shown where STREAM_HTTP_SHOW_ARTICLES=true.")];
  if (letter.kind === "none") return [make("p", { class: "aside" }, "It has no value.")];
  const heading = letter.kind === "hex" ? "Its value, which is no text" : "Its value";
  return [
    make("h3", {}, heading),
    make("pre", { tabindex: "0", "aria-label": heading }, letter.kind === "hex" ? letter.value : foreign(letter.value)),
    letter.cut ? make("p", { class: "aside" }, "Only its beginning is shown.") : null,
  ].filter(Boolean);
}

/** Asks once more before anything is sent. */
function confirm(selection, words) {
  const go = make("button", { type: "button", class: "strong", onclick: () => redrive({ ...selection, dry_run: false }) }, "Send back");
  open("Send back?", [
    make("p", {}, `Send ${words} to where they came from? Those that would fail again stay, and none goes back twice.`),
    make("div", { class: "row" }, go, make("button", { type: "button", onclick: () => redrive({ ...selection, dry_run: true }) }, "Dry run")),
  ]);
  go.focus();
}

async function redrive(asked) {
  const dialog = open(asked.dry_run ? "If they were sent back" : "Sending back", [make("p", { role: "status" }, "Asking Kafka…")]);
  let result = null;
  try {
    result = await tell("dead-letters/redrive", JSON.stringify(asked));
  } catch (error) {
    if (dialog.open) open("That did not work", [make("p", { class: "bad" }, error.message)]);
    return;
  }
  const { dry_run: dry, verdicts, goes, sent, some_before: before, stopped } = result;
  const total = dry ? `${counted(goes, "dead letter")} would go back.` : `${counted(sent, "dead letter")} went back.`;
  open(dry ? "If they were sent back" : "Sent back", [
    make("p", { role: "status" }, `${total}${before ? " Letters that went back before were skipped." : ""}${stopped ? " The worker stopped before the end." : ""}`),
    verdicts.length ? make("table", {},
      make("caption", { class: "unseen" }, "How many letters have each verdict"),
      make("thead", {}, make("tr", {}, make("th", { scope: "col", class: "number" }, "Letters"), make("th", { scope: "col" }, dry ? "Would" : "Verdict"))),
      make("tbody", {}, ...verdicts.map(([verdict, number]) => make("tr", {}, make("td", { class: "number" }, count(number)), make("td", {}, foreign(verdict))))),
    ) : null,
    dry && goes && about.may.actions ? make("div", { class: "row" }, make("button", { type: "button", class: "strong", onclick: () => redrive({ ...asked, dry_run: false }) }, "Send back")) : null,
  ].filter(Boolean));
  if (!dry) load(byId("reason").value);
}
