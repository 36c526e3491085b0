import { foreignCanary } from '../load/canary.js';
import type { SeenPage } from './readPage.js';

/** Result of inspecting the pages that could be opened. */
export interface PageLook {
  /** Pages that responded. */
  readonly pages: number;
  /** Unexpected content, one line each. */
  readonly amiss: readonly string[];
}

/** A page, and who requested it. */
export interface AskedPage {
  readonly name: string;
  readonly as: string;
  /** The tenant whose canaries may be on it; null when none may. */
  readonly tenantId: string | null;
  readonly seen: SeenPage | null;
}

/** Finds unexpected content on pages. Pure. */
export function judgePages(asked: readonly AskedPage[]): PageLook {
  const answered = asked.filter(({ seen }) => seen !== null);
  return { pages: answered.length, amiss: answered.flatMap((page) => judgePage(page)) };
}

function judgePage({ name, as, tenantId, seen }: AskedPage): string[] {
  const told = `${seen?.text ?? ''}\n${JSON.stringify([...(seen?.headers ?? [])])}`;
  const canary = foreignCanary(told, tenantId);
  return canary === null ? [] : [`${name} shows ${canary} to ${as} (${seen?.status})`];
}
