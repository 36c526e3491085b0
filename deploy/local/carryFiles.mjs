// Copies files that the compiler ignores (Lua scripts, SQL migrations) from src to dist. Existing files stay in place
// while they are rewritten, since processes may be starting from them.
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = fileURLToPath(new URL('../../packages', import.meta.url));
const CARRIED = ['.lua', '.sql', '.json'];
const FOLDERS = ['fleet:redis/scripts', 'fleet:postgres/migrations', 'limits:scripts'];

for (const [name, folder] of FOLDERS.map((text) => text.split(':'))) {
  const from = join(PACKAGES, name, 'src', folder);
  const to = join(PACKAGES, name, 'dist', folder);
  cpSync(from, to, { recursive: true, filter: (path) => ['', ...CARRIED].includes(extname(path)) });
  for (const file of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
    if (CARRIED.includes(extname(file)) && !existsSync(join(from, file))) rmSync(join(to, file));
  }
}
