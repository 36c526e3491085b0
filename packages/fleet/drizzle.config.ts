import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './packages/fleet/dist/postgres/schema/*.js',
  out: './packages/fleet/src/postgres/migrations',
});
