/** clients/python as a user has it: a wheel in a fresh virtual environment, against emulated boards behind a bad line. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeSessionKey } from '../../cli/session-key.ts'
import { openInProcess } from '../../firmware-bridge/emulators/in-process.ts'
import { offerTcp } from '../../firmware-bridge/emulators/offer.ts'
import { Board } from '../../firmware-bridge/host/client.ts'
import type { Port } from '../../firmware-bridge/host/port.ts'
import { EMULATORS, openPort } from '../../firmware-bridge/host/ports.ts'
import { PAIR } from '../../runtime-as/kernel/assembly/device/protocol.ts'
import { expectKeysHold } from '../support/client-keys.ts'
import { expectUnfooled, KEY, KEY_WORDS, pair, session } from '../support/client-session.ts'
import { root } from '../support/pages.ts'
import { policyFile } from '../support/policies.ts'
import { describeWith } from '../support/require.ts'
import { openGivingWay } from '../support/trial.ts'

const clients = join(root, 'clients/python')
const HEAD = `
import sys
from bpd_client import *

port = sys.argv[1]

def fails(what):
    try:
        what()
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
`
const tools = ['mypy==2.4.1', 'types-pyserial==3.5.0.20261104']
const works = spawnSync('python3', ['-c', 'import ensurepip, venv']).status === 0 && process.platform !== 'win32'
const boards = await Promise.all(
  EMULATORS.filter(({ image }) => image).map(async ({ name, missing }) => ({ name, missing: await missing() })),
)

describeWith('python3 with venv, and PyPI', works && (await reachesPyPI()))('the Python client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bpd-python-'))
  const python = join(folder, 'env/bin/python')
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(words[0], words.slice(1), { cwd: folder, encoding: 'utf8' })
    expect(status, stdout + stderr).toBe(0)
    return stdout
  }

  beforeAll(() => {
    run('python3', '-m', 'venv', 'env')
    run(python, '-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', 'wheels', clients)
    const [wheel] = readdirSync(join(folder, 'wheels'))
    expect(wheel).toMatch(/^bpd_client-\d+\.\d+\.\d+-py3-none-any\.whl$/)
    run(python, '-m', 'pip', 'install', '--quiet', join('wheels', wheel), ...tools)
  }, 300_000)
  afterAll(() => rmSync(folder, { recursive: true }), 60_000)

  /** What a script prints that has the client, the line's name as `port`, and two policies of one contract each. fails: prints what is raised */
  async function tried(port: Port, script: string, ...words: string[]): Promise<string> {
    writeFileSync(join(folder, 'old.bpd'), policyFile([3, 12, 1], 1))
    writeFileSync(join(folder, 'other.bpd'), policyFile([3, 20, 2], 2))
    const lines = script.split('\n').map((line) => line.replace(/^ {6}/, ''))
    const file = join(folder, 'script.py')
    writeFileSync(file, [HEAD, ...lines, ''].join('\n'))
    const offer = await offerTcp(port)
    try {
      const child = spawn(python, [file, offer.name, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
      return await text(child.stdout)
    } finally {
      await offer.close()
      await port.close()
    }
  }

  it('is typed: mypy --strict has nothing to say of it, of its examples, and of who imports the wheel', () => {
    const strict = [
      python,
      '-m',
      'mypy',
      '--strict',
      '--config-file',
      join(clients, 'pyproject.toml'),
      '--cache-dir',
      'cache',
    ]
    run(...strict, join(clients, 'bpd_client.py'))
    // these see the installed package
    run(...strict, join(clients, 'examples/control_loop.py'), join(clients, 'examples/ros2_node.py'))
  })

  it.each(boards)('takes two policies to $name over a bad line, and no action is wrong', async ({ name, missing }) => {
    expect(missing).toBeUndefined()
    const script = join(root, 'test/support/python-client.py')
    expectUnfooled(await session(name, [python, script], 11))
  })

  it.each(boards.filter(({ name }) => name === 'pico-emulator' || name === 'qemu-stm32f405'))(
    'drives a paired $name with its key over a bad line, and no action is wrong',
    async ({ name, missing }) => {
      expect(missing).toBeUndefined()
      const script = join(root, 'test/support/python-client.py')
      expectUnfooled(await session(name, [python, script, ...KEY_WORDS], 19, KEY))
    },
  )

  it('with another key than the board, or none, gets nothing done; nor does who plays its frames back', async () => {
    await expectKeysHold([python, join(root, 'test/support/python-client.py')], {
      other: /the board has another key/,
      none: /the board has a key, expected it as key=/,
    })
  })

  it('pairs a board whose answer to that is lost, gives it another key, and takes it away', async () => {
    const port = await openPort('in-process')
    const offer = await offerTcp(withoutPairAnswers(port))
    try {
      const script = join(root, 'test/support/python-pairing.py')
      const words = [script, offer.name, join(root, 'models/pendulum/student.bpd')]
      const child = spawn(python, words, { stdio: ['ignore', 'pipe', 'pipe'] })
      const said = await Promise.all([text(child.stdout), text(child.stderr)])
      expect(said).toEqual(['True\nTrue\nFalse\n', ''])
    } finally {
      await offer.close()
      await port.close()
    }
  })

  it('whose policy on trial gave way to one of another contract says so, and does not wait for what cannot come', async () => {
    const said = await tried(
      openGivingWay(3),
      `
      board = Board.open(port, timeout=0.05, patience=600)
      board.install(open("old.bpd", "rb").read())
      board.install(open("other.bpd", "rb").read(), confirm=False)
      for _ in range(3):
          board.step([0.1, 0.2, 0.3])
      fails(lambda: board.step([0.1, 0.2, 0.3]))
      `,
    )
    expect(said).toBe(
      'BoardError: the board reset or went back to the policy before, and no longer runs the expected contract\n',
    )
  })

  it.runIf(process.platform !== 'win32')(
    'takes the key in a file of bpd boards --pair, and no other file',
    async () => {
      const port = openInProcess()
      const key = await writeSessionKey(join(folder, 'robot.key'))
      await pair(port, key)
      writeFileSync(join(folder, 'open.key'), readFileSync(join(folder, 'robot.key')), { mode: 0o644 })
      const good = readFileSync(join(folder, 'robot.key'), 'latin1')
      const bad = ['', 'bpd session key\n', good.slice(0, -3), good.toUpperCase(), `${good.slice(0, 80)}x`]
      for (const [i, text] of bad.entries()) writeFileSync(join(folder, `${i}.key`), text, { mode: 0o600 })
      const said = await tried(
        port,
        `
      with Board.open(port, key=read_key("robot.key")) as board:
          board.install(open("old.bpd", "rb").read())
          print(board.info.keyed)
      for i in range(${bad.length}):
          fails(lambda: read_key(f"{i}.key"))
      fails(lambda: read_key("open.key"))
      `,
      )
      expect(said.split('\n')).toEqual([
        'True',
        ...bad.map(
          (_, i) => `ValueError: ${i}.key: no key, expected 'bpd session key' and 64 hexadecimal digits, a line each`,
        ),
        'ValueError: open.key: others may read it, expected mode 600',
        '',
      ])
    },
  )

  it('says which argument is none of its kind', async () => {
    const said = await tried(
      openInProcess(),
      `
      fails(lambda: Board.open(port, key="k" * 32))
      board = Board.open(port)
      board.install(open("old.bpd", "rb").read())
      fails(lambda: board.bench(2.5))
      fails(lambda: board.watch("5"))
      print(len(board.bench(3)))
      `,
    )
    expect(said.split('\n')).toEqual([
      'TypeError: key: str, expected 32 bytes',
      'TypeError: count: 2.5, expected a whole number',
      "TypeError: periods: '5', expected a whole number",
      '3',
      '',
    ])
  })

  it('comes with a control loop that keeps a policy that was on trial', async () => {
    const port = openInProcess()
    const board = await Board.connect({ ...port, close: async () => {} })
    await board.install(policyFile([3, 12, 2], 1))
    const student = join(root, 'models/pendulum/student.bpd')
    await board.install(readFileSync(student), undefined, { confirm: false })
    await board.close()
    const offer = await offerTcp(port)
    try {
      const words = [join(clients, 'examples/control_loop.py'), offer.name, student, '--steps', '5']
      const child = spawn(python, words, { stdio: ['ignore', 'pipe', 'inherit'] })
      expect(await text(child.stdout)).toMatch(/^5 steps at 20 Hz on in-process: /)
      const after = await Board.connect({ ...port, close: async () => {} })
      expect(after.info.policy).toMatchObject({ actions: 1, confirmed: true })
    } finally {
      await offer.close()
      await port.close()
    }
  })

  it('comes with a control loop that runs at the rate of the policy', async () => {
    const port = await openPort('in-process')
    const offer = await offerTcp(port)
    try {
      const words = [join(clients, 'examples/control_loop.py'), offer.name, join(root, 'models/pendulum/student.bpd')]
      const child = spawn(python, [...words, '--steps', '20'], { stdio: ['ignore', 'pipe', 'inherit'] })
      expect(await text(child.stdout)).toMatch(/^20 steps at 20 Hz on in-process: \d+ late, \d+ in failsafe, /)
    } finally {
      await offer.close()
      await port.close()
    }
  })
})

/** The line, on which nothing comes back from a PAIR until the host asks for something else. */
function withoutPairAnswers(port: Port): Port {
  let lost = false
  const duplex = new Duplex({
    read() {},
    write(frame: Uint8Array, _encoding, done) {
      lost = frame[1] === PAIR
      port.duplex.write(frame, () => done())
    },
  })
  port.duplex.on('data', (bytes) => void (lost || duplex.push(bytes)))
  return { ...port, duplex }
}

async function reachesPyPI(): Promise<boolean> {
  if (process.env.BPD_REQUIRE === 'all') return true
  return spawnSync('python3', ['-m', 'pip', 'download', '--help'], { stdio: 'ignore' }).status === 0
}
