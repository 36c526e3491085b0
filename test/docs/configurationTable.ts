import type { Setting } from '@sluice/shared/config/setting';
import { listSettings } from '@sluice/shared/config/setting';
import type { ProcessName } from './processSettings.js';
import { PROCESS_NAMES, PROCESS_SETTINGS } from './processSettings.js';

const BEGIN = '<!-- configuration -->';
const END = '<!-- /configuration -->';

const HEADINGS: Record<ProcessName, string> = {
  producer: 'Producer',
  worker: 'Worker',
  scaler: 'Scaler',
  dashboard: 'Dashboard',
  migrate: 'Migration of the ledger',
};

/** One section with a table of its own for each process. */
export function tablesPerProcess(): string {
  return PROCESS_NAMES.map((name) => {
    const rows = listSettings(PROCESS_SETTINGS[name]).map((one) => [...cellsOf(one), one.secret ? 'yes' : '']);
    return `## ${HEADINGS[name]}\n\n${markdownTable(['variable', 'default', 'meaning', 'secret'], rows)}`;
  }).join('\n\n');
}

/**
 * Puts a text between the markers of a document.
 * @throws Error when the document lacks a marker
 */
export function betweenMarkers(document: string, text: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`the document lacks ${BEGIN} or ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n${text}\n${document.slice(end)}`;
}

function cellsOf(one: Setting): string[] {
  const required = !one.schema.safeParse(undefined).success;
  const shown = one.shownDefault === '' ? '' : `\`${one.shownDefault}\``;
  return [`\`${one.env}\``, required ? 'required' : shown, one.doc.replaceAll('|', '\\|')];
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
