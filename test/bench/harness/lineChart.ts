/** A line of a chart. */
export interface ChartSeries {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A chart whose x axis is logarithmic and whose y axis begins at zero. */
export interface LineChart {
  readonly title: string;
  /** What the chart says, for those who do not see it. */
  readonly description: string;
  readonly xLabel: string;
  /** With its unit. */
  readonly yLabel: string;
  readonly series: readonly ChartSeries[];
}

const WIDTH = 760;
const HEIGHT = 420;
const PLOT = { left: 84, right: 36, top: 84, bottom: 62 };
const INNER_WIDTH = WIDTH - PLOT.left - PLOT.right;
const INNER_HEIGHT = HEIGHT - PLOT.top - PLOT.bottom;
/** Lines of the grid at most, the axis left out. */
const MOST_TICKS = 6;

/** Told apart without colour as well: by the shape of the marks and by the dashes. Contrast on white is above 4.5:1. */
const STYLES = [
  { colour: '#0b5fa5', dashes: '', mark: 'circle' },
  { colour: '#b3420a', dashes: '7 4', mark: 'square' },
  { colour: '#3d6b21', dashes: '2 4', mark: 'circle' },
] as const;

/** Draws a chart as an SVG document that needs nothing else: no script, no font, no style sheet. */
export function drawLineChart(chart: LineChart): string {
  const points = chart.series.flatMap((series) => series.points);
  const x = logScale(points.map((point) => point.x));
  const highest = Math.max(0, ...points.map((point) => point.y));
  const step = niceStep(highest / MOST_TICKS);
  const ticks = Math.max(1, Math.ceil(highest / step));
  const top = step * ticks;
  const y = (value: number): number => round(PLOT.top + INNER_HEIGHT * (1 - value / top));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
      'role="img" aria-labelledby="title desc" font-family="system-ui, -apple-system, Segoe UI, sans-serif" font-size="13">',
    `<title id="title">${escapeText(chart.title)}</title>`,
    `<desc id="desc">${escapeText(chart.description)}</desc>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${PLOT.left}" y="30" font-size="17" font-weight="600" fill="#1b1f24">${escapeText(chart.title)}</text>`,
    ...legend(chart.series),
    ...yAxis(chart.yLabel, { step, ticks }, y),
    ...xAxis(chart.xLabel, [...new Set(points.map((point) => point.x))], x),
    ...chart.series.flatMap((series, i) => drawSeries(series, styleOf(i), x, y)),
    '</svg>',
    '',
  ].join('\n');
}

function legend(series: readonly ChartSeries[]): string[] {
  let left = PLOT.left;
  return series.flatMap(({ name }, i) => {
    const style = styleOf(i);
    const at = left;
    left += 58 + name.length * 7.5;
    return [
      `<path d="M${at} 55h30" stroke="${style.colour}" stroke-width="2.5"${dashesOf(style)} fill="none"/>`,
      drawMark(style, at + 15, 55),
      `<text x="${at + 38}" y="59.5" fill="#1b1f24">${escapeText(name)}</text>`,
    ];
  });
}

function yAxis(
  label: string,
  { step, ticks }: { readonly step: number; readonly ticks: number },
  y: (value: number) => number,
): string[] {
  const right = WIDTH - PLOT.right;
  const middle = PLOT.top + INNER_HEIGHT / 2;
  return [
    ...Array.from({ length: ticks + 1 }, (_, i) => {
      const at = y(i * step);
      const line = `<path d="M${PLOT.left} ${at}H${right}" stroke="${i === 0 ? '#57606a' : '#e3e7eb'}" fill="none"/>`;
      return `${line}<text x="${PLOT.left - 10}" y="${at + 4.5}" text-anchor="end" fill="#424a53">${figure(i * step)}</text>`;
    }),
    `<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle" fill="#424a53">${escapeText(label)}</text>`,
  ];
}

function xAxis(label: string, values: readonly number[], x: (value: number) => number): string[] {
  const bottom = HEIGHT - PLOT.bottom;
  return [
    ...values
      .toSorted((a, b) => a - b)
      .map((value) => {
        const at = x(value);
        const line = `<path d="M${at} ${PLOT.top}V${bottom + 5}" stroke="#e3e7eb" fill="none"/>`;
        return `${line}<text x="${at}" y="${bottom + 22}" text-anchor="middle" fill="#424a53">${figure(value)}</text>`;
      }),
    `<text x="${PLOT.left + INNER_WIDTH / 2}" y="${HEIGHT - 16}" text-anchor="middle" fill="#424a53">${escapeText(label)}</text>`,
  ];
}

type Style = (typeof STYLES)[number];

function drawSeries(
  { points, name }: ChartSeries,
  style: Style,
  x: (value: number) => number,
  y: (value: number) => number,
): string[] {
  if (points.length === 0) return [];
  const placed = points.toSorted((a, b) => a.x - b.x).map((point) => ({ ...point, left: x(point.x), top: y(point.y) }));
  const path = placed.map(({ left, top }, i) => `${i === 0 ? 'M' : 'L'}${left} ${top}`).join('');
  return [
    `<path d="${path}" stroke="${style.colour}" stroke-width="2.5" stroke-linejoin="round"${dashesOf(style)} fill="none"/>`,
    ...placed.map(
      (point) =>
        `<g>${drawMark(style, point.left, point.top)}<title>${escapeText(name)}, ${figure(point.x)}: ${figure(point.y)}</title></g>`,
    ),
  ];
}

function drawMark({ mark, colour }: Style, left: number, top: number): string {
  if (mark === 'circle') return `<circle cx="${left}" cy="${top}" r="4.5" fill="${colour}" stroke="#ffffff"/>`;
  return `<rect x="${left - 4}" y="${top - 4}" width="8" height="8" fill="${colour}" stroke="#ffffff"/>`;
}

function dashesOf({ dashes }: Style): string {
  return dashes === '' ? '' : ` stroke-dasharray="${dashes}"`;
}

function styleOf(index: number): Style {
  return STYLES[index % STYLES.length] ?? STYLES[0];
}

function logScale(values: readonly number[]): (value: number) => number {
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  return (value) => round(PLOT.left + (high === low ? 0.5 : (Math.log10(value) - low) / (high - low)) * INNER_WIDTH);
}

/** The next of 1, 2, 2.5, 5 or 10 times a power of ten, so that the labels of the axis are short. */
function niceStep(atLeast: number): number {
  if (!(atLeast > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return power * ([1, 2, 2.5, 5].find((one) => one * power >= atLeast) ?? 10);
}

function figure(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value >= 100 ? 0 : 2 });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
