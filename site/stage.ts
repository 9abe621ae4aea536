/** The two robots: what plays them, draws them, and tells of them. */
import { bytesAt, type Catalogue } from './catalogue.ts'
import { byId, el, say, sayName } from './dom.ts'
import { colours } from './draw/canvas.ts'
import { pendulumScene } from './draw/pendulum.ts'
import type { Scene } from './draw/scene.ts'
import { drawTraces, tracesHeight } from './draw/traces.ts'
import { Actor } from './run/actor.ts'
import { loadEngine } from './run/engine.ts'
import { misfit } from './run/fit.ts'
import { Lockstep } from './run/lockstep.ts'
import { playable } from './run/tasks.ts'
import { decimal, grouped, hex, percent, reasonOf } from './words.ts'

/** `bpd eval` plays the same episodes with its default seed. */
const SEED = 1
/** milliseconds between two looks at the figures: faster nobody reads */
const TOLD = 100
/** a slow machine falls behind rather than choke */
const MOST_STEPS = 40

const NOT_DRAWN = 'This browser has no WebGL: the robots are not drawn; figures and traces run.'

const roles = ['teacher', 'student'] as const

/** Who drives the student in place of the page: a board. */
export interface Driver {
  /** Ends it before its next step. why: told to the user */
  stop(why: string): void
}

/** what does nothing while another one drives */
const still = ['play', 'step', 'many', 'restart', 'episode']

