/**
 * `import … from 'bpd/export'`: a policy as code. Nothing of Node either.
 *
 * @module bpd/export
 */
export { type ExportOptions, exportPolicy } from './export.ts'
export { type FormName, formNames } from './forms.ts'
