/** A mapping of columns as a JSON file, for logs that come again: {"observations": ["q0..q4", "v0..v5"], "actions": ["hip", "knee"], "time": "t"}. */
import { InputError } from '../../runtime-as/errors.ts'
import { reading } from '../files/access.ts'
import { brief } from '../files/brief.ts'
import { Field } from '../files/field.ts'
import { readAs } from '../files/open.ts'
import { roleNames } from './log.ts'
import { dashed, type Mapping } from './mapping.ts'

/** Throws InputError unless it is a map of what options could say. */
export function readMapping(path: string): Mapping {
  const { bytes } = readAs(path, ['json'])
  const file = Field.parse(
    path,
    '',
    reading(path, () => new TextDecoder().decode(bytes)),
  )
  const mapping: { -readonly [K in keyof Mapping]: Mapping[K] } = {}
  for (const key of Object.keys(file.map())) {
    const role = roleNames.find((name) => dashed(name) === key)
    if (!role) throw new InputError(`${path}: ${brief(key)}: expected one of ${roleNames.map(dashed).join(', ')}`)
    const { value } = file.at(key)
    const fields = Array.isArray(value) ? file.at(key).items() : [file.at(key)]
    mapping[role] = fields.map((field) =>
      typeof field.value === 'string' && field.value !== '' ? field.value : field.refuse('the name of a column'),
    )
  }
  return mapping
}
