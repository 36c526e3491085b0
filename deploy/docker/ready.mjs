// Health check of a container: exits 0 when the process behind the URL answers with a 2xx within three seconds.
// Usage: node ready.mjs http://127.0.0.1:9100/readyz
const [url = ''] = process.argv.slice(2);
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  process.exitCode = response.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
