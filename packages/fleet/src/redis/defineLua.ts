import type { LuaScript } from '@sluice/shared/lua/loadLua';
import { loadLua } from '@sluice/shared/lua/loadLua';

/** Loads `redis/scripts/<name>.lua`. */
export function defineLua(name: string): LuaScript {
  return loadLua(new URL(`./scripts/${name}.lua`, import.meta.url));
}
