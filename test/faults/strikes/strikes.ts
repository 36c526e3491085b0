import { CLIENT_STRIKES } from './clients.js';
import { CLOCK_STRIKES } from './clocks.js';
import { NETWORK_STRIKES } from './network.js';
import { OVERLOAD_STRIKES } from './overload.js';
import { POISON_STRIKES } from './poison.js';
import { POSTGRES_STRIKES } from './postgres.js';
import { PROCESS_STRIKES } from './processes.js';
import { REDIS_STRIKES } from './redis.js';
import type { Strike } from './scene.js';

/** Every fault for a stand with a single Redis. */
export const STRIKES: readonly Strike[] = [
  ...PROCESS_STRIKES,
  ...REDIS_STRIKES,
  ...POSTGRES_STRIKES,
  ...NETWORK_STRIKES,
  ...CLOCK_STRIKES,
  ...CLIENT_STRIKES,
  ...POISON_STRIKES,
  ...OVERLOAD_STRIKES,
];

/** Finds a fault by name. @throws Error when no fault has that name */
export function strikeNamed(name: string): Strike {
  const strike = STRIKES.find((one) => one.name === name);
  if (strike === undefined) throw new Error(`there is no fault ${name}`);
  return strike;
}
