import { ERA_S, epochAt } from '@sluice/shared/domain/priority';

/** So long before an era ends its waiting jobs get the numbers of the next, in ms. */
const LEAD_MS = 60_000;

/** So long after an era began a process may still have given numbers of the one before, in ms. */
const STRAGGLERS_MS = 60_000;

/** A pass over everything that waits. */
export interface ScoringPass {
  /** From which the numbers count, in seconds. */
  readonly epochS: number;
  /** Names the pass: each is made once. */
  readonly name: string;
}

/**
 * The latest pass that is due: one before each turn of eras, so that what waited stays ahead of what comes; and one after it,
 * for what was added with old numbers in between. Pure.
 */
export function passDueAt(nowMs: number): ScoringPass {
  const eraMs = ERA_S * 1_000;
  const intoEraMs = nowMs % eraMs;
  if (intoEraMs >= eraMs - LEAD_MS) {
    const epochS = epochAt(nowMs + LEAD_MS);
    return { epochS, name: `${epochS}:before` };
  }
  const epochS = epochAt(nowMs);
  return { epochS, name: intoEraMs >= STRAGGLERS_MS ? `${epochS}:after` : `${epochS}:before` };
}
