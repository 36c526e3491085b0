// Carries what the compiler leaves behind (Lua scripts, SQL migrations) from src to dist.
import { cpSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
rmSync(join(root, 'dist/postgres/migrations'), { recursive: true, force: true });
for (const folder of ['redis/scripts', 'postgres/migrations']) {
  cpSync(join(root, 'src', folder), join(root, 'dist', folder), {
    recursive: true,
    filter: (path) => ['', '.lua', '.sql', '.json'].includes(extname(path)),
  });
}
