/**
 * Builds the firmware images: `node firmware-bridge/firmware/build.ts [board] [--check]`. policy.wasm -> C -> image, the same bytes each
 * time. --check builds aside and compares with what is committed. `<board>-signed --key robot.pub --out FOLDER` builds one that is
 * locked to that key from the start, `<board>-small` the smallest. Needs the board's cross compiler; running an image needs only npm.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FailedError, InputError } from '../../runtime-as/errors.ts'
import type { ModuleName } from '../../runtime-as/kernel/modules.ts'
import { readKey } from '../host/signing.ts'
import type { BoardBuild } from './board-build.ts'
import { riscv32 } from './riscv32/board.ts'
import { rp2040 } from './rp2040/board.ts'
import { stm32f405 } from './stm32f405/board.ts'
import { toUf2 } from './uf2.ts'
import { ownSource, wasm2cScript } from './wasm2c.ts'

/** The same board, its firmware from another module. */
const from = (module: BoardBuild['module'], folder: string, board: BoardBuild): BoardBuild => ({
  ...board,
  folder,
  module,
})

export const BOARDS: Record<string, BoardBuild> = {
  rp2040,
  stm32f405,
  riscv32,
  'rp2040-signed': from('signed', 'rp2040', rp2040),
  'stm32f405-signed': from('signed', 'stm32f405', stm32f405),
  'rp2040-small': from('small', 'rp2040', rp2040),
  'stm32f405-small': from('small', 'stm32f405', stm32f405),
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const HERE = 'firmware-bridge/firmware'
const IMAGES = `${ROOT}firmware-bridge/images`
const MODULES = `${ROOT}runtime-as/kernel/build`

/** -ffp-contract=off: every operation rounds by itself, as in wasm. -fno-tree-loop-distribute-patterns: no calls of memset, memcpy */
const COMPILE = [
  '-std=gnu11',
  '-O3',
  '-ffreestanding',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fno-tree-loop-distribute-patterns',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wall',
  '-Wextra',
  '-Werror',
]
/** Of firmware with signatures. Arithmetic of 256 bits is loops in loops: inlined and unrolled it takes three times the flash, to no gain. */
const SIGNED = ['-DSIGNED', '-fno-inline-functions', '-fno-peel-loops', '--param=max-completely-peeled-insns=20']
/** of the generated source only: it declares what it does not use */
const GENERATED = ['-Wno-unused', '-Wno-unused-parameter']
const LINK = ['-nostdlib', '-nostartfiles', '-Wl,--gc-sections', '-Wl,--build-id=none']

function run(command: string, args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' })
  if (error) throw new FailedError(`${command}: cannot be run, expected it on the PATH (${HERE}/README.md)`)
  if (status !== 0) throw new FailedError(`${command}: failed\n${stdout}${stderr}`)
  return stdout
}

export interface BuildOptions {
  /** the public key that firmware with signatures is locked to from the start, 32 bytes */
  key?: Uint8Array
  /** path of the module; default: the board's, compiled anew */
  wasm?: string
}

/** Files of the image by name, built in the folder `work`. */
export function build(
  name: string,
  board: BoardBuild,
  work: string,
  { key, wasm = compiled(board) }: BuildOptions = {},
): Record<string, Uint8Array> {
  const source = `${work}/policy.c`
  run(process.execPath, [wasm2cScript(), wasm, '--module-name', 'policy', '-o', source])
  writeFileSync(source, ownSource(readFileSync(source, 'utf8'), board.replaced))

  const folder = `${HERE}/${board.folder ?? name}`
  const variant = [...(board.module === 'signed' ? SIGNED : []), ...(key ? [`-DPUBLIC_KEY=${[...key]}`] : [])]
  const flags = [...board.compile, ...COMPILE, ...variant, `-ffile-prefix-map=${work}=.`, `-ffile-prefix-map=${ROOT}=`]
  const core = `${HERE}/common/${board.core}`
  const include = [`-I${HERE}/common`, `-I${core}`, `-I${folder}`, `-I${work}`]
  const common = [`${core}/start.c`, `${HERE}/common/begin.c`, `${HERE}/common/device.c`]
  const own = board.sources.map((file) => `${folder}/${file}`)
  const objects = [source, ...common, ...own].map((file, i) => {
    const object = `${work}/${i}.o`
    run(board.compiler, [...flags, ...(file === source ? GENERATED : []), ...include, '-c', file, '-o', object])
    return object
  })
  const elf = `${work}/${name}.elf`
  const link = [...LINK, '-T', `${folder}/${board.linkerScript}`]
  run(board.compiler, [...board.compile, ...link, ...objects, '-lgcc', '-o', elf])
  const tool = (suffix: string) => board.compiler.replace(/gcc$/, suffix)
  run(tool('objcopy'), ['-O', 'binary', elf, `${work}/${name}.bin`])

  const image = new Uint8Array(readFileSync(`${work}/${name}.bin`))
  board.seal?.(image)
  const sections = readSections(run(tool('size'), ['-A', elf]))
  const facts = {
    sha256: sha256(image),
    bytes: image.length,
    // without the stack, which has a bank of its own
    staticRam: (sections['.data'] ?? 0) + (sections['.bss'] ?? 0),
    sections,
    wasm: sha256(readFileSync(wasm)),
    compiler: run(board.compiler, ['--version']).split('\n', 1)[0],
    flags: [...board.compile, ...COMPILE, ...variant, ...LINK].join(' '),
  }
  return {
    [`${name}.bin`]: image,
    ...(board.uf2Family === undefined ? {} : { [`${name}.uf2`]: toUf2(image, board.base, board.uf2Family) }),
    [`${name}.json`]: Buffer.from(`${JSON.stringify(facts, null, 2)}\n`),
  }
}

/** Path of the board's module, compiled anew. */
function compiled(board: BoardBuild): string {
  const module: ModuleName = board.module ?? 'policy'
  run(process.execPath, ['runtime-as/kernel/build.ts', module])
  return `${MODULES}/${module}.wasm`
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** name and bytes of every section that has an address */
function readSections(table: string): Record<string, number> {
  const rows = [...table.matchAll(/^(\.\S+)\s+(\d+)\s+(\d+)$/gm)]
  const placed = rows.filter(([, , bytes, address]) => bytes !== '0' && address !== '0')
  return Object.fromEntries(placed.map(([, name, bytes]) => [name, Number(bytes)]))
}

/** Fails unless every file is committed as built. */
function compare(files: Record<string, Uint8Array>): void {
  for (const [file, bytes] of Object.entries(files)) {
    const path = `firmware-bridge/images/${file}`
    if (!Buffer.from(bytes).equals(read(path))) {
      throw new FailedError(
        `${path}: differs from what its sources build to, expected the same bytes (run without --check)`,
      )
    }
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(`${ROOT}${path}`)
  } catch {
    throw new FailedError(`${path}: cannot be read, expected the committed image`)
  }
}

function write(files: Record<string, Uint8Array>, folder = IMAGES): void {
  mkdirSync(folder, { recursive: true })
  for (const [file, bytes] of Object.entries(files)) {
    writeFileSync(`${folder}/${file}.new`, bytes)
    renameSync(`${folder}/${file}.new`, `${folder}/${file}`)
  }
}

/** What stands behind an option. */
const option = (args: string[], name: string): string | undefined =>
  args.includes(name) ? args[args.indexOf(name) + 1] : undefined

function main(args: string[]): void {
  const check = args.includes('--check')
  const [key, out] = [option(args, '--key'), option(args, '--out')]
  const names = args.filter(
    (arg, i) => arg !== '--check' && !['--key', '--out'].some((word) => word === arg || word === args[i - 1]),
  )
  if ((key === undefined) !== (out === undefined)) throw new InputError('--key, --out: expected both or neither')
  for (const name of names.length ? names : Object.keys(BOARDS)) {
    const board = BOARDS[name]
    if (!board) throw new InputError(`${name}: no such board, expected one of ${Object.keys(BOARDS).join(', ')}`)
    const work = mkdtempSync(join(tmpdir(), 'bpd-firmware-'))
    try {
      if (key !== undefined && board.module !== 'signed')
        throw new InputError(`${name}: knows no signatures, expected ${name}-signed with --key`)
      const files = build(name, board, work, {
        key: key === undefined ? undefined : readKey(readFileSync(key, 'latin1'), key).publicKey,
      })
      if (check) compare(files)
      else write(files, out)
      const { sha256, bytes, staticRam } = JSON.parse(Buffer.from(files[`${name}.json`]).toString())
      console.log(
        `${name}: ${bytes} bytes, ${staticRam} bytes of RAM, sha256 ${sha256}${check ? ', as committed' : ''}`,
      )
    } finally {
      rmSync(work, { recursive: true })
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof FailedError || error instanceof InputError)) throw error
    console.error(error.message)
    process.exitCode = error instanceof InputError ? 2 : 1
  }
}
