import { basename } from 'node:path'
import { Option } from 'commander'
import { InputError } from '../../runtime-as/errors.ts'
import { generateC } from '../../runtime-as/exports/c.ts'
import { generateOnnx } from '../../runtime-as/exports/onnx.ts'
import { readProgram } from '../../runtime-as/exports/program.ts'
import { generateWasm } from '../../runtime-as/exports/wasm.ts'
import { writeFile } from '../../trainer/files/replace.ts'
import { makeFolderOf, readInput } from '../files.ts'
import { grouped } from '../report/words.ts'
import { printResult } from '../terminal.ts'
import { type CommonOptions, verb } from '../verb.ts'

interface Options extends CommonOptions {
  form: 'wasm' | 'c' | 'onnx'
  out: string
}

export const exportVerb = verb('export <policy>', {
  group: 'Look at it:',
  description: 'writes a .bpd policy as code: a WebAssembly module, C99 (with its header), or an ONNX model',
  example: 'bpd export models/pendulum/student.bpd --form c --out runs/student.c',
})
  .addOption(new Option('--form <form>', 'what to write').choices(['wasm', 'c', 'onnx']).makeOptionMandatory())
  .requiredOption('--out <file>', 'where it goes; the header of C lies beside it')
  .action(run)

async function run(file: string, { form, out, json }: Options): Promise<void> {
  if (form === 'c' && !/^[\w.-]+\.c$/.test(basename(out))) {
    throw new InputError(`--out ${out}: expected letters, digits, '.', '_' and '-', ending in .c`)
  }
  const program = readProgram(readInput(file), file)
  const written: Record<string, Uint8Array | string> = {}
  if (form === 'c') {
    const stem = out.slice(0, -2)
    const { source, header } = generateC(program, identifier(basename(stem)), `${basename(stem)}.h`)
    // the source last: whoever sees it finds its header
    written[`${stem}.h`] = header
    written[out] = source
  } else written[out] = form === 'wasm' ? generateWasm(program) : generateOnnx(program, file)
  makeFolderOf(out)
  const files: { file: string; bytes: number }[] = []
  for (const [path, content] of Object.entries(written)) {
    await writeFile(path, content)
    files.push({ file: path, bytes: Buffer.byteLength(content) })
  }
  printResult(json, { policy: file, form, files }, () =>
    files.map(({ file: path, bytes }) => `${path}: ${grouped(bytes)} bytes`).join('\n'),
  )
}

/** A C identifier made of a file's name. */
const identifier = (name: string): string =>
  `_${name.toLowerCase()}`.replace(/[^a-z0-9_]/g, '_').replace(/^_(?=[a-z])/, '')
