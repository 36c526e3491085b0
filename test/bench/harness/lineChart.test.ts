import { describe, expect, it } from 'vitest';
import { drawLineChart } from './lineChart.js';

const chart = {
  title: 'Memory & more',
  description: 'Ours stays <flat>.',
  xLabel: 'tenants',
  yLabel: 'MiB',
  series: [
    { name: 'ours', points: [1, 10, 100].map((x) => ({ x, y: 80 })) },
    { name: 'bare', points: [1, 10, 100].map((x) => ({ x, y: x * 4 })) },
  ],
};

describe('drawLineChart', () => {
  it('spaces powers of ten evenly, and starts the other axis at zero', () => {
    const [ours = '', bare = ''] = [...drawLineChart(chart).matchAll(/<path d="(M[\d. ]+L[^"]+)"/g)].map((m) => m[1]);
    expect(ours).toBe('M84 303.2L404 303.2L724 303.2');
    expect(bare).toBe('M84 355.3L404 330.6L724 84');
  });

  it('has a title, a description and a legend, with nothing in them taken for markup', () => {
    const svg = drawLineChart(chart);
    expect(svg).toContain('<title id="title">Memory &amp; more</title>');
    expect(svg).toContain('<desc id="desc">Ours stays &lt;flat&gt;.</desc>');
    for (const text of ['>ours<', '>bare<', '>tenants<', '>MiB<', '>400<']) expect(svg).toContain(text);
  });

  it('draws a single point, and zeros, in the middle and on the axis', () => {
    const svg = drawLineChart({ ...chart, series: [{ name: 'ours', points: [{ x: 10, y: 0 }] }] });
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(svg).toContain('cx="404" cy="358"');
  });
});
