/** The policies that are open in the page, as what a report names leads to them. */
import { el } from '../dom.ts'
import { hex } from '../words.ts'

/** What a report knows a student by: its file's CRC-32, or where that is not told its task and size. */
export type Sought = { crc: number } | { task: string; weights: number; bytes: number }

export interface Policies {
  /** the name of the file that is open; undefined: it is not */
  find(sought: Sought): string | undefined
  play(name: string): void
}

/** Plays it, or says which file is missing. */
export function playButton(policies: Policies, sought: Sought): HTMLElement {
  const name = policies.find(sought)
  if (name !== undefined) return el('button', { click: () => policies.play(name) }, 'Play it')
  const what = 'crc' in sought ? `CRC-32 ${hex(sought.crc)}` : `${sought.bytes} bytes`
  return el('span', { class: 'hint' }, `drop its file, ${what}, to play it`)
}
