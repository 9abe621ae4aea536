import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { bpd } from '../support/command.ts'
import { fixturePath } from '../support/fixtures.ts'

/** words: as one would type them behind `bpd`, in a shell that has `<(…)` */
const typed = (words: string) => {
  const { status, stderr } = spawnSync('bash', ['-c', `"$0" "$1" ${words}`, process.execPath, bpd], {
    cwd: fixturePath('datasets'),
    encoding: 'utf8',
  })
  return { status, said: stderr.trimEnd() }
}
const columns = `<(echo '{"observations": ["q0..q1"], "actions": ["hip"]}')`

describe.skipIf(process.platform === 'win32')('a mapping out of a pipe', () => {
  it.each([
    // which asks for it more than once
    [
      `distill --data log.csv --mapping ${columns} --out never --quiet`,
      2,
      /^bpd: bounds of the actions: not known, expected --action-low and --action-high: [^\n]+$/,
    ],
    [`inspect log.csv --mapping ${columns} --quiet`, 0, /^$/],
  ])('is read, once: %s', (words, status, said) => {
    expect(typed(words)).toEqual({ status, said: expect.stringMatching(said) })
  })

  it('is no larger than a file may be', () => {
    expect(typed('inspect log.csv --mapping <(head -c 2000000 /dev/zero) --quiet')).toEqual({
      status: 2,
      said: expect.stringMatching(
        /^bpd: \/dev\/fd\/\d+: more than 1048576 bytes, expected at most that for such a fil/,
      ),
    })
  })
})
