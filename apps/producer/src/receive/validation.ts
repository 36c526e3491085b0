import { toInvalidRequest } from '@sluice/shared/errors/toInvalidRequest';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { refuseHostile } from './hostileInput.js';

/** Validates paths, queries, headers, bodies and responses against the zod schemas of their route. */
export function addValidation(server: ApiServer): void {
  server.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data: unknown) => {
    // Node.js provides every header as text, which is all our schemas require; they exist for the documentation.
    if (httpPart === 'headers') return { value: data };
    const parsed = schema.safeParse(data);
    if (parsed.success) return { value: parsed.data };
    return { error: toInvalidRequest(`The ${httpPart ?? 'request'} is not valid.`, parsed.error) };
  });
  server.setSerializerCompiler(serializerCompiler);
  server.addHook('preValidation', (request, _reply, done) => {
    refuseHostile(request.params);
    refuseHostile(request.query);
    done();
  });
}
