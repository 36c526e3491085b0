import { createRequire } from 'node:module';

interface Field {
  readonly type: string;
  readonly rule?: 'repeated';
  readonly keyType?: string;
}

interface Descriptor {
  readonly fields?: Readonly<Record<string, Field>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly nested?: Readonly<Record<string, Descriptor>>;
}

/** The protocol's own description, as Google's client ships it. */
const ROOT = createRequire(new URL('../../apps/worker/package.json', import.meta.url.replace('/test/dist/', '/test/')))(
  '@google-analytics/data/build/protos/protos.json',
) as Descriptor;

const V1BETA = ['google', 'analytics', 'data', 'v1beta'];

/**
 * What in a JSON value does not fit a message of the Data API by proto3's JSON mapping: names that the message does not
 * have, values of another type, two members of one oneof. Each with its path; empty when all fits.
 */
export function misfits(message: string, value: unknown, path = message): string[] {
  const type = find(message, []);
  if (type === null) return [`${path}: no message ${message}`];
  return inMessage(type.descriptor, type.scope, value, path);
}

function inMessage(descriptor: Descriptor, scope: readonly string[], value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: not an object`];
  const found = Object.entries(value).flatMap(([name, member]) => {
    const field = descriptor.fields?.[name];
    if (field === undefined) return [`${path}.${name}: Cannot find field.`];
    return inField(field, scope, member, `${path}.${name}`);
  });
  const clashes = Object.values(descriptor.oneofs ?? {}).filter(
    ({ oneof }) => oneof.filter((name) => Object.hasOwn(value, name)).length > 1,
  );
  return [...found, ...clashes.map(({ oneof }) => `${path}: more than one of ${oneof.join(', ')}`)];
}

function inField(field: Field, scope: readonly string[], value: unknown, path: string): string[] {
  if (field.rule !== 'repeated') return inValue(field.type, scope, value, path);
  if (!Array.isArray(value)) return [`${path}: not an array`];
  return value.flatMap((item, index) => inValue(field.type, scope, item, `${path}[${index}]`));
}

function inValue(type: string, scope: readonly string[], value: unknown, path: string): string[] {
  const wrong = (): string[] => [`${path}: ${JSON.stringify(value)} is no ${type}`];
  switch (type) {
    case 'string':
      return typeof value === 'string' ? [] : wrong();
    case 'bool':
      return typeof value === 'boolean' ? [] : wrong();
    case 'int32':
      return Number.isInteger(value) ? [] : wrong();
    case 'int64':
      return typeof value === 'string' && /^-?\d+$/.test(value) ? [] : wrong();
    case 'double':
      return typeof value === 'number' ? [] : wrong();
  }
  const named = find(type, scope);
  if (named === null) return wrong();
  if (named.descriptor.values === undefined) return inMessage(named.descriptor, named.scope, value, path);
  const known = Object.entries(named.descriptor.values).flat();
  return known.includes(value as string | number) ? [] : wrong();
}

/** Looks from the innermost scope outwards, as protobuf does. */
function find(type: string, scope: readonly string[]): { descriptor: Descriptor; scope: readonly string[] } | null {
  for (let depth = scope.length; depth >= 0; depth--) {
    const path = [...scope.slice(0, depth), ...type.split('.')];
    const descriptor = [...V1BETA, ...path].reduce<Descriptor | undefined>((at, name) => at?.nested?.[name], ROOT);
    if (descriptor !== undefined) return { descriptor, scope: path };
  }
  return null;
}
