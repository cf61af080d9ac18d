// A line chart of the last fifteen minutes, with the same as a table and in words.

import { clock, make, rate, say, svg } from "./dom.js";

export const LINES = [
  { name: "in", label: "In" },
  { name: "cleaned", label: "Cleaned" },
  { name: "unchanged", label: "Unchanged" },
  { name: "dead", label: "Dead letters" },
];
const SPAN_S = 15 * 60;
const LEAST_SPAN_S = 3 * 60; // of a worker that has just begun
const BIN_S = 5; // what one point of a line is the mean of
const HEIGHT = 220;
const LEFT = 40, RIGHT = 8, TOP = 10, BOTTOM = 26;
const WORDS_EVERY_S = 20;

export class Chart {
  constructor(plot, legend, table) {
    this.plot = plot;
    this.table = table;
    this.samples = [];
    this.values = new Map();
    this.at = null; // the bin that the pointer is over
    this.saidS = 0;
    this.drawing = svg("svg", { role: "img", "aria-label": "No records yet.", height: HEIGHT });
    plot.append(this.drawing);
    for (const { name, label } of LINES) {
      const value = make("span", { class: "value" });
      legend.append(make("li", { class: name }, make("span", { class: "swatch", "aria-hidden": "true" }), label, " ", value));
      this.values.set(name, value);
    }
    this.when = make("li", { class: "when" });
    legend.append(this.when);
    new ResizeObserver(() => this.draw()).observe(plot);
    plot.addEventListener("pointermove", (event) => this.point(event));
    plot.addEventListener("pointerleave", () => { this.at = null; this.draw(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  begin(history) {
    this.samples = history.time.map((time, at) => [time, ...LINES.map(({ name }) => history[name][at])]);
    this.saidS = 0;
    this.draw();
  }

  add(sample) {
    this.samples.push(sample);
    const oldest = sample[0] - SPAN_S;
    while (this.samples.length && this.samples[0][0] < oldest) this.samples.shift();
    this.draw();
  }

  /** The means of the last so many samples, by line; null if there is none. */
  mean(many) {
    const last = this.samples.slice(-many);
    if (!last.length) return null;
    return Object.fromEntries(LINES.map(({ name }, at) => [name, average(last, at + 1)]));
  }

  point(event) {
    const { left, width } = this.plot.getBoundingClientRect();
    const share = (event.clientX - left - LEFT) / (width - LEFT - RIGHT);
    this.at = Math.min(1, Math.max(0, share));
    this.draw();
  }

  span(end) {
    const known = this.samples.length ? end - this.samples[0][0] : 0;
    return Math.min(SPAN_S, Math.max(LEAST_SPAN_S, known));
  }

  draw() {
    const width = this.plot.clientWidth;
    if (!width) return;
    const end = this.samples.length ? this.samples.at(-1)[0] : Date.now() / 1000;
    const span = this.span(end);
    const begin = end - span;
    const bins = binned(this.samples, BIN_S);
    const top = niceTop(Math.max(0, ...bins.map((bin) => Math.max(...bin.slice(1)))));
    const x = (time) => LEFT + ((width - LEFT - RIGHT) * (time - begin)) / span;
    const y = (value) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / top;
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.drawing.replaceChildren(...grid(width, top, y), ...times(width, end, span, x));
    LINES.forEach(({ name }, at) => {
      const points = bins.map((bin) => `${x(bin[0]).toFixed(1)} ${y(bin[at + 1]).toFixed(1)}`);
      if (!points.length) return;
      const line = `M${points.join("L")}`;
      if (name === "in") {
        const [first, last] = [x(bins[0][0]), x(bins.at(-1)[0])];
        this.drawing.append(svg("path", { class: "area", d: `${line}L${last} ${y(0)}L${first} ${y(0)}Z` }));
      }
      this.drawing.append(svg("path", { class: `line ${name}`, d: line }));
    });
    const shown = this.at === null || !bins.length ? null : nearest(bins, begin + this.at * span);
    if (shown) this.drawing.append(svg("line", { class: "cursor", x1: x(shown[0]), x2: x(shown[0]), y1: TOP, y2: y(0) }));
    LINES.forEach(({ name }, at) => say(this.values.get(name), shown ? rate(shown[at + 1]) : ""));
    say(this.when, shown ? `a second, at ${clock(shown[0])}` : "");
    if (Math.abs(end - this.saidS) >= WORDS_EVERY_S) this.describe(end);
  }

  /** In words and as a table; seldom, so that nobody who reads it is disturbed. */
  describe(end) {
    this.saidS = end;
    const minutes = binned(this.samples, 60).reverse();
    const said = LINES.map(({ label }, at) => `${label.toLowerCase()} ${rate(average(this.samples, at + 1))}`);
    const most = Math.max(0, ...this.samples.map((sample) => sample[1]));
    const words = this.samples.length
      ? `Records a second in the last fifteen minutes, on average: ${said.join(", ")}. At most ${rate(most)} came in.`
      : "No records yet.";
    this.drawing.setAttribute("aria-label", words);
    this.table.replaceChildren(...minutes.map((minute) => make("tr", {},
      make("th", { scope: "row" }, clock(minute[0]).slice(0, 5)),
      ...LINES.map((_, at) => make("td", { class: "number" }, rate(minute[at + 1]))),
    )));
  }
}

const average = (samples, at) => (samples.length ? samples.reduce((sum, sample) => sum + sample[at], 0) / samples.length : 0);

/** The means of samples over so many seconds each, as samples. */
function binned(samples, seconds) {
  const bins = new Map();
  for (const sample of samples) {
    const bin = Math.floor(sample[0] / seconds);
    if (!bins.has(bin)) bins.set(bin, []);
    bins.get(bin).push(sample);
  }
  return [...bins].map(([bin, some]) => [(bin + 0.5) * seconds, ...LINES.map((_, at) => average(some, at + 1))]);
}

function nearest(bins, time) {
  return bins.reduce((best, bin) => (Math.abs(bin[0] - time) < Math.abs(best[0] - time) ? bin : best));
}

/** A round number at or above the highest value. */
function niceTop(highest) {
  if (highest <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((top) => top >= highest);
}

function grid(width, top, y) {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => {
    const value = share * top, at = y(value);
    const line = svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: at, y2: at });
    if (share % 0.5) return [line];
    return [line, svg("text", { x: LEFT - 8, y: at + 4, "text-anchor": "end" }, value >= 1000 ? `${value / 1000}k` : String(value))];
  });
}

function times(width, end, span, x) {
  const most = width < 480 ? 3 : 6;
  const every = [30, 60, 120, 180, 300].find((seconds) => span / seconds <= most) ?? 300;
  const marks = [];
  for (let time = Math.ceil((end - span * 0.97) / every) * every; time <= end - span * 0.02; time += every) {
    marks.push(svg("text", { x: x(time), y: HEIGHT - 6, "text-anchor": "middle" }, clock(time).slice(0, every < 60 ? 8 : 5)));
  }
  return marks;
}
