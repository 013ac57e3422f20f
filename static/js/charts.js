/** The charts of the overview, drawn from the table below them. */

import { duration } from "./format.js";

const HEIGHT = 170;
const FONT = "12px Inter, system-ui, sans-serif";
const DAY = 86_400;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const STATES = ["cancelled", "failed", "success"];
const root = document.querySelector("[data-overview]");
const dark = matchMedia("(prefers-color-scheme: dark)");
let charts = [];

/** The table's columns: moments, and for each state how many ended. */
function figures() {
  const rows = [...root.querySelectorAll("[data-figures] tr")];
  const numbers = (cell) => rows.map((row) => Number(row.cells[cell].textContent));
  return {
    at: rows.map((row) => Number(row.dataset.at)),
    success: numbers(1),
    failed: numbers(2),
    cancelled: numbers(3),
    seconds: rows.map(({ dataset }) => (dataset.seconds ? Number(dataset.seconds) : null)),
  };
}

/** Each state's column stands on those before it: the outermost is drawn first. */
function stacked({ at, success, failed, cancelled }) {
  const upToFailed = success.map((count, place) => count + failed[place]);
  return [at, upToFailed.map((count, place) => count + cancelled[place]), upToFailed, success];
}

function colour(name) {
  const probe = document.createElement("span");
  probe.className = `chart-ink-${name}`;
  root.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function options(box, series, values) {
  const axis = { font: FONT, stroke: colour("axis"), grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
  return {
    width: box.clientWidth,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 8, 0, 0],
    scales: { x: { range: (plot, low, high) => [low - width() / 2, high + width() / 2] }, y: { range: (plot, low, high) => [0, Math.max(high * 1.1, 1)] } },
    axes: [{ ...axis, grid: { show: false }, size: 28, space: 70, values: moments }, { ...axis, size: 84, values }],
    series: [{}, ...series],
  };
}

/** The time of day where a chart shows a day, else the date. */
function moments(plot, ticks) {
  const { min, max } = plot.scales.x;
  const format = max - min > 2 * DAY ? day : clock;
  const said = ticks.map((tick) => format.format(tick * 1000));
  return said.map((text, place) => (text === said[place - 1] ? "" : text));
}

/** How many seconds a column stands for. */
function width() {
  const { at } = figures();
  return at.length > 1 ? at[1] - at[0] : 3600;
}

function draw() {
  for (const chart of charts) chart.destroy();
  const [ended, took] = ["ended", "duration"].map((name) => root.querySelector(`[data-chart=${name}]`));
  const bars = uPlot.paths.bars({ size: [0.7, 40] });
  const states = STATES.map((state) => ({ paths: bars, fill: colour(state), width: 0, points: { show: false } }));
  const line = { stroke: colour("line"), width: 2, spanGaps: true, points: { show: true, size: 5, fill: colour("line") } };
  const given = figures();
  const whole = (plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? tick.toLocaleString("en") : ""));
  const times = (plot, ticks) => ticks.map((tick) => duration(tick * 1000));
  charts = [
    new uPlot(options(ended, states, whole), stacked(given), ended),
    new uPlot(options(took, [line], times), [given.at, given.seconds], took),
  ];
}

function refresh() {
  const given = figures();
  charts[0].setData(stacked(given));
  charts[1].setData([given.at, given.seconds]);
}

draw();
root.addEventListener("figures", refresh);
dark.addEventListener("change", draw);
let timer;
addEventListener("resize", () => {
  clearTimeout(timer);
  timer = setTimeout(draw, 150);
});
