// Elements made by hand. Text from outside goes in as text, never as HTML.

export const byId = (id) => document.getElementById(id);

/** An element with properties and children; `class`, `data-…`, `aria-…` and the like are attributes. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Text that comes from an article or a record: what direction it has does not leak into what is around it. */
export const foreign = (text, attributes = {}) => make("bdi", { dir: "auto", ...attributes }, text);

/** Sets an element's text only if it is another one, so that a screen reader hears of it once. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = (number) => (number < 100_000 ? whole.format(number) : compact.format(number));
export const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
export const rate = (number) => (number >= 100 ? whole.format(Math.round(number)) : number.toFixed(1));

export function bytes(number) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (number >= 1000 && at < units.length - 1) { number /= 1000; at += 1; }
  return `${at ? number.toFixed(number < 10 ? 1 : 0) : number} ${units[at]}`;
}

export function seconds(number) {
  return number < 1 ? `${Math.max(1, Math.round(number * 1000))} ms` : `${number.toFixed(1)} s`;
}

export const clock = (atSeconds) => new Date(atSeconds * 1000).toLocaleTimeString("en-GB");

/** A button that copies a text, and says so. */
export function copier(text, label = "Copy") {
  const button = make("button", { type: "button" }, label);
  button.addEventListener("click", () => copy(text, button));
  return button;
}

export async function copy(text, button) {
  const before = button.dataset.label ?? button.textContent;
  button.dataset.label = before;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = copyByHand(text) ? "Copied" : "The browser forbids it";
  }
  setTimeout(() => { button.textContent = before; }, 2000);
}

/** Where a page has no clipboard, because it came by plain HTTP from another machine. */
function copyByHand(text) {
  const area = make("textarea", { class: "unseen", "aria-hidden": "true" });
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
