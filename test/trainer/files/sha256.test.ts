import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256, sha256OfFile } from '../../../trainer/files/sha256.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-sha256-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'a')

describe('the hash of a file', () => {
  it.each([0, 1, 2 ** 20, 2 ** 20 + 1, 3_000_000])('is that of its bytes: of %i', (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251)
    writeFileSync(file, bytes)
    expect(sha256OfFile(file)).toBe(sha256(bytes))
  })

  // a file with a hole: nearly nothing of it is on the disk
  it.skipIf(process.platform === 'win32')(
    'is had of one of 2 GiB, more than Node reads at once',
    () => {
      writeFileSync(file, '')
      truncateSync(file, 2 ** 31)
      // head -c 2147483648 /dev/zero | sha256sum
      expect(sha256OfFile(file)).toBe('a7c744c13cc101ed66c29f672f92455547889cc586ce6d44fe76ae824958ea51')
    },
    60_000,
  )
})
