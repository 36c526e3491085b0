// Carries what the compiler leaves behind (Lua scripts, SQL migrations) from src to dist. What is there stays there
// while it is written again, since processes may be starting from it.
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const CARRIED = ['.lua', '.sql', '.json'];
for (const folder of ['redis/scripts', 'postgres/migrations']) {
  const from = join(root, 'src', folder);
  const to = join(root, 'dist', folder);
  cpSync(from, to, { recursive: true, filter: (path) => ['', ...CARRIED].includes(extname(path)) });
  for (const file of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
    if (CARRIED.includes(extname(file)) && !existsSync(join(from, file))) rmSync(join(to, file));
  }
}
