// An article before and after, line by line.

import { about, ask, tell } from "./api.js";
import { byId, copy, count, counted, foreign, make, say } from "./dom.js";
import { fromLink, LONGEST_LINK, toLink } from "./link.js";
import { showModel, showRule } from "./rule.js";

const WAIT_MS = 250; // after a key, so that a word is tried and not each of its letters
const AT_ONCE = 400; // lines that are drawn at first
const LONGEST = 4000; // characters of a line that are drawn at first
const ECHO = 280; // characters of the line that a repeat repeats

let waiting = 0;
let trying = null;
let cleaned = "";
let examples = null;
let loadedLink = "";

export function introduce() {
  const may = about.may.try;
  byId("try-form").hidden = !may;
  byId("try-closed").hidden = may;
  say(byId("try-closed"), may ? "" : "Articles can be tried where the page listens on the loopback, or with STREAM_HTTP_SHOW_ARTICLES=true.");
}

/** The view is shown; `link` is the article that the address holds, if any. */
export async function shown(link) {
  if (about.may?.try && !examples) await offerExamples();
  if (!link || link === loadedLink) return;
  loadedLink = link;
  try {
    byId("article").value = await fromLink(link);
    byId("as").value = "auto";
    await tryNow();
  } catch {
    say(byId("try-status"), "The link is damaged: it holds no whole article.");
  }
}

async function offerExamples() {
  examples = [];
  try {
    examples = await ask("examples");
  } catch {
    examples = null; // the next time, perhaps
    return;
  }
  const groups = Map.groupBy ? Map.groupBy(examples, ({ lang }) => lang) : new Map([["", examples]]);
  for (const [lang, some] of groups) {
    const options = some.map((example) => {
      const option = make("option", { value: String(examples.indexOf(example)) }, example.title);
      return option;
    });
    byId("example").append(lang ? make("optgroup", { label: languageOf(lang) }, ...options) : make("optgroup", { label: "Articles" }, ...options));
  }
}

function languageOf(lang) {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(lang);
  } catch {
    return lang;
  }
}

byId("example").addEventListener("change", ({ target }) => {
  if (target.value === "") return;
  byId("article").value = examples[Number(target.value)].value;
  byId("as").value = "auto";
  tryNow();
});
byId("article").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(tryNow, WAIT_MS);
});
byId("as").addEventListener("change", tryNow);
byId("try-form").addEventListener("submit", (event) => event.preventDefault());
byId("try-form").addEventListener("reset", () => {
  clearTimeout(waiting);
  trying?.abort();
  byId("panes").hidden = true;
  say(byId("try-status"), "");
});
byId("copy").addEventListener("click", ({ target }) => copy(cleaned, target));
byId("link").addEventListener("click", async ({ target }) => {
  const link = await toLink(byId("article").value);
  if (link.length > LONGEST_LINK) say(byId("try-status"), "This article is too long for a link.");
  else copy(new URL(`#try=${link}`, location.href).href, target);
});

async function tryNow() {
  clearTimeout(waiting);
  trying?.abort();
  const article = byId("article").value;
  if (!article.trim()) {
    byId("panes").hidden = true;
    say(byId("try-status"), "");
    return;
  }
  if (new Blob([article]).size > about.most_bytes) {
    byId("panes").hidden = true;
    say(byId("try-status"), `That is longer than ${count(about.most_bytes)} bytes, which is the most that is taken here.`);
    return;
  }
  trying = new AbortController();
  const { signal } = trying;
  try {
    const result = await tell(`try?as=${byId("as").value}`, article, signal);
    if (!signal.aborted) draw(result);
  } catch (error) {
    if (signal.aborted) return;
    say(byId("try-status"), error.message);
    if (error.retryS) waiting = setTimeout(tryNow, error.retryS * 1000 + 50);
  }
}

function draw(result) {
  ({ cleaned } = result);
  byId("panes").hidden = false;
  if (result.problem) {
    byId("before").replaceChildren(make("p", { class: "bad" }, `It would become a dead letter: ${result.problem}`));
    byId("after").replaceChildren(make("p", { class: "aside" }, "Nothing would be published."));
    say(byId("try-status"), "It cannot be cleaned.");
    return;
  }
  if (!result.texts.length) {
    byId("before").replaceChildren(make("p", { class: "aside" }, "It holds no text, and goes on as it is."));
    byId("after").replaceChildren();
  } else {
    byId("before").replaceChildren(...result.texts.flatMap((text, at) => [named(text), new Before(text, result.rules, at).list].filter(Boolean)));
    byId("after").replaceChildren(...result.texts.flatMap((text) => [named(text), after(text)].filter(Boolean)));
  }
  say(byId("try-status"), summary(result));
}

const named = (text) => (text.field ? make("h3", {}, text.field) : null);

