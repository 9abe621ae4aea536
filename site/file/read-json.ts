/** Which JSON of bpd a file is: the page shows it, and `bpd view` refuses any other. */
import { InputError } from '../../runtime-as/errors.ts'
import { Field } from '../../trainer/files/field.ts'
import { parseJson } from '../../trainer/files/json.ts'
import { kindOf, refuseKind } from '../../trainer/files/sniff.ts'
import { sourceOf } from '../../trainer/files/source.ts'

const BUDGET = { items: 200_000, depth: 24 }

const kinds = {
  compared: (root: Record<string, unknown>) => 'rows' in root && 'fronts' in root,
  study: (root: Record<string, unknown>) => 'study' in root && 'rows' in root && 'summaries' in root,
  report: (root: Record<string, unknown>) => 'distillation' in root && 'board' in root,
}

export type JsonKind = keyof typeof kinds

/** Throws InputError for what is no JSON, with the verb that takes it, or of no kind that is known here. */
export function readJson(bytes: Uint8Array, name: string): { kind: JsonKind; root: Field } {
  const is = kindOf(sourceOf(bytes), name)
  if (is !== 'json') refuseKind(name, is, ['policy', 'json'])
  let value: unknown
  try {
    value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes), BUDGET)
  } catch (error) {
    const reason = error instanceof TypeError ? 'not UTF-8' : (error as Error).message
    throw new InputError(`${name}: neither a .bpd policy nor JSON: ${reason}`)
  }
  const root = new Field(name, '', value)
  const said = root.map()
  const kind = (Object.keys(kinds) as JsonKind[]).find((one) => kinds[one](said))
  if (kind) return { kind, root }
  throw new InputError(
    `${name}: JSON of another kind, expected a report.json or what "bpd compare" or "bpd study report" writes`,
  )
}
