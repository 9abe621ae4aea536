/** clients/c: clean under every compiler at hand, and at work against emulated boards behind a bad line. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, it } from 'vitest'
import { openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { offerTcp } from '../../firmware-bridge/emulators/offer.ts'
import { EMULATORS, openPort } from '../../firmware-bridge/host/ports.ts'
import { expectKeysHold } from '../support/client-keys.ts'
import { expectUnfooled, KEY, KEY_WORDS, session } from '../support/client-session.ts'
import { signed } from '../support/locked.ts'
import { root } from '../support/pages.ts'
import { policyFile, withAlteredGolden, withPeriod } from '../support/policies.ts'
import { describeWith } from '../support/require.ts'
import { openGivingWay } from '../support/trial.ts'

const has = (program: string) => spawnSync(program, ['--version']).status === 0
const clean = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror', '-I', join(root, 'clients/c')]
const sanitised = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']
const folder = mkdtempSync(join(tmpdir(), 'bpd-c-client-'))
afterAll(() => rmSync(folder, { recursive: true }), 60_000)

/** What the compiler says, '' where it is content. The program's path is its name in the folder. */
function compile(name: string, ...command: string[]): string {
  const [compiler, ...words] = command
  return spawnSync(compiler, [...words, ...clean, '-o', join(folder, name)], { encoding: 'utf8' }).stderr
}

const boards = await Promise.all(
  EMULATORS.filter(({ image }) => image).map(async ({ name, missing }) => ({ name, missing: await missing() })),
)

const uses = `#include "bpd_client.h"
int use(struct bpd_client *client, const struct bpd_line *line, const uint8_t *policy, uint32_t bytes, float *numbers);
int use(struct bpd_client *client, const struct bpd_line *line, const uint8_t *policy, uint32_t bytes, float *numbers) {
  struct bpd_stats stats;
  if (bpd_connect(client, line, 1) || bpd_install(client, policy, bytes, 1) || bpd_watch(client, 5, 0)) return 1;
  return bpd_step(client, numbers, numbers, 0) || bpd_stats_of(client, &stats) || bpd_reset(client);
}
`

const trial = `#define _DEFAULT_SOURCE
#include "bpd_posix.h"
static struct bpd_client board;
int main(int words, char **word) {
  uint32_t bytes[2] = {0, 0};
  int port = words > 3 ? bpd_posix_open(word[1]) : -1, done = BPD_DONE, steps = -1;
  const struct bpd_line line = {bpd_posix_send, bpd_posix_receive, bpd_posix_millis, &port};
  uint8_t *old = bpd_posix_file(word[2], bytes), *other = bpd_posix_file(word[3], bytes + 1);
  float observation[3] = {0.1f, 0.2f, 0.3f}, action[2];
  if (bpd_connect(&board, &line, 1) || bpd_install(&board, old, bytes[0], 1) || bpd_install(&board, other, bytes[1], 0)) return 1;
  board.timeout = 50;
  board.patience = 600000;
  for (; done == BPD_DONE; steps++) done = bpd_step(&board, observation, action, 0);
  return printf("after %d steps: %d\\n", steps, done), 0;
}
`

describeWith('avr-gcc', has('avr-gcc'))('the C client where an int has 16 bits', () => {
  it('is one that the compiler has nothing to say of', () => {
    const file = join(folder, 'uses.c')
    writeFileSync(file, uses)
    expect(compile('uses.o', 'avr-gcc', '-std=c99', '-Os', '-mmcu=atmega2560', '-c', file)).toBe('')
  })
})

