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
      'Maximum open connections; further ones are closed at once. Each needs a file descriptor',
      { default: '10000' },
    ),
    maxStreams: setting(
      'HTTP_MAX_STREAMS',
      wholeNumber(1, 100_000, 8_000),
      'Maximum open event streams; further ones get a 503. Keep it below HTTP_MAX_CONNECTIONS',
      { default: '8000' },
    ),
    directWaitMs: setting(
      'GA4_DIRECT_WAIT_MS',
      wholeNumber(0, 20_000, 5_000),
      'How long a request for a GA4 report that can run at once waits for it before it is answered with its place in the queue; 0 never waits',
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
      "URL of the JWT issuer's key set, for RS256, PS256, ES256 and EdDSA",
    ),
    secret: setting(
      'JWT_SECRET',
      z.string().min(32, 'must be at least 32 characters long').optional(),
      'Shared secret of JWTs signed with HS256, HS384 or HS512',
      { secret: true },
    ),
    issuer: setting('JWT_ISSUER', optionalText(), 'Required `iss` of a JWT, when set'),
    audience: setting('JWT_AUDIENCE', optionalText(), 'Required `aud` of a JWT, when set'),
  },
  redis: redisSettings,
  postgres: postgresSettings,
  accept: {
    mostUnqueued: setting(
      'ACCEPT_MAX_UNQUEUED',
      wholeNumber(0, 100_000_000, 100_000),
      'Maximum jobs, fleet-wide, that are accepted while Redis takes none; further ones get a 503. The last quarter is reserved for tenants that use less than a quarter',
      { default: '100000' },
    ),
    credentialsStaleMs: setting(
      'CREDENTIALS_STALE_MS',
      wholeNumber(0, 86_400_000, 300_000),
      'How long cached keys and tenants stay valid while PostgreSQL is unavailable; for `durability: redis`',
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
 * @throws ConfigurationError naming every invalid setting
 */
export function loadProducerConfig(environment: Readonly<Record<string, string | undefined>>): ProducerConfig {
  const { operator, ...config } = loadConfig(producerSettings, environment);
  return { ...config, operatorKey: readOperatorKey(operator) };
}
