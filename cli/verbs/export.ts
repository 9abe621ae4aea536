import { basename, resolve } from 'node:path'
import { Option } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import type { ExportForm } from '../../runtime-as/exports/form.ts'
import { exportForms, type FormName, formNames } from '../../runtime-as/exports/forms.ts'
import { readProgram } from '../../runtime-as/exports/program.ts'
import { claimFiles } from '../../trainer/files/claim.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { readPolicy } from '../files.ts'
import { addSigningOptions, type GivenSigning, signerOf, signingInputs } from '../keys.ts'
import { forceOption, type OutputOptions } from '../output.ts'
import { grouped } from '../report/words.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

interface Options extends CommonOptions, OutputOptions, GivenSigning {
  form: FormName
  out: string
}

export const exportVerb = addSigningOptions(
  verb('export <policy>', {
    group: 'Look at it:',
    description:
      'writes a .bpd policy as code: a library for firmware (package), C99 with its header, a WebAssembly module, or an ONNX model; or as its own file, without a signature (bpd)',
    example: 'bpd export models/hopper/student.bpd --form package --out runs/hopper',
  })
    .addOption(new Option('--form <form>', 'what to write').choices(formNames).makeOptionMandatory())
    .requiredOption(
      '--out <path>',
      'where it goes: a file, the header of C beside it; of a package its folder, whose name begins all names in the code',
    )
    .addOption(forceOption()),
).action(run)

async function run(file: string, { form: name, out, force, json, ...signing }: Options): Promise<void> {
  const form: ExportForm = exportForms[name]
  if (signing.signKey !== undefined && !form.signable)
    throw new InputError(
      `--sign-key: form ${name} has no place for a signature, expected --form ${signable.join(', ')}`,
    )
  const sign = signerOf(signing)
  const base = out.endsWith(form.extension) ? resolve(out.slice(0, out.length - form.extension.length)) : undefined
  const stem = base === undefined ? '' : basename(base)
  if (stem === '' || form.stem?.pattern.test(stem) === false)
    throw new InputError(`--out ${out}: expected ${expected(form)}`)
  const program = readProgram(readPolicy(file), file)
  const start = out.slice(0, out.length - form.extension.length).replace(/(?<=.)\/+$/, '')
  const written = Object.entries(form.write(program, stem, file)).map(
    ([end, content]) => [start + end, typeof content !== 'string' ? sign(content, file) : content] as const,
  )
  claimFiles(
    written.map(([path]) => path),
    { inputs: [file, ...signingInputs(signing)], force },
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

const signable = formNames.filter((name) => 'signable' in exportForms[name])

const expected = ({ stem, extension }: ExportForm): string =>
  `${stem?.expected ?? 'a name'}${extension === '' ? '' : `, ending in ${extension}`}`
