/** The forms of `bpd export`, one line each. */
import { bpdForm } from './bpd.ts'
import { cForm } from './c.ts'
import type { ExportForm } from './form.ts'
import { onnxForm } from './onnx.ts'
import { packageForm } from './package.ts'
import { wasmForm } from './wasm.ts'

export const exportForms = {
  wasm: wasmForm,
  c: cForm,
  package: packageForm,
  onnx: onnxForm,
  bpd: bpdForm,
} as const satisfies Record<string, ExportForm>

/**
 * A form that a policy can be written in: code, or the .bpd file itself.
 *
 * @useDeclaredType
 */
export type FormName = keyof typeof exportForms
/** Every form. */
export const formNames = Object.keys(exportForms) as FormName[]
