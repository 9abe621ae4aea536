import { defineConfig } from 'vitest/config'

/** Minutes, not seconds: `npm run test:slow`, which CI also runs. One file after another, since each uses all cores. */
export default defineConfig({
  test: { include: ['test/slow/**/*.test.ts'], testTimeout: 600_000, fileParallelism: false },
})
