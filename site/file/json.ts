/** JSON that bpd writes, as what it says. Anything else is refused by name and field. */
import type { Field } from '../../trainer/files/field.ts'
import { el } from '../dom.ts'
import { comparedView } from './compared.ts'
import type { Policies } from './policies.ts'
import { type JsonKind, readJson } from './read-json.ts'
import { reportView } from './report.ts'
import { studyView } from './study.ts'

const views: Record<JsonKind, (root: Field, policies: Policies) => Node[]> = {
  compared: comparedView,
  report: reportView,
  study: studyView,
}

/** Throws InputError for JSON of no kind that is known here. */
export function jsonView(bytes: Uint8Array, name: string, policies: Policies): HTMLElement {
  const { kind, root } = readJson(bytes, name)
  return el('article', {}, el('h3', {}, name), ...views[kind](root, policies))
}
