import { foreignCanary } from '../load/canary.js';
import type { SeenPage } from './readPage.js';

/** What somebody found on the pages that he could open. */
export interface PageLook {
  /** Pages that answered. */
  readonly pages: number;
  /** What should not have been there, one line each. */
  readonly amiss: readonly string[];
}

/** A page, and who asked for it. */
export interface AskedPage {
  readonly name: string;
  readonly as: string;
  /** The tenant whose canaries may be on it; null when none may. */
  readonly tenantId: string | null;
  readonly seen: SeenPage | null;
}

/** What is on pages that should not be there. Pure. */
export function judgePages(asked: readonly AskedPage[]): PageLook {
  const answered = asked.filter(({ seen }) => seen !== null);
  return { pages: answered.length, amiss: answered.flatMap((page) => judgePage(page)) };
}

function judgePage({ name, as, tenantId, seen }: AskedPage): string[] {
  const told = `${seen?.text ?? ''}\n${JSON.stringify([...(seen?.headers ?? [])])}`;
  const canary = foreignCanary(told, tenantId);
  return canary === null ? [] : [`${name} shows ${canary} to ${as} (${seen?.status})`];
}
