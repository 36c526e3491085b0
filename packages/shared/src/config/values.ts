import { z } from 'zod';
import { TENANT_ID } from '../contracts/tenant.js';

/** A whole number within bounds, read from text. */
export function wholeNumber(min: number, max: number, byDefault: number): z.ZodType<number> {
  return z.string().default(String(byDefault)).transform(readWholeNumber(min, max));
}

/** A whole number within bounds, read from text, or undefined when unset. */
export function optionalWholeNumber(min: number, max: number): z.ZodType<number | undefined> {
  return z.string().transform(readWholeNumber(min, max)).optional();
}

function readWholeNumber(min: number, max: number): (text: string, context: z.RefinementCtx) => number {
  return (text, context) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` });
    return z.NEVER;
  };
}

/** `true` or `false`, read from text. */
export function yesOrNo(byDefault: boolean): z.ZodType<boolean> {
  return z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default(byDefault ? 'true' : 'false')
    .transform((text) => text === 'true');
}

/** One of these names. */
export function oneOf<Name extends string>(
  names: readonly [Name, ...Name[]],
  byDefault: NoInfer<Name>,
): z.ZodType<Name> {
  return z
    .string()
    .default(byDefault)
    .transform((text, context) => {
      const found = names.find((name) => name === text);
      if (found !== undefined) return found;
      context.addIssue({ code: 'custom', message: `must be ${names.join(' or ')}` });
      return z.NEVER;
    });
}

/** A URL with one of these schemes, such as `redis`. */
export function urlOf(...schemes: string[]): z.ZodType<string> {
  const message = `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return z.string({ error: message }).refine(
    (text) => {
      try {
        return schemes.includes(new URL(text).protocol.slice(0, -1));
      } catch {
        return false;
      }
    },
    { error: message },
  );
}

/** A URL with one of these schemes, or undefined when unset. */
export function optionalUrlOf(...schemes: string[]): z.ZodType<string | undefined> {
  return urlOf(...schemes).optional();
}

/** Any text, or undefined when unset. */
export function optionalText(): z.ZodType<string | undefined> {
  return z.string().optional();
}

/** Comma-separated texts, trimmed; none when unset. */
export function commaSeparated(): z.ZodType<readonly string[]> {
  return z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((part) => part.trim() || []));
}

/** Server addresses such as `a:7000,b:7000`; none when unset. */
export function serverAddresses(): z.ZodType<readonly { readonly host: string; readonly port: number }[]> {
  return z
    .string()
    .default('')
    .transform((text, context) => {
      const addresses = text.split(',').flatMap((part) => {
        const [, host = '', digits] = /^\s*([^\s:/@[\]]+|\[[\da-fA-F:.]+\]):(\d{1,5})\s*$/.exec(part) ?? [];
        const port = Number(digits);
        return port >= 1 && port <= 65_535 ? [{ host: host.replace(/^\[|\]$/g, ''), port }] : [];
      });
      if (text === '' || addresses.length === text.split(',').length) return addresses;
      context.addIssue({ code: 'custom', message: 'must be addresses such as host:port,host:port' });
      return z.NEVER;
    });
}

/** Tenant ids such as `acme,globex`, at most 1,000; none when unset. */
export function tenantIds(): z.ZodType<readonly string[]> {
  return z
    .string()
    .default('')
    .transform((text, context) => {
      const ids = text === '' ? [] : text.split(',').map((id) => id.trim());
      if (ids.length <= 1_000 && ids.every((id) => TENANT_ID.test(id))) return [...new Set(ids)];
      context.addIssue({ code: 'custom', message: 'must be at most 1000 tenant ids such as acme,globex' });
      return z.NEVER;
    });
}
