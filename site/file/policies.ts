/** The policies that the page can play, as what a report names leads to them. */
import { el } from '../dom.ts'
import { hex } from '../words.ts'

/** What a report knows a student by: its file's CRC-32, or where that is not told its task and size. */
export type Sought = { crc: number } | { task: string; weights: number; bytes: number }

export interface Policies {
  /** plays it; undefined: it is neither open nor comes with the page */
  find(sought: Sought): (() => void) | undefined
}

/** Plays it, or says which file is missing. */
export function playButton(policies: Policies, sought: Sought): HTMLElement {
  const play = policies.find(sought)
  if (play) return el('button', { click: play }, 'Play it')
  const what = 'crc' in sought ? `CRC-32 ${hex(sought.crc)}` : `${sought.bytes} bytes`
  return el('span', { class: 'hint' }, `drop its file, ${what}, to play it`)
}
