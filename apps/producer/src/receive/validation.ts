import { toInvalidRequest } from '@sluice/shared/errors/toInvalidRequest';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { ApiServer } from '../http/apiServer.js';
import { refuseHostile } from './hostileInput.js';

/** Checks paths, queries, headers and bodies against the zod schemas of their route, and answers against theirs. */
export function addValidation(server: ApiServer): void {
  server.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data: unknown) => {
    // Node.js gives every header as text, which is all that our schemas ask of them; they are there to be documented.
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
