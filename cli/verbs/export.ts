import { basename } from 'node:path'
import { Option } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import type { ExportForm } from '../../runtime-as/exports/form.ts'
import { exportForms, type FormName, formNames } from '../../runtime-as/exports/forms.ts'
import { readProgram } from '../../runtime-as/exports/program.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { readPolicy } from '../files.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { grouped } from '../report/words.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions {
  form: FormName
  out: string
}

export const exportVerb = verb('export <policy>', {
  group: 'Look at it:',
  description: 'writes a .bpd policy as code: a WebAssembly module, C99 (with its header), or an ONNX model',
  example: 'bpd export models/pendulum/student.bpd --form c --out runs/student.c',
})
  .addOption(new Option('--form <form>', 'what to write').choices(formNames).makeOptionMandatory())
  .requiredOption('--out <file>', 'where it goes; the header of C lies beside it')
  .addOption(forceOption())
  .action(run)

async function run(file: string, { form: name, out, force, json }: Options): Promise<void> {
  const form: ExportForm = exportForms[name]
  const stem = basename(out).slice(0, -form.extension.length)
  if (!out.endsWith(form.extension) || stem === '' || form.stem?.pattern.test(stem) === false)
    throw new InputError(`--out ${out}: expected ${form.stem?.expected ?? 'a name'}, ending in ${form.extension}`)
  const program = readProgram(readPolicy(file), file)
  const written = Object.entries(form.write(program, stem, file)).map(
    ([extension, content]) => [out.slice(0, -form.extension.length) + extension, content] as const,
  )
  claimFiles(
    written.map(([path]) => path),
    { inputs: [file], force },
  )
  const files: { file: string; bytes: number }[] = []
  for (const [path, content] of written) {
    await writeFile(path, content)
    files.push({ file: path, bytes: Buffer.byteLength(content) })
  }
  printResult(json, { policy: file, form: name, files }, () =>
    files.map(({ file: path, bytes }) => `${path}: ${grouped(bytes)} bytes`).join('\n'),
  )
}
