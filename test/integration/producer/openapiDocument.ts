import type { TestProducer } from './support.js';

/** One operation of the OpenAPI document. */
interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

/** One answer of an operation. */
interface Answer {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

/** The part of an OpenAPI document that tests look at. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** A route with its operation, such as `GET /api/v1/jobs/{id}`. */
export interface DocumentedRoute {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Reads the document as a client would. */
export async function readDocument({ url }: Pick<TestProducer, 'url'>): Promise<OpenApiDocument> {
  return (await (await fetch(`${url}/docs/json`)).json()) as OpenApiDocument;
}

/** Every route of a document. */
export function listRoutes(document: OpenApiDocument): DocumentedRoute[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, operation]) => {
      const method = verb.toUpperCase();
      return { name: `${method} ${path}`, method, path, operation };
    }),
  );
}
