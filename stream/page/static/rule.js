// A rule, and what to copy into a file of rules to be rid of it or to change it.

import { byId, copier, make } from "./dom.js";

const KINDS = {
  section: "a heading with links below it",
  label: "a word or two that a body may use as well; it counts only if short lines follow",
  inline: "a phrase with its link after a colon, or alone on its line",
  notice: "a line that is no part of the article wherever it stands",
  end: "a line that stands only at the end",
  hint: "a word that means something only together with the lines around it",
};
const MATCHES = { line: "the whole line", start: "how the line begins", opening: "the line’s first letters" };

export function showRule(rule) {
  const { id, kind, about, match, phrases, example, source, builtin, same, disable, change } = rule;
  const facts = make("dl", { class: "pairs" },
    make("dt", {}, "It finds"), make("dd", {}, KINDS[kind] ?? kind),
    make("dt", {}, "About"), make("dd", {}, about),
    make("dt", {}, "A phrase is"), make("dd", {}, MATCHES[match] ?? match),
    make("dt", {}, "For"), make("dd", {}, source.length ? source.join(", ") : "all sites"),
    make("dt", {}, "Such as"), make("dd", {}, example),
  );
  open(id, [
    make("p", { class: "aside" }, builtin ? "A rule that comes with article-stream." : "A rule of your own (STREAM_RULES)."),
    facts,
    make("details", {}, make("summary", {}, `Its phrases: ${phrases.length}`), make("p", {}, phrases.join(" · "))),
    make("h3", {}, "To disable it"),
    ...(same.length > 1 ? [make("p", { class: "aside" }, "Rules of other languages have the same phrase, and would find it then.")] : []),
    snippet(disable),
    make("h3", {}, "To change it"),
    snippet(change),
    make("p", { class: "aside" }, "Put either into a file that STREAM_RULES names: a running worker takes it up within seconds. Where the whole page looks like a footer, the footer may go without this rule, too."),
  ]);
}

export function showModel(id) {
  open("The look of the whole page", [
    make("p", {}, "No phrase gives this footer away: the model that weighs all lines of a page together sees that the story has ended before it."),
    make("p", {}, "In headers and in removals it is called ", make("code", {}, id), ". To have footers found by phrases alone, set ", make("code", {}, "STREAM_FOOTERS=markers"), "."),
  ]);
}

function snippet(text) {
  return make("div", { class: "snippet" }, make("pre", { tabindex: "0" }, make("code", {}, text)), copier(text));
}

export function open(title, content) {
  const dialog = byId("dialog");
  const close = make("button", { type: "button", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(make("div", { class: "heading" }, make("h2", { id: "dialog-title" }, title), close), ...content);
  dialog.showModal();
  dialog.scrollTop = 0;
  return dialog;
}

byId("dialog").addEventListener("click", (event) => {
  if (event.target === byId("dialog")) byId("dialog").close(); // beside it
});
