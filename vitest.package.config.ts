import { defineConfig } from 'vitest/config'

/** The package as npm would ship it, installed elsewhere: `npm run test:package`, which CI also runs. */
export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    globalSetup: 'test/package/pack.ts',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
})
