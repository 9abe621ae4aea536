import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // slow/qemu.test.ts takes that one in
    exclude: ['test/slow/**', 'test/package/**', 'test/firmware-bridge/emulators/qemu.test.ts'],
    testTimeout: 30_000,
    maxWorkers: '100%',
    // Node loads it ten times faster than Vite transforms it
    server: { deps: { external: [/@tensorflow/] } },
  },
})
