import type { z } from 'zod';

/** A schema's violations on one line: path and message of each issue, never a value. */
export function describeIssues({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `/${path.join('/')} ${message}`).join('; ');
}
