import { z } from 'zod';
import { ConfigurationError } from '../errors/configurationError.js';

/** One environment variable: its name, what it accepts, and a line for the documentation. */
export interface Setting<Value = unknown> {
  readonly env: string;
  readonly schema: z.ZodType<Value>;
  readonly doc: string;
  /** The default as the documentation prints it; empty when there is none. */
  readonly shownDefault: string;
  /** Never printed, not even in an error. */
  readonly secret: boolean;
}

/** A group of settings, possibly nested: the shape of the loaded configuration. */
export interface SettingTree {
  readonly [name: string]: Setting | SettingTree;
}

/** The configuration that a tree of settings loads to. */
export type Loaded<Tree> = {
  readonly [Key in keyof Tree]: Tree[Key] extends Setting<infer Value> ? Value : Loaded<Tree[Key]>;
};

/** Declares one environment variable. */
export function setting<Value>(
  env: string,
  schema: z.ZodType<Value>,
  doc: string,
  shown: { readonly default?: string; readonly secret?: boolean } = {},
): Setting<Value> {
  return { env, schema, doc, shownDefault: shown.default ?? '', secret: shown.secret ?? false };
}

/** Whether a node of a tree is a setting rather than a group. */
export function isSetting(node: Setting | SettingTree): node is Setting {
  return typeof (node as Setting).env === 'string' && (node as Setting).schema instanceof z.ZodType;
}

/** Every setting of a tree, in order. */
export function listSettings(tree: SettingTree): Setting[] {
  return Object.values(tree).flatMap((node) => (isSetting(node) ? [node] : listSettings(node)));
}

/**
 * Loads a configuration from the environment. An empty variable counts as unset.
 * @throws ConfigurationError naming every invalid variable, its bound and its value (unless secret)
 */
export function loadConfig<Tree extends SettingTree>(
  tree: Tree,
  environment: Readonly<Record<string, string | undefined>>,
): Loaded<Tree> {
  const problems: string[] = [];
  const read = (group: SettingTree): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(group).map(([name, node]) => [
        name,
        isSetting(node) ? readSetting(node, environment, problems) : read(node),
      ]),
    );
  const loaded = read(tree);
  if (problems.length > 0) {
    throw new ConfigurationError(`Invalid configuration:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  }
  return loaded as Loaded<Tree>;
}

function readSetting(
  { env, schema, secret }: Setting,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): unknown {
  const text = environment[env] === '' ? undefined : environment[env];
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues.map((issue) => issue.message).join('; ');
  const is = text === undefined ? 'is not set' : secret ? 'has a value (hidden)' : `is "${text}"`;
  problems.push(`${env} ${is}: ${why}`);
  return undefined;
}
