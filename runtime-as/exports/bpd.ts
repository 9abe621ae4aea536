/** The policy's own file: out of its envelope where it was signed, for boards that know no signatures; or to be signed anew. */
import type { ExportForm } from './form.ts'

export const bpdForm: ExportForm = {
  extension: '.bpd',
  signable: true,
  write: ({ file }) => ({ '.bpd': file }),
}
