import { readFile } from 'node:fs/promises';
import { escapeHtml } from '../http/escapeHtml.js';

/** The dashboard's own pages, as HTML. */
export interface Pages {
  /**
   * @param problem what went wrong with the previous attempt; empty when there was none
   * @param next where to go after the login
   */
  login(problem: string, next: string): string;
  logout(): string;
  readonly styleSheet: string;
  readonly icon: string;
}

const WEB = new URL('../../web/', import.meta.url);

/** Reads the pages from `web/`. Placeholders `{{...}}` are replaced by escaped values. */
export async function loadPages(): Promise<Pages> {
  const [login = '', logout = '', styleSheet = '', icon = ''] = await Promise.all(
    ['login.html', 'logout.html', 'sluice.css', 'icon.svg'].map((name) => readFile(new URL(name, WEB), 'utf8')),
  );
  return {
    login: (problem, next) => fill(login, { problem, next }),
    logout: () => logout,
    styleSheet,
    icon,
  };
}

function fill(page: string, values: Readonly<Record<string, string>>): string {
  return page.replace(/\{\{(\w+)\}\}/g, (_, name: string) => escapeHtml(values[name] ?? ''));
}
