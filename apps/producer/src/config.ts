import {
  logSettings,
  operatorSettings,
  postgresSettings,
  redisSettings,
  shutdownSettings,
  slotSettings,
} from '@sluice/shared/config/fragments';
import { readOperatorKey } from '@sluice/shared/config/operatorKey';
import type { Loaded } from '@sluice/shared/config/setting';
import { loadConfig, setting } from '@sluice/shared/config/setting';
import { optionalText, urlOf, wholeNumber } from '@sluice/shared/config/values';
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
      wholeNumber(1, 100_000, 2_000),
      'Open connections at most; further ones are closed at once',
      { default: '2000' },
    ),
    directWaitMs: setting(
      'GA4_DIRECT_WAIT_MS',
      wholeNumber(0, 20_000, 5_000),
      'A GA4 report that can run at once is waited for so long, before its place in the queue is answered; 0 never',
      { default: '5000' },
    ),
  },
  operator: operatorSettings,
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
  slot: slotSettings,
  log: logSettings,
  shutdown: shutdownSettings,
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
