/** `bpd distill` without a task: a log, with a teacher or without. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { checkCard } from '../../cli/card.ts'
import { type Asked, wantedOf } from '../../cli/distill/wanted.ts'
import { newKey, verifyPolicy } from '../../firmware-bridge/host/signing.ts'
import { InputError } from '../../runtime-as/errors.ts'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import { valuesOf } from '../../runtime-as/format/network.ts'
import type { Given } from '../../trainer/distill/options.ts'
import { encodeTeacher, type Teacher } from '../../trainer/teachers/teacher.ts'
import { bpdIn } from '../support/command.ts'
import { asCsv, makeLog } from '../support/log.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-log-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)

const { rows, episodes } = makeLog({ lengths: [80, 100, 90, 110, 120], noise: 0.05 })
writeFileSync(path('log.csv'), asCsv(rows, episodes))
writeFileSync(
  path('one.csv'),
  asCsv(rows.slice(0, 0), []) +
    asCsv(rows, [{ first: 0, count: 80 }])
      .split('\n')
      .slice(1)
      .join('\n'),
)

writeFileSync(path('few.csv'), asCsv(rows.slice(0), [{ first: 0, count: 9 }]))

/** u = tanh(W x): as wide as the log, or not */
const teacher = (inputs: number, outputs: number): Teacher => ({
  network: {
    layers: [
      {
        inputs,
        outputs,
        activation: 'tanh',
        weights: Float32Array.from({ length: inputs * outputs }, (_, i) => Math.sin(i) / 3),
        bias: new Float32Array(outputs),
      },
    ],
  },
  squash: 'tanh',
  actionLow: new Array(outputs).fill(-1),
  actionHigh: new Array(outputs).fill(1),
  metadata: {},
})
mkdirSync(path('taught'))
writeFileSync(path('taught/teacher.safetensors'), encodeTeacher(teacher(3, 2)))
writeFileSync(
  path('taught/contract.json'),
  JSON.stringify({ task: 'arm', action: { names: ['shoulder', 'elbow'] }, period: 0.01 }),
)
writeFileSync(path('wide.safetensors'), encodeTeacher(teacher(5, 2)))

const columns = ['--observations', 'q,v,load', '--actions', 'elbow,wrist']
const bounds = ['--action-low=-1,-500', '--action-high', '1,300']
const little = [
  '--steps',
  '200',
  '--evaluate-every',
  '100',
  '--tune-updates',
  '50',
  '--thresholds=0,2',
  '--hidden',
  '8',
]
const distill = (...words: string[]) =>
  bpdIn(folder, 'distill', '--data', 'log.csv', ...columns, ...little, '--threads', '1', '--no-fused', ...words)

