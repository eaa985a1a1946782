// Charts as SVG, drawn at the width that there is, so that their text stays as large as the page's.

import { h, s, type Child } from "./dom.js";

export type Point = { readonly x: number; readonly y: number };
export type Series = { readonly name: string; readonly points: readonly Point[]; readonly look?: "line" | "dots" | "steps"; readonly tone?: string };
export type Rule = { readonly y: number; readonly name: string; readonly tone?: string };

type Options = {
  readonly label: string;
  readonly width: number;
  readonly height?: number;
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
  readonly x: (value: number) => string;
  readonly y: (value: number) => string;
};

const EDGE = { top: 12, right: 12, bottom: 22 };

/** Lines over time, with horizontal rules; and the same as a table, for whom a picture says nothing. */
export function chart({ label, width, height = 220, series, rules = [], x, y }: Options): Child {
  const points = series.flatMap(({ points }) => points);
  if (points.length === 0) {
    return h("p", { class: "empty" }, "Nothing to draw yet.");
  }
  const ys = [...points.map((point) => point.y), ...rules.map((rule) => rule.y)];
  const [left, right] = [Math.min(...points.map((point) => point.x)), Math.max(...points.map((point) => point.x))];
  const ticks = nice(Math.min(...ys), Math.max(...ys));
  const [bottom, top] = [ticks[0]!, ticks.at(-1)!];
  const inset = series.some(({ look }) => look === "dots") ? 8 : 0;
  const margin = Math.max(...ticks.map((tick) => y(tick).length)) * 7.2 + 10;
  const at = {
    x: (value: number) => margin + inset + (right === left ? 0.5 : (value - left) / (right - left)) * (width - margin - EDGE.right - 2 * inset),
    y: (value: number) => EDGE.top + (1 - (value - bottom) / (top - bottom)) * (height - EDGE.top - EDGE.bottom),
  };
  const f = (value: number) => value.toFixed(1);
  const all = rules.length > 0 || series.length > 1;
  const spread = rules.map(({ y }) => at.y(y));
  return h(
    "figure",
    { class: "chart" },
    all &&
      h(
        "figcaption",
        null,
        series.map(({ name, tone, look }) => h("span", { class: `key ${look === "dots" ? "dots " : ""}${tone ?? "one"}` }, name)),
        rules.map(({ name, tone, y: value }) => h("span", { class: `key rule ${tone ?? "warn"}` }, `${name} ${y(value)}`)),
      ),
    s(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": describe(label, series, y) },
      ticks.map((tick) => [
        s("line", { class: "grid", x1: margin, x2: width - EDGE.right, y1: f(at.y(tick)), y2: f(at.y(tick)) }),
        s("text", { class: "tick", x: margin - 6, y: f(at.y(tick) + 4), "text-anchor": "end" }, y(tick)),
      ]),
      [left, right].map((value, index) =>
        (index === 0 || right !== left) &&
        s("text", { class: "tick", x: f(at.x(value)), y: height - 5, "text-anchor": right === left ? "middle" : index === 0 ? "start" : "end" }, x(value)),
      ),
      rules.map(({ tone }, index) => s("line", { class: `rule ${tone ?? "warn"}`, x1: margin, x2: width - EDGE.right, y1: f(spread[index]!), y2: f(spread[index]!) })),
      series.map(({ points, look = "line", tone = "one" }) =>
        look === "dots"
          ? points.map((point) => s("circle", { class: `dot ${tone}`, cx: f(at.x(point.x)), cy: f(at.y(point.y)), r: 3.5 }))
          : [
              s("path", { class: `line ${tone}`, d: path(points, look, at) }),
              points.length > 0 && s("circle", { class: `dot ${tone}`, cx: f(at.x(points.at(-1)!.x)), cy: f(at.y(points.at(-1)!.y)), r: 3 }),
            ],
      ),
    ),
    h(
      "details",
      { class: "numbers" },
      h("summary", null, "As numbers"),
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": `${label}, as numbers` },
        h(
          "table",
          null,
          h("thead", null, h("tr", null, h("th", { scope: "col" }, "Time"), series.map(({ name }) => h("th", { scope: "col" }, name)))),
          h("tbody", null, rowsOf(series).map(([time, values]) => h("tr", null, h("td", null, x(time)), values.map((value) => h("td", null, value === undefined ? "" : y(value)))))),
        ),
      ),
    ),
  );
}

function path(points: readonly Point[], look: "line" | "steps", at: { x: (value: number) => number; y: (value: number) => number }): string {
  return points
    .map((point, index) => {
      const [px, py] = [at.x(point.x).toFixed(1), at.y(point.y).toFixed(1)];
      return index === 0 ? `M${px} ${py}` : look === "steps" ? `H${px}V${py}` : `L${px} ${py}`;
    })
    .join("");
}

function rowsOf(series: readonly Series[]): [number, (number | undefined)[]][] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((one, other) => one - other);
  return times.map((time) => [time, series.map(({ points }) => points.find(({ x }) => x === time)?.y)]);
}

function describe(label: string, series: readonly Series[], y: (value: number) => string): string {
  const parts = series.map(({ name, points }) => {
    const ys = points.map((point) => point.y);
    return ys.length === 0 ? `${name}: nothing` : `${name}: ${ys.length} values, from ${y(ys[0]!)} to ${y(ys.at(-1)!)}, least ${y(Math.min(...ys))}, most ${y(Math.max(...ys))}`;
  });
  return `${label}. ${parts.join("; ")}.`;
}

/** Round numbers that span a range, four to seven of them. */
export function nice(least: number, most: number): number[] {
  const range = most - least || Math.abs(most) * 0.02 || 1;
  const rough = range / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough)!;
  const first = Math.floor(least / step);
  const last = Math.max(Math.ceil(most / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

export type Mark = { readonly at: number; readonly name: string; readonly tone?: string };

/** A value on a scale with thresholds: a loan's ratio, a score. */
export function gauge(label: string, width: number, value: Mark, marks: readonly Mark[], range: readonly [number, number], write: (value: number) => string): Child {
  const [from, to] = range;
  const [height, y] = [58, 30];
  const x = (at: number) => 6 + Math.min(Math.max((at - from) / (to - from), 0), 1) * (width - 12);
  const f = (value: number) => value.toFixed(1);
  const anchor = (at: number) => (x(at) < width * 0.15 ? "start" : x(at) > width * 0.85 ? "end" : "middle");
  return s(
    "svg",
    { class: "gauge", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${label}: ${write(value.at)}; ${marks.map(({ name, at }) => `${name} ${write(at)}`).join(", ")}` },
    s("line", { class: "track", x1: 6, x2: width - 6, y1: y, y2: y }),
    s("line", { class: `level ${value.tone ?? "one"}`, x1: 6, x2: f(x(value.at)), y1: y, y2: y }),
    marks.map(({ at, name, tone }, index) => [
      s("line", { class: `rule ${tone ?? "warn"}`, x1: f(x(at)), x2: f(x(at)), y1: y - 9, y2: y + 9 }),
      s("text", { class: "tick", x: f(x(at)), y: index % 2 === 0 ? y + 23 : y - 14, "text-anchor": anchor(at) }, `${name} ${write(at)}`),
    ]),
    s("circle", { class: `dot ${value.tone ?? "one"}`, cx: f(x(value.at)), cy: y, r: 5 }),
  );
}
