/**
 * What the page may do, told to the browser: run its own scripts and wasm, fetch from where it came, and nothing else. Strings never become markup
 * or code. The engine's bindings are built without `new Function` for it (build.ts).
 */
export const contentPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types bpd',
].join('; ')
