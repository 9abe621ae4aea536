import { defineConfig } from 'vitest/config'

/** Minutes, not seconds: `npm run test:slow`, which CI also runs. Two files at a time: most wait for one core, or for an emulator. */
export default defineConfig({
  test: { include: ['test/slow/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 120_000, maxWorkers: 2 },
})
