import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './packages/shared/dist/postgres/schema/*.js',
  out: './packages/shared/src/postgres/migrations',
});
