import { ERA_S, epochAt } from '@sluice/shared/domain/priority';

/** How long before the end of an era its waiting jobs get scores of the next, in ms. */
const LEAD_MS = 60_000;

/** How long after the start of an era a process may still assign scores of the previous one, in ms. */
const STRAGGLERS_MS = 60_000;

/** A rescoring pass over all waiting jobs. */
export interface ScoringPass {
  /** The priority epoch that scores count from, in seconds. */
  readonly epochS: number;
  /** Identifies the pass: each runs once. */
  readonly name: string;
}

/**
 * Returns the latest pass that is due: one before each change of era, so that waiting jobs stay ahead of new ones; and
 * one after it, for jobs added with old scores in between. Pure.
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
