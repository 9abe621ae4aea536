/** Pushes, noise, and flipped bits. */
import { randomStream } from '../trainer/random.ts'
import { byId, say } from './dom.ts'
import type { Push } from './run/tasks.ts'
import { playable } from './run/tasks.ts'
import type { Stage } from './stage.ts'
import { hex } from './words.ts'

/** milliseconds that a press of a button pushes */
const PRESS = 250
/** of the slider, to a standard deviation in each number's own unit */
const NOISE_STEP = 0.01
/** milliseconds between two looks at the student's memory */
const LOOK = 1000

const clamped = (x: number) => Math.max(-1, Math.min(1, x))
const keys: Record<string, Push> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

export function disturb(stage: Stage): void {
  const push = (to: Push) => {
    if (!stage.pair) return
    stage.pair.push = to
    stage.draw()
  }
  stage.onCanvases = (canvases) => {
    for (const canvas of canvases) byHand(canvas, push)
    say(
      byId('push-hint'),
      `Or drag on a robot; arrow keys where it has the focus. At most ${playable[stage.task].pushes}.`,
    )
  }
  for (const [id, x] of [
    ['push-left', -1],
    ['push-right', 1],
  ] as const) {
    byId(id).addEventListener('click', () => {
      push([x, 0])
      setTimeout(() => push([0, 0]), PRESS)
    })
  }
  const noise = byId<HTMLInputElement>('noise')
  noise.addEventListener('input', () => setNoise(stage))
  flips(stage)
}

/** What the slider says, also for a pair that is new. */
export function setNoise(stage: Stage): void {
  const sigma = NOISE_STEP * Number(byId<HTMLInputElement>('noise').value)
  say(byId('noise-value'), sigma === 0 ? '0' : `± ${sigma.toFixed(2)}, its own unit`)
  if (stage.pair) stage.pair.sigma = sigma
}

/** A drag is a force as long as it is held; so is an arrow key. */
function byHand(canvas: HTMLCanvasElement, push: (to: Push) => void): void {
  let from: [x: number, y: number] | undefined
  canvas.addEventListener('pointerdown', (event) => {
    from = [event.clientX, event.clientY]
    canvas.setPointerCapture(event.pointerId)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (!from) return
    const reach = 0.4 * Math.min(canvas.clientWidth, canvas.clientHeight)
    push([clamped((event.clientX - from[0]) / reach), clamped((from[1] - event.clientY) / reach)])
  })
  const released = () => {
    if (!from) return
    from = undefined
    push([0, 0])
  }
  canvas.addEventListener('pointerup', released)
  canvas.addEventListener('pointercancel', released)
  canvas.addEventListener('keydown', (event) => {
    if (!Object.hasOwn(keys, event.key)) return
    event.preventDefault()
    push(keys[event.key])
  })
  for (const end of ['keyup', 'blur']) canvas.addEventListener(end, () => push([0, 0]))
}

/** Bits of the student's memory, and who looks after them. */
function flips(stage: Stage): void {
  const random = randomStream(Date.now(), 'flips')
  const [state, mend] = [byId('flip-state'), byId<HTMLButtonElement>('mend')]
  const student = () => stage.pair?.sides[1].actor
  let flipped = 0
  const tell = (text: string, bad: boolean) => {
    say(state, text)
    state.classList.toggle('bad', bad)
    mend.disabled = flipped === 0
    stage.tell()
  }
  const mended = (text: string) => {
    student()?.mend()
    flipped = 0
    tell(text, false)
  }
  const look = () => {
    const actor = student()
    if (!actor || flipped === 0) return
    const { crc, expected, wrongGolden } = actor.check()
    if (crc === expected) return mended('Flipped back: its memory is as the file says again.')
    const golden =
      wrongGolden < 0 ? 'every golden vector still comes out' : `golden vector ${wrongGolden} comes out different`
    tell(`Caught: CRC-32 ${hex(crc)}, expected ${hex(expected)}; ${golden}. A board would refuse this policy.`, true)
  }
  byId('flip').addEventListener('click', () => {
    const actor = student()
    if (!actor) return
    const { byte, bit, layer } = actor.flip(random.uniform())
    flipped++
    tell(`Flipped bit ${bit} of byte ${byte}, a weight of layer ${layer + 1}. Nobody has looked yet.`, true)
  })
  mend.addEventListener('click', () => mended('Mended: its memory is as the file says.'))
  setInterval(() => {
    if (byId<HTMLInputElement>('scrub').checked) look()
  }, LOOK)
  stage.onStudent = (before) => {
    if (flipped === 0) return
    before.mend()
    mended('Its memory is as the file says.')
  }
}
