import { describe, expect, it } from 'vitest';
import { DEATH_CATEGORIES, SEVERITIES, SEVERITY_OF } from './deadLetter.js';

describe('SEVERITY_OF', () => {
  it('rates every category, and only a killer of processes as critical', () => {
    expect(Object.keys(SEVERITY_OF).sort()).toEqual([...DEATH_CATEGORIES].sort());
    for (const severity of Object.values(SEVERITY_OF)) expect(SEVERITIES).toContain(severity);
    expect(DEATH_CATEGORIES.filter((category) => SEVERITY_OF[category] === 'critical')).toEqual(['poison']);
  });
});
