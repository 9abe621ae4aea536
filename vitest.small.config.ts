import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const SMALL = fileURLToPath(new URL('test/support/small-firmware.ts', import.meta.url))

/** The tests of the device again, those that its smallest firmware has to pass too: `npm run test:small`. Every board in this process runs it. */
export default defineConfig({
  plugins: [
    {
      name: 'small-firmware',
      enforce: 'pre',
      resolveId: (source) => (source.endsWith('/kernel/module.ts') ? SMALL : undefined),
    },
  ],
  test: {
    include: [
      'test/runtime-as/kernel/kernel.test.ts',
      'test/runtime-as/kernel/device/{device,erases,fuzz,log,pace,power-cut,trial,watch,wraps}.test.ts',
      'test/firmware-bridge/host/{bad-line,client,session}.test.ts',
    ],
    testTimeout: 60_000,
  },
})
