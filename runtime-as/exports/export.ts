import { InputError } from '../errors.ts'
import type { ExportForm } from './form.ts'
import { exportForms, type FormName, formNames } from './forms.ts'
import { readProgram } from './program.ts'

/** How what is written is called. */
export interface ExportOptions {
  /** how the written files are called, without an extension; names in C begin with it. Default: policy */
  stem?: string
  /** how messages call the policy. Default: policy */
  name?: string
}

/**
 * Writes a .bpd policy as code, or takes it out of its signed envelope (form bpd). The file that was asked for is the last of those returned, by their names: WebAssembly and C have the
 * kernel's bits, ONNX is within 1e-5 of an action's range. Throws InputError for bytes that are no policy, one that the form cannot say,
 * or a form or stem that is none; FailedError where golden vectors are not reproduced.
 *
 * @param policy bytes of a .bpd file
 * @param form which code, or bpd
 * @param options names
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { exportPolicy } from 'bpd/export'
 *
 * const files = exportPolicy(readFileSync('student.bpd'), 'c', { stem: 'student' })
 * console.log(Object.keys(files)) // => [ 'student.h', 'student.c' ]
 */
export function exportPolicy(
  policy: Uint8Array,
  form: FormName,
  { stem = 'policy', name = 'policy' }: ExportOptions = {},
): Record<string, Uint8Array | string> {
  if (!formNames.includes(form)) throw new InputError(`form "${form}": expected one of ${formNames.join(', ')}`)
  const { stem: allowed, write }: ExportForm = exportForms[form]
  if (typeof stem !== 'string' || stem === '' || allowed?.pattern.test(stem) === false)
    throw new InputError(`stem "${stem}": expected ${allowed?.expected ?? 'a name'}`)
  const written = Object.entries(write(readProgram(policy, name), stem, name))
  return Object.fromEntries(written.map(([extension, content]) => [stem + extension, content]))
}
