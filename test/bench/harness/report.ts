import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, BenchResult } from './bench.js';
import type { BenchDocument, BenchRow } from './document.js';
import { drawLineChart } from './lineChart.js';

const HEAD = ['metric', 'unit', 'ours', 'reference', 'ratio', 'target', 'met'];

/** The rows as a table for a terminal. */
export function toTable(rows: readonly BenchRow[]): string {
  const lines = [HEAD, ...rows.map(toCells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Writes `<bench>.json`, the document itself, `<bench>.md`, the same for people, and its charts. Replaces what was there. */
export async function saveReport(
  directory: string,
  bench: Bench,
  document: BenchDocument,
  result: BenchResult,
  at: Date,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${bench.name}.json`), `${JSON.stringify(document, null, 2)}\n`);
  await writeFile(join(directory, `${bench.name}.md`), toMarkdown(bench, document, result, at));
  for (const chart of result.charts ?? []) await writeFile(join(directory, `${chart.file}.svg`), drawLineChart(chart));
}

function toMarkdown(bench: Bench, { commit, machine, rows }: BenchDocument, result: BenchResult, at: Date): string {
  const { cpu, cores, memoryMiB, system, node, redis, postgres, bullmq } = machine;
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `# ${bench.name}`,
    `${bench.summary}. Written by \`npm run bench -- ${bench.name}\`; do not edit.`,
    ...bench.method.map((sentence) => `- ${sentence}`),
    [row(HEAD), row(HEAD.map(() => '---')), ...rows.map((one) => row(toCells(one)))].join('\n'),
    `Measured on ${at.toISOString().slice(0, 10)} at commit ${commit}, on ${cpu}, ${cores} cores, ${memoryMiB} MiB, ` +
      `${system}; Node ${node}, Redis ${redis}, PostgreSQL ${postgres}, BullMQ ${bullmq}.`,
    ...describeMisses(rows, result.profiles ?? []),
    ...(result.charts ?? []).map(({ title, file, description }) => `![${title}](${file}.svg)\n\n${description}`),
    'Every run:',
    toBlock(result.runs),
  ]
    .reduce((text, part) => `${text}${part.startsWith('- ') && text.includes('\n- ') ? '\n' : '\n\n'}${part}`)
    .concat('\n');
}

/** A target that is not met is said in so many words, with what the profile shows. */
function describeMisses(rows: readonly BenchRow[], profiles: readonly string[]): string[] {
  const missed = rows.filter(({ met }) => met === false);
  if (missed.length === 0) return [];
  const said = missed.map(({ metric, unit, ours, ratio, target }) => {
    const figures = `${toFigure(ours)} ${unit}${ratio === null ? '' : `, ratio ${toFigure(ratio)}`}`;
    return `* ${metric}: ${figures}, where the target is ${target}.`;
  });
  const shown =
    profiles.length === 0 ? [] : ['Where the time goes there, by CPU profiles of one more run:', toBlock(profiles)];
  return [`**Not met:**\n\n${said.join('\n')}`, ...shown];
}

function toBlock(lines: readonly string[]): string {
  return `\`\`\`\n${lines.join('\n')}\n\`\`\``;
}

function toCells({ metric, unit, ours, reference, ratio, target, met }: BenchRow): string[] {
  const verdict = met === null ? '-' : met ? 'yes' : 'no';
  return [metric, unit, toFigure(ours), toFigure(reference), toFigure(ratio), target ?? '-', verdict];
}

function toFigure(value: number | null): string {
  if (value === null) return '-';
  return value.toLocaleString('en', { maximumFractionDigits: value >= 100 ? 0 : 2 });
}
