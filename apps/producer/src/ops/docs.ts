import { STATUS_CODES } from 'node:http';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { ApiServer } from '../http/apiServer.js';

/** Version of the API; increases with every change visible to clients. */
const API_VERSION = '0.1.0';

/**
 * Serves the OpenAPI 3.1 document of all routes at `/docs/json`, and a page to browse it at `/docs`, without internet
 * access.
 */
export async function addDocs(server: ApiServer): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice',
        version: API_VERSION,
        description: 'A multi-tenant job fleet. Errors are RFC 9457 problem details.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: ['jobs', 'schedules', 'queue', 'tasks', 'dead letters', 'admin', 'operations'].map((name) => ({ name })),
      components: {
        securitySchemes: {
          credential: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key (slk_...), a JWT with the claims exp, tenant and role, or the operator key',
          },
        },
      },
    },
    transform(route) {
      const { schema, url } = jsonSchemaTransform(route);
      const needsCredential = route.route.config?.access !== undefined;
      if (schema.hide === true) return { url, schema };
      const operationId = toOperationId(String(route.route.method), url);
      const security = needsCredential ? [{ credential: [] }] : [];
      return { url, schema: { ...schema, operationId, security, response: describeAnswers(schema.response) } };
    },
    transformObject: jsonSchemaTransformObject,
  });
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // The page must also work over plain HTTP, behind a proxy that terminates TLS.
    transformStaticCSP: (header) => header.replace(/\s*upgrade-insecure-requests;?/, ''),
    uiConfig: { validatorUrl: null },
  });
}

/** A name for generated clients, such as `getJobsByIdResult`. */
function toOperationId(method: string, url: string): string {
  const segments = url.replace(/^\/api\/v1\//, '').split(/[/-]/);
  const words = segments.map((segment) => (segment.startsWith(':') ? `by-${segment.slice(1)}` : segment));
  return [method.toLowerCase(), ...words.flatMap((word) => word.split('-')).map(capitalize)].join('');
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Describes every response that has no description by the name of its status. */
function describeAnswers(response: unknown): unknown {
  const answers = Object.entries((response ?? {}) as Record<string, object>);
  return Object.fromEntries(
    answers.map(([status, answer]) => [status, { description: STATUS_CODES[status] ?? status, ...answer }]),
  );
}
