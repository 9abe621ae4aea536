import type { Program } from './program.ts'

/** A form that a policy can be written in. One of one's own: one file, one line in forms.ts. */
export interface ExportForm {
  /** how the file that is asked for ends */
  extension: string
  /** of a file's name before the extension, where not any will do, and the same in words */
  stem?: { pattern: RegExp; expected: string }
  /** what is written is a policy that a board takes: it can be signed */
  signable?: true
  /**
   * What is written, by how each file ends: the one that is asked for comes last, so that whoever sees it finds the others. stem: the file's name without
   * its extension; policy: how messages call the policy. Throws InputError for a policy that the form cannot say.
   */
  write(program: Program, stem: string, policy: string): Record<string, Uint8Array | string>
}