describe('bpd distill without a task', () => {
  it('makes a student of a log alone, and says what it was judged by', () => {
    const { status, stdout, lines } = distill(...bounds, '--name', 'arm', '--out', 'alone')
    expect({ status, lines }).toMatchObject({ status: 0 })
    expect(lines).toContain('bpd: warning: log.csv: no rewards: no value term')
    expect(stdout).toMatch(/alone\/student\.bpd: \d+ weights, \d+ bytes, threshold [02]; offline\n/)
    expect(stdout).toContain('whole episodes: ')
    expect(stdout).toMatch(/RMSE [\d.]+ % of the range .*; no return was measured/)
    expect(stdout).toMatch(/│ elbow +│/)
    const { contract } = decodePolicy(readFileSync(path('alone/student.bpd')))
    expect(contract).toMatchObject({
      task: 'arm',
      observation: { names: ['q', 'v', 'load'] },
      action: { names: ['elbow', 'wrist'], low: [-1, -500], high: [1, 300], failsafe: [0, -100] },
      // of the timestamps
      period: 0.01,
    })
    const told = JSON.parse(readFileSync(path('alone/distill.json'), 'utf8'))
    expect(told).toMatchObject({ name: 'arm', judged: 'held-out action error; no return was measured' })
    expect(JSON.stringify(told)).not.toMatch(/"\w*[rR]eturn/)
    checkCard(path('alone/student.bpd'))
    expect(readFileSync(path('alone/report.html'), 'utf8')).toContain('no return was measured')
    const points = readFileSync(path('alone/progress.jsonl'), 'utf8').trim().split('\n')
    expect(points.map((line) => JSON.parse(line).phase)).toEqual(['train', 'train', 'tune', 'tune'])
  })

  it('says so where no student is as small as wanted, and keeps what it made', () => {
    const { status, stdout, lines } = distill(...bounds, '--max-bytes', '300', '--out', 'too-large')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(lines.at(-1)).toMatch(
      /^bpd: too-large\/student\.bpd: \d+ weights, \d+ bytes: no student is within --max-bytes 300$/,
    )
    checkCard(path('too-large/student.bpd'))
  })

  it('says so where no student errs as little as was asked for, and keeps the best', () => {
    const { status, stdout, lines } = distill(...bounds, '--max-error', '1e-6', '--out', 'errs')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(lines.at(-1)).toBe(
      'bpd: errs/student.bpd: no student errs by less than --max-error 0.000001 where one is picked: this one errs least',
    )
    checkCard(path('errs/student.bpd'))
  })

  it('stores every student as wanted, and counts the bytes that lie there', () => {
    const key = newKey()
    writeFileSync(path('another.key'), key.secretPem!, { mode: 0o600 })
    const words = ['--values', 'int8', '--sign-key', 'another.key', '--every', '--out', 'stored']
    const { status, stdout } = distill(...bounds, ...words, '--json')
    expect(status).toBe(0)
    const { sweep, bytes } = JSON.parse(stdout)
    const lying = (name: string) => readFileSync(path(`stored/${name}`))
    const sizes = ['point-1.bpd', 'point-2.bpd'].map((name) => {
      const { policy } = verifyPolicy(lying(name), key)
      expect(valuesOf(decodePolicy(policy).network)).toBe('int8')
      return lying(name).length
    })
    expect(sweep.map((point: { bytes: number }) => point.bytes)).toEqual(sizes)
    expect(sizes).toContain(bytes)
    // room for the limit itself, which the file tells; as f32 it would not fit
    const most = bytes + 30
    expect(readFileSync(path('alone/student.bpd')).length).toBeGreaterThan(most)
    const within = distill(...bounds, ...words.slice(0, 4), '--max-bytes', `${most}`, '--out', 'within')
    expect(within.lines.at(-1)).not.toContain('no student is within')
    expect(within.status).toBe(0)
  })

  it('signs what it makes where a key is named: card and page say so, and what is signed is the student unsigned', () => {
    const key = newKey()
    writeFileSync(path('robot.key'), key.secretPem!, { mode: 0o600 })
    const words = ['--name', 'arm', '--sign-key', 'robot.key', '--counter', '5', '--every', '--out', 'signed']
    const { status, stdout } = distill(...bounds, ...words)
    expect(status).toBe(0)
    const signature = { keyId: key.id, counter: 5 }
    expect(stdout).toContain(`signed   by key ${key.id}, counter 5`)
    const read = (name: string) => readFileSync(path(`signed/${name}`))
    const { policy } = verifyPolicy(read('student.bpd'), key)
    expect(Buffer.from(policy)).toEqual(readFileSync(path('alone/student.bpd')))
    for (const point of ['point-1.bpd', 'point-2.bpd']) expect(verifyPolicy(read(point), key).counter).toBe(5)
    for (const file of ['distill.json', 'student.json'])
      expect(JSON.parse(`${read(file)}`)).toMatchObject({ signature })
    expect(JSON.parse(readFileSync(path('alone/student.json'), 'utf8')).signature).toBeNull()
    expect(`${read('report.html')}`).toContain(`signed by key ${key.id}, counter 5`)
    checkCard(path('signed/student.bpd'))
  })

  it('clones a teacher, whose folder has the contract', () => {
    const words = ['--teacher', 'taught', '--augment', '0.1']
    const whole = distill(...words, '--out', 'whole')
    expect({ status: whole.status, lines: whole.lines }).toMatchObject({ status: 0 })
    const { contract } = decodePolicy(readFileSync(path('whole/student.bpd')))
    expect(contract).toMatchObject({ task: 'arm', period: 0.01, action: { low: [-1, -1] } })
    expect(whole.stdout).toContain("compared with the teacher's actions")
  })
})

describe('wrong inputs are one line each', () => {
  const wanted = (asked: Partial<Asked>, given: Partial<Given> = {}, task?: string) =>
    wantedOf(
      task,
      {
        data: path('log.csv'),
        observations: ['q', 'v', 'load'],
        actions: ['elbow', 'wrist'],
        actionLow: [-1, -500],
        actionHigh: [1, 300],
        ...asked,
      },
      { seed: 1, threads: 1, ...given },
    )

  it('which are right without what is wrong', async () => {
    expect((await wanted({})).contract).toMatchObject({ name: 'policy', period: 0.01 })
    expect((await wanted({ teacher: path('taught') })).contract.actionNames).toEqual(['elbow', 'wrist'])
  })

  it.each<[what: string, asked: Partial<Asked>, given: Partial<Given>, message: string]>([
    [
      'no bounds',
      { actionLow: undefined, actionHigh: undefined },
      {},
      'bounds of the actions: not known, expected --action-low',
    ],
    ['bounds of three', { actionLow: [1, 2, 3] }, {}, 'options: 3 lower bounds, expected 2'],
    ['a column that is not there', { observations: ['q', 'w'] }, {}, 'column "w" is not there'],
    [
      'a teacher of other sizes',
      { teacher: path('wide.safetensors') },
      {},
      '3 observations and 2 actions, expected 5 and 2',
    ],
    ['a contract that is not there', { contract: path('none.json') }, {}, 'none.json: cannot be read (ENOENT)'],
    ['augmenting without a teacher', {}, { augment: 0.1 }, 'augment 0.1: expected a teacher'],
    [
      'own states without a task',
      {},
      { ownStates: 10 },
      'own states 10: expected a task, in which the student can act',
    ],
    ['a search without a task', {}, { search: 500 }, 'search 500: expected a task, in which the student can act'],
    ['fewer weights than actions', {}, { prune: 'obd', keep: [1] }, 'a student of 1 weights: expected 2 or more'],
    ['stages that are not there', {}, { rounds: 3 }, '--rounds: expected stages with it: --prune'],
    [
      'thresholds for stages',
      {},
      { prune: 'obd', thresholds: [1] },
      '--thresholds: expected --keep: stages cut to numbers of weights',
    ],
    ['thresholds beside weights', {}, { keep: [9], thresholds: [1] }, '--thresholds: expected no --keep beside it'],
    ['rounds of no own states', {}, { prune: 'obd', ownRounds: 3 }, '--own-rounds: expected --own-states with it'],
    ['losses of no own states', {}, { prune: 'obd', lostWeight: 3 }, '--lost-weight: expected --own-states with it'],
    ['a student that is not there', { from: path('none.bpd') }, {}, 'none.bpd: cannot be read (ENOENT)'],
    ['a value term without rewards', {}, { valueWeight: 1 }, 'value weight 1: the data has no rewards'],
    ['a name that is too long', { name: 'x'.repeat(65) }, {}, 'contract.task: expected text of 1..64 characters'],
    ['a failsafe out of bounds', { failsafe: [5, 0] }, {}, "expected low <= failsafe <= high for 'elbow'"],
    ['too few rows to hold some out', { data: path('few.csv') }, {}, 'few.csv: 9 rows, expected 10 or more'],
    ['no such data', { data: path('none.csv') }, {}, 'none.csv'],
  ])('%s', async (_, asked, given, message) => {
    const error = await wanted(asked, given).catch((refusal: unknown) => refusal)
    expect(error).toBeInstanceOf(InputError)
    expect((error as Error).message).toContain(message)
    expect((error as Error).message).not.toContain('\n')
  })

  it('without any actions but a teacher, who says them', async () => {
    const { data, contract } = await wanted({ teacher: path('taught'), actions: ['none'] })
    expect(contract.actionNames).toEqual(['shoulder', 'elbow'])
    expect(data).toMatchObject({ actionSize: 2, hasRewards: false })
    const [first] = [data.read(0, 2)]
    expect([...first.subarray(0, 7)]).toEqual(
      [...rows.subarray(0, 3)].map((x) => expect.closeTo(x, 5)).concat([0, 0, 0, 0]),
    )
    // the next observation is in its place
    expect(first[8]).toBeCloseTo(rows[8], 5)
    await expect(wanted({ actions: ['none'] })).rejects.toThrow('--actions none: expected a teacher')
  })

  it('but a period that nobody says is taken and told', async () => {
    const { contract, notes } = await wanted({ time: ['none'] })
    expect(contract.period).toBe(0.02)
    expect(notes.at(-1)).toMatch(
      /^period: nobody says it, and no timestamps of .* do: 0.02 s is taken; --period sets it$/,
    )
  })

  it('the order of the contract turned round', async () => {
    writeFileSync(path('order.json'), JSON.stringify({ observation: { names: ['v', 'q', 'load'] } }))
    await expect(wanted({ contract: path('order.json') })).rejects.toThrow('in another order, "q" where it has "v"')
    // by the contract's names the columns are found in its order
    const { contract, data } = await wanted({ contract: path('order.json'), observations: undefined })
    expect(contract.observationNames).toEqual(['v', 'q', 'load'])
    expect([...data.read(0, 1).subarray(0, 2)]).toEqual([rows[1], rows[0]].map((x) => expect.closeTo(x, 6)))
  })

  it('the rule of the other judge', async () => {
    await expect(wanted({}, { tolerance: 0.1 })).rejects.toThrow('--tolerance: without a task no return is measured')
    const bare = { observations: undefined, actions: undefined, actionLow: undefined, actionHigh: undefined }
    await expect(wanted(bare, { maxError: 0.1 }, 'pendulum')).rejects.toThrow('--max-error: task pendulum judges by')
  })

  it('a flag of the contract beside a task that has one', async () => {
    await expect(wanted({ period: 0.1 }, {}, 'pendulum')).rejects.toThrow('--action-low: task pendulum says that')
  })
})

it.each<[Partial<Given>, string]>([
  [{ hidden: [8] }, '--hidden 8: expected none beside --from'],
  [{ steps: 100 }, '--steps 100: expected none beside --from'],
])('a student to go on from has its own sizes and training: %j', async (given, message) => {
  const from = fileURLToPath(new URL('../../models/pendulum/student.bpd', import.meta.url))
  await expect(
    wantedOf('pendulum', { from, data: 'none' } as Asked, { ...given, prune: 'obd' } as Given),
  ).rejects.toThrow(message)
})
