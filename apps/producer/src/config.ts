import {
  circuitSettings,
  clockSettings,
  ga4PropertySettings,
  logSettings,
  memorySettings,
  operatorSettings,
  postgresSettings,
  redisSettings,
  rehearsalSettings,
  shutdownSettings,
  slotSettings,
  taskSettings,
} from '@sluice/shared/config/fragments';
import { readOperatorKey } from '@sluice/shared/config/operatorKey';
import type { Loaded } from '@sluice/shared/config/setting';
import { loadConfig, setting } from '@sluice/shared/config/setting';
import { optionalText, urlOf, wholeNumber } from '@sluice/shared/config/values';
import { tracingSettings } from '@sluice/tracing/tracingSettings';
import { z } from 'zod';

/** Every setting of the producer. */
export const producerSettings = {
  http: {
    host: setting('HOST', z.string().default('127.0.0.1'), 'Address to listen on', { default: '127.0.0.1' }),
    port: setting('PORT', wholeNumber(0, 65_535, 3_000), 'Port of the HTTP API; 0 picks a free one', {
      default: '3000',
    }),
    maxConnections: setting(
      'HTTP_MAX_CONNECTIONS',
      wholeNumber(1, 100_000, 10_000),
      'Open connections at most; further ones are closed at once. Each needs an open file',
      { default: '10000' },
    ),
    maxStreams: setting(
      'HTTP_MAX_STREAMS',
      wholeNumber(1, 100_000, 8_000),
      'Streams of events that are open at most; further ones are answered 503. Keep it below HTTP_MAX_CONNECTIONS',
      { default: '8000' },
    ),
    directWaitMs: setting(
      'GA4_DIRECT_WAIT_MS',
      wholeNumber(0, 20_000, 5_000),
      'A GA4 report that can run at once is waited for so long, before its place in the queue is answered; 0 never',
      { default: '5000' },
    ),
  },
  ga4: ga4PropertySettings,
  operator: operatorSettings,
  clock: clockSettings,
  circuit: circuitSettings,
  jwt: {
    jwksUrl: setting(
      'JWT_JWKS_URL',
      urlOf('http', 'https').optional(),
      'Key set of the issuer of JWTs, for RS256, PS256, ES256 and EdDSA',
    ),
    secret: setting(
      'JWT_SECRET',
      z.string().min(32, 'must be at least 32 characters long').optional(),
      'Shared secret for JWTs of HS256, HS384 and HS512',
      { secret: true },
    ),
    issuer: setting('JWT_ISSUER', optionalText(), 'When set, the `iss` that a JWT must have'),
    audience: setting('JWT_AUDIENCE', optionalText(), 'When set, an `aud` that a JWT must have'),
  },
  redis: redisSettings,
  postgres: postgresSettings,
  accept: {
    mostUnqueued: setting(
      'ACCEPT_MAX_UNQUEUED',
      wholeNumber(0, 100_000_000, 100_000),
      'Jobs of the whole fleet that may be accepted while Redis takes none, the last quarter by tenants with less than that; further ones are answered 503',
      { default: '100000' },
    ),
    credentialsStaleMs: setting(
      'CREDENTIALS_STALE_MS',
      wholeNumber(0, 86_400_000, 300_000),
      'While PostgreSQL does not answer, keys and tenants that were found so lately stay known; for `durability: redis`',
      { default: '300000' },
    ),
  },
  memory: memorySettings,
  slot: slotSettings,
  tasks: taskSettings,
  rehearsal: rehearsalSettings,
  log: logSettings,
  shutdown: shutdownSettings,
  tracing: tracingSettings,
};

/** The producer's configuration, with the operator key read. */
export type ProducerConfig = Omit<Loaded<typeof producerSettings>, 'operator'> & { readonly operatorKey: string };

/**
 * Reads the producer's configuration.
 * @throws ConfigurationError naming what cannot be used
 */
export function loadProducerConfig(environment: Readonly<Record<string, string | undefined>>): ProducerConfig {
  const { operator, ...config } = loadConfig(producerSettings, environment);
  return { ...config, operatorKey: readOperatorKey(operator) };
}
