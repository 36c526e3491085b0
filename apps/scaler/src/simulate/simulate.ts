import { createNotices } from './notices.js';
import type { TickPass } from './passTimes.js';
import { createPassTimes } from './passTimes.js';
import type { SimulationPlan } from './plan.js';
import type { SimulationResult, TimelineEntry } from './result.js';
import type { SimulatedTenant } from './simulatedTenant.js';
import { createSimulatedTenant } from './simulatedTenant.js';

/**
 * Runs the scaler's decisions over a load, in simulated time and deterministically. The loop is the scaler's: all
 * tenants at every interval, and those that jobs were added to within a quarter of a second. Workers always suffice, a
 * decision takes effect at once, and a shrink interrupts no job.
 */
export function simulate(plan: SimulationPlan): SimulationResult {
  const passes = createPassTimes(plan.intervalMs);
  const notices = createNotices();
  const tenants = new Map([...plan.load].map(([name, jobs]) => [name, createSimulatedTenant(name, jobs, plan)]));
  const timeline: TimelineEntry[] = [];
  for (let atMs = 0; atMs <= plan.untilMs; atMs += passes.tickMs) {
    for (const { tenant, arrivedAtMs } of advance(tenants, atMs)) notices.touch(tenant, arrivedAtMs);
    timeline.push(...passOver(tenants, passes.tick(atMs, notices.takeUntil(atMs)), atMs));
    for (const tenant of tenants.values()) tenant.tick(atMs, passes.tickMs);
  }
  return { timeline, tenants: [...tenants.values()].map((tenant) => tenant.result(plan.untilMs)) };
}

/** Advances every tenant to a time, and reports the arrivals until then, by time. */
function advance(
  tenants: ReadonlyMap<string, SimulatedTenant>,
  atMs: number,
): readonly { readonly tenant: string; readonly arrivedAtMs: number }[] {
  const arrivals = [...tenants].flatMap(([tenant, one]) =>
    one.advance(atMs).map((arrivedAtMs) => ({ tenant, arrivedAtMs })),
  );
  return tenants.size < 2 ? arrivals : arrivals.sort((a, b) => a.arrivedAtMs - b.arrivedAtMs);
}

function passOver(
  tenants: ReadonlyMap<string, SimulatedTenant>,
  pass: TickPass,
  atMs: number,
): readonly TimelineEntry[] {
  if (pass.kind === 'nobody') return [];
  const occasion = pass.kind === 'all' ? 'interval' : 'touched';
  return [...tenants].flatMap(([name, tenant]) => {
    const isCovered = pass.kind === 'all' || pass.tenants.has(name);
    const entry = isCovered ? tenant.decide(atMs, occasion) : null;
    return entry === null ? [] : [entry];
  });
}
