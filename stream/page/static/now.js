// What the worker does now.

import { about } from "./api.js";
import { Chart, LINES } from "./chart.js";
import { byId, bytes, clock, count, counted, make, rate, say, seconds } from "./dom.js";

const SMOOTHED = 5; // seconds that a figure is the mean of
const chart = new Chart(byId("plot"), byId("legend"), byId("minutes").tBodies[0]);
const figures = new Map();
const facts = new Map();

for (const { name, label } of LINES) {
  const value = make("dd", { class: "value" }, "–");
  const total = make("dd", { class: "total" }, " ");
  byId("figures").append(make("div", { class: `figure ${name}` }, make("dt", {}, label), value, total));
  figures.set(name, { value, total });
}
for (const label of ["Bytes saved", "Removed", "Last commit", "Waiting", "Rules", "Site profiles"]) {
  const value = make("dd", {}, "–");
  const more = make("dd", { class: "more" }, " ");
  const fact = make("div", {}, make("dt", {}, label), value, more);
  byId("facts").append(fact);
  facts.set(label, { fact, value, more });
}

function fact(label, value, more = "") {
  say(facts.get(label).value, value);
  say(facts.get(label).more, more || " ");
}

export function introduce() {
  const { host, instance, group, input, output, servers, delivery } = about;
  byId("who").replaceChildren(
    "Worker ", make("strong", {}, instance || host), instance ? ` on ${host}` : "", ` of the group ${group}: `,
    make("code", {}, input), " → ", make("code", {}, output), `, ${delivery}, on `, make("code", {}, servers),
  );
  facts.get("Site profiles").fact.hidden = !about.may.sites;
}

export function away(why) {
  byId("health").dataset.state = "away";
  say(byId("health-title"), `${why} Trying again…`);
  byId("health-reasons").replaceChildren();
}

export function tellHistory(history) {
  chart.begin(history);
}

export function tell(told) {
  tellHealth(told);
  if (told.sample.length) chart.add(told.sample);
  const { cleaned, dead, unchanged, passed, tombstone } = told.totals;
  const rest = unchanged + passed + tombstone;
  const totals = { in: cleaned + rest + dead, cleaned, unchanged: rest, dead };
  const rates = chart.mean(SMOOTHED);
  for (const { name } of LINES) {
    say(figures.get(name).value, rates ? rate(rates[name]) : "–");
    say(figures.get(name).total, `${count(totals[name])} since the start`);
  }
  tellFacts(told);
  tellPartitions(told);
  tellOthers(told.others);
}

function tellHealth({ problems, warnings }) {
  const ready = problems.length === 0;
  byId("health").dataset.state = ready ? (warnings.length ? "warned" : "ready") : "failing";
  say(byId("health-title"), ready ? "Ready: it reads, cleans and publishes." : "Not ready");
  const reasons = [...problems, ...warnings];
  const list = byId("health-reasons");
  if (list.textContent !== reasons.join("")) list.replaceChildren(...reasons.map((reason) => make("li", {}, reason)));
}

function tellFacts({ bytes: sizes, removed, commit, lag, rules, sites }) {
  const saved = sizes.in - sizes.out;
  fact("Bytes saved", bytes(Math.max(0, saved)), sizes.in ? `${((100 * saved) / sizes.in).toFixed(1)}% of ${bytes(sizes.in)}` : "");
  const { repeats, footer, junk } = removed;
  fact("Removed", counted(repeats + footer + junk, "line"), `${count(repeats)} repeated, ${count(footer)} of footers, ${count(junk)} of junk`);
  if (commit) fact("Last commit", seconds(commit.seconds), `${counted(commit.records, "record")}, at ${clock(commit.time_s)}`);
  else fact("Last commit", "none yet");
  fact("Waiting", counted(lag, "record"), "in all partitions of the input that are known");
  fact("Rules", rules, "the version in force");
  if (sites) fact("Site profiles", count(sites.known), sites.proposed ? `${counted(sites.proposed, "site")} with a version that waits for you` : "none waits for approval");
}

function tellPartitions({ partitions, partition_count: all }) {
  const several = new Set(partitions.map(({ topic }) => topic)).size > 1;
  byId("topic-column").hidden = !several;
  const rows = partitions.map(({ topic, partition, lag, lag_s: age, position, owner }) => make("tr", {},
    several ? make("td", {}, topic) : null,
    make("td", { class: "number" }, String(partition)),
    make("td", { class: "number" }, count(lag)),
    make("td", { class: "number" }, age === null ? "–" : age === 0 ? "0 s" : seconds(age)),
    make("td", { class: "number" }, position === null ? "–" : position < 0 ? "not known yet" : String(position)),
    make("td", { class: owner ? "short" : "short bad" }, owner === "here" ? "this worker" : owner || "nobody"),
  ));
  byId("partitions").tBodies[0].replaceChildren(...rows);
  say(byId("partitions-note"), all > partitions.length
    ? `The ${partitions.length} of ${count(all)} partitions in which most records wait.`
    : all ? "" : "The group has not assigned partitions to this worker yet.");
}

function tellOthers(others) {
  byId("others-card").hidden = !others.length;
  byId("others").replaceChildren(...others.map(({ name, host, page }) => make("li", {},
    make("strong", {}, name), host ? ` on ${host}` : "",
    ...(page ? [": if its settings are like this one’s, its page is ", make("a", { href: page }, page)]
      : [". Its page can be reached on that machine, where it listens as this one does."]),
  )));
}
