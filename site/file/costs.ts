/** What an inference takes on each core: measured of this very file, or computed from its weights, which is said. */

import { CORE_COSTS, inferenceCost } from '../../runtime-as/exports/package/costs.ts'
import type { LayerInfo } from '../../runtime-as/format/decode.ts'
import { get } from '../catalogue.ts'
import { el, say, table } from '../dom.ts'
import type { Actor } from '../run/actor.ts'
import { duration, grouped, reasonOf } from '../words.ts'

export interface MeasuredCost {
  core: string
  unit: 'cycles' | 'instructions'
  /** exported C, or our firmware that reads the file as it is */
  form: 'exported C' | 'firmware'
  /** over the golden vectors; absent: the chip is too small for it */
  median?: number
}

/** By the CRC-32 of a file, as text. */
export type MeasuredCosts = Record<string, MeasuredCost[]>

/** An inference on a Pico that is emulated here and now: median cycles over the golden vectors, and of its clock. */
export type OnPico = (bytes: Uint8Array) => Promise<{ cycles: number; clockHz: number }>

let reading: Promise<MeasuredCosts> | undefined
const measuredHere = (): Promise<MeasuredCosts> => {
  reading ??= get('costs.json').then((answer) => answer.json() as Promise<MeasuredCosts>)
  return reading
}

export function costsView(actor: Actor, layers: readonly LayerInfo[], onPico: OnPico): HTMLElement {
  const place = el('div', { class: 'costs' })
  const told = el('p', { class: 'hint', role: 'status' })
  const rows = new Map(CORE_COSTS.map((cost) => [cost.core, computed(layers, cost)]))
  const show = () => {
    const cells = [...rows].map(([core, { unit, c, firmware }]) => [`${core}, ${unit}`, c, firmware])
    place.replaceChildren(table('What an inference takes', ['', 'as exported C', 'in our firmware'], cells))
  }
  const measure = async () => {
    button.disabled = true
    say(told, 'Measuring …')
    try {
      const { cycles, clockHz } = await onPico(actor.bytes)
      const text = `${grouped(cycles)} measured here, ${duration(cycles / clockHz)} at ${clockHz / 1e6} MHz`
      rows.set(PICO, { ...rows.get(PICO)!, firmware: text })
      say(told, `Cortex-M0+: ${text}.`)
      show()
    } catch (error) {
      say(told, reasonOf(error))
      button.disabled = false
    }
  }
  const button = el('button', { click: () => void measure() }, 'Measure it on the emulated Pico')
  const filled = async () => {
    for (const { core, unit, form, median } of (await measuredHere())[actor.crc] ?? []) {
      const row = rows.get(core) ?? { unit, c: '', firmware: '' }
      const text = median === undefined ? 'does not fit, measured' : `${grouped(median)} measured`
      rows.set(core, { ...row, [form === 'firmware' ? 'firmware' : 'c']: text })
    }
    show()
  }
  show()
  filled().catch((error) => say(told, reasonOf(error)))
  const sizes = `On a board: ${grouped(actor.bytes.length)} bytes of flash, and ${grouped(actor.workBytes)} bytes of RAM to work in.`
  const about =
    'Measured: medians of this very file in emulators (bench/results). About: computed from its number of weights, by the least and the most that measured policies took for each of theirs.'
  return el(
    'div',
    {},
    place,
    el('p', {}, sizes),
    el('div', { class: 'buttons' }, button),
    told,
    el('p', { class: 'hint' }, about),
  )
}

const PICO = 'Cortex-M0+'

/** two digits, as an estimate has */
const rough = (x: number): string => grouped(Number(x.toPrecision(2)))

function computed(layers: readonly LayerInfo[], cost: (typeof CORE_COSTS)[number]) {
  const [least, most] = inferenceCost(layers, cost)
  return { unit: cost.unit, c: `about ${rough(least)} to ${rough(most)}`, firmware: '' }
}