export class Stage {
  pair: Lockstep | undefined
  /** name of the task that is played */
  task = ''
  /** and of the lesson: with which of its teachers */
  lesson = ''
  readonly #catalogue: Catalogue
  readonly #canvases = roles.map((role) => byId<HTMLCanvasElement>(`${role}-view`))
  #scenes: Scene[] = []
  #playing = false
  #owed = 0
  #before = 0
  #told = 0
  #opening = 0
  #stale = false
  #driver: Driver | undefined
  /** told when the canvases are new */
  onCanvases: (canvases: readonly HTMLCanvasElement[]) => void = () => {}
  /** told when another student takes over: who it was before */
  onStudent: (before: Actor) => void = () => {}
  /** told when another student stands there */
  onChanged: () => void = () => {}
  /** told when a task with a teacher and a first student is there */
  onOpen: (students: Actor[]) => void = () => {}

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
    byId('play').addEventListener('click', () => this.play(!this.#playing))
    byId('step').addEventListener('click', () => this.#advance(1))
    byId('many').addEventListener('click', () => this.#advance(500))
    byId('restart').addEventListener('click', () => this.restart())
    byId('episode').addEventListener('change', () => this.restart())
    new ResizeObserver(() => this.draw()).observe(byId('stage'))
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw())
    requestAnimationFrame((now) => this.#frame(now))
  }

  /** Opens a task with a teacher and its students. Says on the page where that fails. */
  async open(name: string): Promise<void> {
    const turn = ++this.#opening
    const entry = this.#catalogue.lessons.find((lesson) => lesson.name === name)
    if (!entry) throw new Error(`${name}: no such task here`)
    const { task } = entry
    this.play(false)
    byId('stage').setAttribute('aria-busy', 'true')
    try {
      const { physics } = playable[task]
      const files = [entry.teacher, ...entry.students]
      const [scenes, , ...bytes] = await Promise.all([
        physics ? import('./draw/robot.ts') : undefined,
        physics ? loadEngine(this.#catalogue.engine) : undefined,
        ...files.map(({ path }) => bytesAt(path)),
      ])
      if (turn !== this.#opening) return
      const [teacher, ...students] = files.map(({ name: file }, i) => new Actor(bytes[i], file))
      this.#take('another task was opened')
      if (this.pair) this.onStudent(this.pair.sides[1].actor)
      this.pair?.close()
      this.pair = new Lockstep(playable[task], teacher, students[0], SEED)
      this.task = task
      this.lesson = name
      const drawn = this.#stageScenes(scenes)
      byId<HTMLSelectElement>('task').value = name
      fault(drawn ? '' : NOT_DRAWN)
      this.#begin()
      this.onOpen(students)
      this.onChanged()
    } catch (error) {
      if (turn === this.#opening) fault(`${name}: cannot be played: ${reasonOf(error)}`)
    } finally {
      if (turn === this.#opening) byId('stage').setAttribute('aria-busy', 'false')
    }
  }

  /** Returns false where nothing can be drawn: all the rest runs. */
  #stageScenes(robots: typeof import('./draw/robot.ts') | undefined): boolean {
    for (const scene of this.#scenes) scene.close()
    this.#scenes = []
    // a canvas that has drawn flat once cannot draw in depth
    this.#canvases.forEach((canvas, i) => {
      const fresh = canvas.cloneNode() as HTMLCanvasElement
      canvas.replaceWith(fresh)
      this.#canvases[i] = fresh
    })
    this.#canvases.forEach((canvas, i) => {
      canvas.setAttribute('aria-label', `${roles[i]}: ${playable[this.task].about}`)
    })
    byId('traces').style.height = `${tracesHeight(this.pair!.spec.actionNames.length)}px`
    this.onCanvases(this.#canvases)
    try {
      for (const [i, side] of this.pair!.sides.entries()) {
        const [canvas, { task }, role] = [this.#canvases[i], side.place, roles[i]]
        const scene = robots
          ? robots.robotScene(canvas, task, role)
          : pendulumScene(canvas, task, role, () => side.actor.action)
        this.#scenes.push(scene)
      }
    } catch {
      for (const scene of this.#scenes.splice(0)) scene.close()
      return false
    }
    return true
  }

  /** The student from the next step on. Throws InputError where it does not fit the task. */
  take(actor: Actor): void {
    const { pair } = this
    if (!pair) return
    misfit(actor.contract, pair.spec, actor.name)
    this.#take('another student was chosen')
    this.onStudent(pair.sides[1].actor)
    pair.sides[1].actor = actor
    this.tell()
    this.draw()
    this.onChanged()
  }

  get driven(): boolean {
    return this.#driver !== undefined
  }

  /** Somebody else drives the student from the start of the episode on: the stage stands still but for `followed`. */
  give(driver: Driver): void {
    this.play(false)
    this.restart()
    this.#drivenBy(driver)
  }

  /** The driver has made a step. */
  followed(): void {
    this.#stale = true
  }

  /** The driver has ended. */
  giveBack(driver: Driver): void {
    // it may be that the stage was taken from it before
    if (this.#driver === driver) this.#drivenBy(undefined)
    this.tell()
    this.draw()
  }

  #take(why: string): void {
    this.#driver?.stop(why)
    this.#drivenBy(undefined)
  }

  #drivenBy(driver: Driver | undefined): void {
    this.#driver = driver
    for (const id of still) byId<HTMLButtonElement | HTMLInputElement>(id).disabled = driver !== undefined
  }

  play(on: boolean): void {
    this.#playing = on && this.pair !== undefined && !this.driven
    this.#owed = 0
    say(byId('play'), this.#playing ? 'Pause' : 'Play')
  }

  restart(): void {
    if (this.driven) return
    const field = byId<HTMLInputElement>('episode')
    const episode = Math.min(99_999, Math.max(0, Math.trunc(Number(field.value)) || 0))
    field.value = String(episode)
    this.pair?.restart(episode)
    this.#begin()
  }

  #begin(): void {
    byId<HTMLInputElement>('episode').value = String(this.pair?.episode ?? 0)
    this.tell()
    this.draw()
    performance.mark('picture')
  }

  #advance(steps: number): void {
    if (this.driven) return
    this.play(false)
    this.#run(steps)
    this.tell()
    this.draw()
    const { pair } = this
    if (pair)
      say(byId('told'), `${pair.played} steps; returns ${pair.sides.map(({ total }) => decimal(total)).join(' and ')}`)
  }

  #run(steps: number): void {
    if (!this.pair || steps === 0) return
    this.pair.run(steps)
    byId<HTMLInputElement>('episode').value = String(this.pair.episode)
  }

  #frame(now: number): void {
    requestAnimationFrame((then) => this.#frame(then))
    const passed = Math.min(0.1, (now - this.#before) / 1000)
    this.#before = now
    if (this.driven && this.#stale) this.#show(now)
    if (!this.#playing || !this.pair) return
    const speed = Number(byId<HTMLSelectElement>('speed').value)
    this.#owed += (passed * speed) / this.pair.spec.period
    const steps = Math.min(MOST_STEPS, Math.floor(this.#owed))
    this.#owed = Math.min(1, this.#owed - steps)
    this.#run(steps)
    this.#show(now)
  }

  #show(now: number): void {
    this.#stale = false
    this.draw()
    if (now - this.#told < TOLD) return
    this.#told = now
    this.tell()
  }

  draw(): void {
    const { pair } = this
    if (!pair) return
    const theme = colours()
    this.#scenes.forEach((scene, i) => {
      scene.draw(theme, pair.push, pair.sides[i].fell)
    })
    drawTraces(byId<HTMLCanvasElement>('traces'), pair, theme)
  }

  /** Writes the figures. */
  tell(): void {
    const { pair } = this
    if (!pair) return
    const [teacher, student] = pair.sides
    const cells: [string, string, string][] = [
      ['weights', grouped(teacher.actor.weights), grouped(student.actor.weights)],
      ['kept', '', percent(student.actor.weights / teacher.actor.weights)],
      ['bytes', grouped(teacher.actor.bytes.length), grouped(student.actor.bytes.length)],
      ['self-test', vectors(teacher.actor), vectors(student.actor)],
      ['step', grouped(teacher.steps), grouped(student.steps)],
      ['return', decimal(teacher.total), decimal(student.total)],
      ['apart by', '', `${Number((100 * pair.apart).toPrecision(2))} % of range`],
      [`${grouped(pair.played)} actions, CRC`, hex(teacher.fingerprint), hex(student.fingerprint)],
    ]
    const body = byId('ledger').querySelector('tbody')!
    while (body.rows.length < cells.length) body.append(el('tr', {}, el('th', { scope: 'row' }), el('td'), el('td')))
    cells.forEach((row, i) => {
      row.forEach((text, k) => {
        say(body.rows[i].cells[k], text)
      })
    })
    roles.forEach((role, i) => {
      const side = pair.sides[i]
      sayName(byId(`${role}-name`), side.actor.name)
      say(byId(`${role}-state`), side.fell ? `fell after ${side.steps} steps` : '')
    })
  }
}

const vectors = ({ goldens, mistake }: Actor) => (mistake ? 'fails' : `${goldens} of ${goldens} alike`)

/** What went wrong, where everybody sees it. '': nothing */
export function fault(text: string): void {
  const place = byId('fault')
  say(place, text)
  place.hidden = text === ''
}