function summary({ counts, texts, site, format, version }) {
  const { repeats, footer, junk, site: known } = counts;
  const parts = [
    [repeats, "repeated paragraph", "repeated paragraphs"], [footer, "footer line", "footer lines"],
    [junk, "junk line", "junk lines"], [known, "line known from the site", "lines known from the site"],
  ].filter(([number]) => number).map(([number, one, many]) => counted(number, one, many));
  const withheld = texts.some(({ lines }) => lines.some(({ state }) => state === "withheld"));
  const gone = parts.length ? `${parts.join(", ")} ${repeats + footer + junk + known === 1 ? "goes" : "go"}` : "Nothing goes";
  const more = withheld ? "; a footer stays, because too much would go with it" : "";
  return `${gone}${more}. Taken as ${format === "json" ? "JSON" : "text"}, rules ${version}${site ? `, ${site}` : ""}.`;
}

/** The lines of an article as it came in; those that go are struck out. */
class Before {
  constructor(text, rules, field) {
    Object.assign(this, { text, rules, field, drawn: 0, items: new Map() });
    this.list = make("ol", { class: "lines" });
    this.more = make("li", { class: "more" }, make("button", { type: "button", onclick: () => this.draw() }, "Show more lines"));
    this.draw();
  }

  draw(upTo = this.drawn + AT_ONCE) {
    this.more.remove();
    const { lines, line_count: all } = this.text;
    for (; this.drawn < Math.min(upTo, lines.length); this.drawn += 1) {
      const line = lines[this.drawn];
      // A blank line goes with the paragraph after it; behind the last line end there is no line.
      if (!line.text.trim() && (line.state === "goes" || this.drawn === all - 1)) continue;
      const item = this.item(line);
      this.items.set(this.drawn, item);
      this.list.append(item);
    }
    if (this.drawn < lines.length) this.list.append(this.more);
    else if (all > lines.length) this.list.append(make("li", { class: "more" }, `${count(all - lines.length)} more lines are not shown.`));
  }

  item(line) {
    const number = make("span", { class: "at", "aria-hidden": "true" }, String(line.number));
    const shownText = written(line.text);
    if (!line.state) return make("li", {}, number, make("span", { class: "text" }, shownText));
    const item = make("li", { class: line.state });
    const text = make(line.state === "goes" ? "del" : "span", { class: "text" }, shownText);
    item.append(number, make("div", {}, text, " ", this.reason(line, item)));
    return item;
  }

  reason(line, item) {
    if (line.of !== null) return this.repeat(line, item);
    const overruled = line.state === "withheld" ? "stays, too much would go with it: " : "";
    if (!line.rule) return make("span", { class: "why" }, `${overruled}${line.why}`);
    const rule = this.rules[line.rule];
    const open = () => (rule ? showRule(rule) : showModel(line.rule));
    const label = rule ? line.rule : "the look of the whole page";
    return make("span", { class: "why" }, `${overruled}${line.reason}: `, make("button", { type: "button", class: "link", onclick: open }, label));
  }

  /** What a repeat repeats is shown below it, and marked where it stands, while it is pointed at or has the focus. */
  repeat(line, item) {
    const echo = foreign("", { class: "echo" });
    const button = make("button", { type: "button", class: "link", onclick: () => this.goTo(line.of) }, line.why);
    const mark = (on) => {
      if (on && !echo.textContent) echo.textContent = shortened(this.text.lines[line.of]?.text ?? "", ECHO);
      item.classList.toggle("pointed", on);
      this.items.get(line.of)?.classList.toggle("origin", on);
    };
    item.addEventListener("pointerenter", () => mark(true));
    item.addEventListener("pointerleave", () => mark(item.contains(document.activeElement)));
    item.addEventListener("focusin", () => mark(true));
    item.addEventListener("focusout", () => mark(false));
    item.addEventListener("keydown", (event) => { if (event.key === "Escape") mark(false); });
    return make("span", { class: "why" }, button, echo);
  }

  goTo(at) {
    if (at >= this.drawn) this.draw(at + 1);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.items.get(at)?.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  }
}

function after(text) {
  const stays = text.lines.filter(({ state }) => state !== "goes");
  const list = make("div", { class: "article" });
  let drawn = 0;
  const more = make("button", { type: "button", onclick: draw }, "Show more lines");
  function draw() {
    more.remove();
    for (const line of stays.slice(drawn, drawn + AT_ONCE)) {
      if (line.text.trim()) list.append(make("p", {}, written(line.text)));
    }
    drawn += AT_ONCE;
    if (drawn < stays.length) list.append(more);
  }
  draw();
  if (!stays.some(({ text: line }) => line.trim())) list.append(make("p", { class: "aside" }, "Nothing."));
  return list;
}

/** A line's text; of a very long one the beginning, and a button for the rest. */
function written(text) {
  const shownText = foreign(shortened(text, LONGEST));
  if (text.length <= LONGEST) return shownText;
  const button = make("button", { type: "button" }, `Show all ${count(text.length)} characters`);
  button.addEventListener("click", () => { shownText.textContent = text; button.remove(); });
  return make("span", {}, shownText, " ", button);
}

const shortened = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

