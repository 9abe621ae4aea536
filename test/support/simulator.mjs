// A simulator for `exec:`, docs/simulator-protocol.md: a cart that is pushed. What it does wrong is its first argument; its seeds go to a file that the second one names; the third is the seed of an episode.
import { appendFileSync } from 'node:fs'

const [fault, seeds, crashing] = process.argv.slice(2)
const hello = {
  protocol: 'bpd-simulator-1',
  name: 'pushed-cart',
  observationNames: ['place', 'speed'],
  actionNames: ['push'],
  actionLow: [-1],
  actionHigh: [1],
  period: 0.05,
  maxSteps: 20,
  numbers: fault === 'f32' ? 'f32' : 'f64',
}
const size = hello.numbers === 'f32' ? 4 : 8
let [place, speed, steps, start] = [0, 0, 0, 0]

const say = (text) => process.stdout.write(text)
let count = 0
const answer = (flag, ...numbers) => {
  const body = Buffer.alloc(9 + size * numbers.length)
  body.writeUInt32LE(body.length - 4)
  body[4] = flag
  body.writeUInt32LE(count, 5)
  for (const [i, x] of numbers.entries()) {
    if (size === 4) body.writeFloatLE(x, 9 + 4 * i)
    else body.writeDoubleLE(x, 9 + 8 * i)
  }
  say(body)
}
const crash = (text) => {
  process.stderr.write(`Traceback:\n  in some file\n${text}\n`, () => process.exit(3))
}

const atStart = {
  'crash at the start': () => crash('ImportError: no module named physics'),
  nothing: () => process.exit(0),
  silence: () => setInterval(() => {}, 1000),
  'no json': () => say('Loading the world...\n'),
  'a print before': () => say(`Loading the world...\n${JSON.stringify(hello)}\n`),
  'another protocol': () => say(`${JSON.stringify({ ...hello, protocol: 'gym' })}\n`),
  'a bad field': () => say(`${JSON.stringify({ ...hello, actionLow: [2] })}\n`),
  'an unknown field': () => say(`${JSON.stringify({ ...hello, maxsteps: 5 })}\n`),
  'an endless line': () => setInterval(() => say('x'.repeat(65536)), 1),
  'a killed process': () => process.kill(process.pid, 'SIGKILL'),
}
const inStep = {
  'crash in a step': () => crash('ValueError: the cart fell off'),
  'a hang': () => {},
  // all but one hear nothing, not even that bpd has ended
  'a crash beside deaf hangs': () => {
    if (start !== Number(crashing)) return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000)
    setTimeout(() => crash('ValueError: the cart fell off'), 1000)
  },
  'a stray print': () => say('step 1 done, and now the next one\n'),
  'too few numbers': () => answer(0, 1, place),
  'not a number': () => answer(0, 1, place, Number.NaN),
  'an infinite reward': () => answer(0, Number.POSITIVE_INFINITY, place, speed),
  'a strange flag': () => answer(7, 1, place, speed),
  'two answers': () => {
    process.stdout.cork()
    answer(0, 1, place, speed)
    answer(0, 1, place, speed)
    process.stdout.uncork()
  },
  'an answer of before': () => {
    count -= 2
    answer(0, 1, place, speed)
  },
}

function take(message) {
  count = message.readUInt32LE(1)
  if (message[0] === 1) {
    const seed = message.readUInt32LE(5)
    if (seeds) appendFileSync(seeds, `${seed}\n`)
    ;[place, speed, steps, start] = [seed / 2 ** 31 - 1, 0, 0, seed]
    return answer(0, 0, place, speed)
  }
  // the first step of a process is the one that is made on trial
  if (++steps === 2 && inStep[fault]) return inStep[fault]()
  const push = size === 4 ? message.readFloatLE(5) : message.readDoubleLE(5)
  speed += 0.05 * push
  place += 0.05 * speed
  answer(Math.abs(place) > 1.5 ? 1 : 0, 1 - place ** 2, place, speed)
}

if (atStart[fault]) atStart[fault]()
else {
  say(`${JSON.stringify(hello)}\n`)
  // lives on where its input has ended
  if (fault === 'deaf') setInterval(() => {}, 1000)
  let got = Buffer.alloc(0)
  process.stdin.on('data', (bytes) => {
    got = Buffer.concat([got, bytes])
    while (got.length >= 4 && got.length >= 4 + got.readUInt32LE(0)) {
      const end = 4 + got.readUInt32LE(0)
      take(got.subarray(4, end))
      got = got.subarray(end)
    }
  })
}