describeWith('gcc, g++, clang, arm-none-eabi-gcc', ['gcc', 'g++', 'clang', 'arm-none-eabi-gcc'].every(has))(
  'the C client',
  () => {
    it.each([
      ['gcc', ['-std=c99', '-O2']],
      ['clang', ['-std=c99', '-O2']],
      ['g++', ['-std=c++11', '-x', 'c++']],
      ['clang', ['-std=c++17', '-x', 'c++']],
      ['arm-none-eabi-gcc', ['-std=c99', '-Os', '-mcpu=cortex-m0plus', '-mthumb', '-ffreestanding']],
      ['arm-none-eabi-gcc', ['-std=c99', '-Os', '-mcpu=cortex-m4', '-mthumb', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16']],
    ])('%s %j has nothing to say of it', (compiler, flags) => {
      const file = join(folder, 'uses.c')
      writeFileSync(file, uses)
      expect(compile('uses.o', compiler, ...flags, '-c', file)).toBe('')
    })

    it('comes with a control loop that says where a refusal is explained', async () => {
      expect(compile('example', 'gcc', '-std=c99', '-O2', join(root, 'clients/c/example.c'), '-lm')).toBe('')
      // signed, on firmware that knows no signatures
      const file = join(folder, 'signed.bpd')
      writeFileSync(file, signed(1))
      const port = openInProcess()
      const offer = await offerTcp(port)
      try {
        const child = spawn(join(folder, 'example'), [offer.name, file], { stdio: ['ignore', 'inherit', 'pipe'] })
        expect(await text(child.stderr)).toMatch(
          /^the board: 10, detail \d+ \(above 0: PROTOCOL\.md, "Status"; below: bpd_line\.h\)\n$/,
        )
      } finally {
        await offer.close()
        await port.close()
      }
    })

    it.each(boards)(
      'takes two policies to $name over a bad line, and no action is wrong',
      async ({ name, missing }) => {
        expect(missing).toBeUndefined()
        expect(compile('client', 'gcc', '-std=c99', ...sanitised, join(root, 'test/support/c-client.c'))).toBe('')
        expectUnfooled(await session(name, [join(folder, 'client')], 13))
      },
    )

    it.each(boards.filter(({ name }) => name === 'pico-emulator' || name === 'qemu-stm32f405'))(
      'drives a paired $name with its key over a bad line, and no action is wrong',
      async ({ name, missing }) => {
        expect(missing).toBeUndefined()
        expect(compile('client', 'gcc', '-std=c99', '-O2', join(root, 'test/support/c-client.c'))).toBe('')
        expectUnfooled(await session(name, [join(folder, 'client'), ...KEY_WORDS], 17, KEY))
      },
    )

    it('with another key than the board, or none, gets nothing done; nor does who plays its frames back', async () => {
      expect(compile('client', 'gcc', '-std=c99', ...sanitised, join(root, 'test/support/c-client.c'))).toBe('')
      // BPD_OTHER_KEY, BPD_KEYED
      await expectKeysHold([join(folder, 'client')], { other: /^board: -6,/, none: /^board: -5,/ })
    })

    it('steps on under the contract of the policy that runs where another is refused', async () => {
      expect(compile('refused', 'gcc', '-std=c99', ...sanitised, join(root, 'test/support/c-client-refused.c'))).toBe(
        '',
      )
      const files = {
        first: policyFile([3, 12, 2], 1),
        // two that the board's own test refuses, and one that is not even sent
        same: withAlteredGolden(policyFile([3, 12, 2], 4)),
        wrong: withAlteredGolden(policyFile([5, 12, 4], 2, { task: 'another' })),
        large: policyFile([5, 400, 400, 4], 3, { density: 1, task: 'another' }),
      }
      const paths = Object.keys(files).map((name) => join(folder, `${name}.bpd`))
      for (const [i, bytes] of Object.values(files).entries()) writeFileSync(paths[i], bytes)
      const port = await openPort('in-process')
      const offer = await offerTcp(port)
      try {
        const child = spawn(join(folder, 'refused'), [offer.name, ...paths], { stdio: ['ignore', 'pipe', 'pipe'] })
        // twice BPD_WRONG_GOLDEN, then BPD_ARGUMENT; each step done
        expect(await Promise.all([text(child.stdout), text(child.stderr)])).toEqual(['13 0\n13 0\n-3 0\n', ''])
      } finally {
        await offer.close()
        await port.close()
      }
    })

    it('whose policy on trial gave way to one of another contract says so, and does not wait for what cannot come', async () => {
      const file = join(folder, 'trial.c')
      writeFileSync(file, trial)
      expect(compile('trial', 'gcc', '-std=c99', file)).toBe('')
      writeFileSync(join(folder, 'old.bpd'), policyFile([3, 12, 1], 1))
      writeFileSync(join(folder, 'other.bpd'), policyFile([3, 20, 2], 2))
      const port = openGivingWay(3)
      const offer = await offerTcp(port)
      try {
        const words = [offer.name, join(folder, 'old.bpd'), join(folder, 'other.bpd')]
        const child = spawn(join(folder, 'trial'), words, { stdio: ['ignore', 'pipe', 'inherit'] })
        // BPD_CONTRACT
        expect(await text(child.stdout)).toBe('after 3 steps: -4\n')
      } finally {
        await offer.close()
        await port.close()
      }
    })

    it('sends at once over TCP, tells of a line that closed as silence, and lives on', async () => {
      expect(compile('gone', 'gcc', '-std=c99', '-O2', join(root, 'test/support/c-client-gone.c'))).toBe('')
      const port = await openPort('in-process')
      const offer = await offerTcp(port)
      const child = spawn(join(folder, 'gone'), [offer.name], { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'exit')
      const [said] = await once(child.stdout, 'data')
      await offer.close()
      expect(String(said)).toBe('connected\n')
      expect(await ended).toEqual([0, null])
      await port.close()
    })

    it.each(['abc', '-5', '0', '20x', ''])('comes with a control loop that refuses %j steps', (steps) => {
      expect(compile('example', 'gcc', '-std=c99', '-O2', join(root, 'clients/c/example.c'), '-lm')).toBe('')
      // before it looks at port or policy
      const { status, stderr } = spawnSync(join(folder, 'example'), ['no-port', 'no-file', steps], { encoding: 'utf8' })
      expect({ status, stderr }).toEqual({ status: 2, stderr: `${steps}: expected a number of steps, 1 or more\n` })
    })

    it('comes with a control loop that runs', async () => {
      expect(compile('example', 'gcc', '-std=c99', '-O2', join(root, 'clients/c/example.c'), '-lm')).toBe('')
      const port = await openPort('in-process')
      const offer = await offerTcp(port)
      try {
        const words = [offer.name, join(root, 'models/pendulum/student.bpd'), '20']
        const child = spawn(join(folder, 'example'), words, { stdio: ['ignore', 'pipe', 'inherit'] })
        expect(await text(child.stdout)).toMatch(/^20 steps on in-process: \d+ late, \d+ in failsafe, /)
      } finally {
        await offer.close()
        await port.close()
      }
    })

    it('comes with a control loop that keeps to periods of no whole milliseconds', async () => {
      expect(compile('clock', 'gcc', '-std=c99', '-O2', join(root, 'test/support/c-example-clock.c'), '-lm')).toBe('')
      const port = await openPort('in-process')
      const offer = await offerTcp(port)
      try {
        const file = join(folder, 'odd.bpd')
        writeFileSync(file, withPeriod(policyFile([3, 12, 2], 1), 0.0019))
        const child = spawn(join(folder, 'clock'), [offer.name, file, '20'], { stdio: ['ignore', 'pipe', 'inherit'] })
        expect(await text(child.stdout)).toMatch(/^20 steps on in-process: 0 late, .*\nwaited 38000 us\n$/)
      } finally {
        await offer.close()
        await port.close()
      }
    })
  },
)
