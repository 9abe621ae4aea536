/** The C package under every compiler that firmware has, on every chip that can be emulated, and under its build systems. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { smallFile } from '../../bench/board-cases.ts'
import { chips } from '../../bench/chips/chips.ts'
import { isInstalled, isThere, measure } from '../../bench/chips/measure.ts'
import { workBytes } from '../../runtime-as/exports/c/memory.ts'
import { exportPolicy } from '../../runtime-as/exports/export.ts'
import { readProgram } from '../../runtime-as/exports/program.ts'
import { describeWith } from '../support/require.ts'

const LONG = { timeout: 240_000 }
const folder = mkdtempSync(join(tmpdir(), 'bpd-chips-'))
afterAll(() => rmSync(folder, { recursive: true }))

const shipped = (path: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../../models/${path}`, import.meta.url)))
/** weights as f32, int8, f16 and in whole numbers */
const policies: Record<string, Uint8Array> = {
  pendulum: shipped('pendulum/student.bpd'),
  hopper: shipped('hopper/smallest.bpd'),
  walker: shipped('walker2d/smallest.bpd'),
  fixed: smallFile('int8-fixed'),
}

for (const [name, policy] of Object.entries(policies)) {
  for (const [path, content] of Object.entries(exportPolicy(policy, 'package', { stem: name }))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

const WARNINGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror', '-ffunction-sections', '-O2']
const HARD = ['-mthumb', '-mfloat-abi=hard']
/** every compiler, and whether it is told to fuse where its chip can */
const COMPILERS: [string, string[]][] = [
  ['gcc', ['-std=c99']],
  ['g++', ['-x', 'c++', '-std=c++11']],
  ['g++', ['-x', 'c++', '-std=c++20']],
  ['clang', ['-std=c99']],
  ['clang++', ['-x', 'c++', '-std=c++11']],
  ['clang', ['--target=thumbv6m-none-eabi', '-ffreestanding']],
  ['clang', ['--target=thumbv7em-none-eabihf', '-mcpu=cortex-m4', '-ffreestanding', '-ffp-contract=fast']],
  ['arm-none-eabi-gcc', ['-mcpu=cortex-m0plus', '-mthumb']],
  ['arm-none-eabi-gcc', ['-mcpu=cortex-m3', '-mthumb']],
  ['arm-none-eabi-gcc', ['-mcpu=cortex-m4', ...HARD, '-mfpu=fpv4-sp-d16', '-ffp-contract=fast']],
  ['arm-none-eabi-g++', ['-x', 'c++', '-std=c++11', '-mcpu=cortex-m4', ...HARD, '-mfpu=fpv4-sp-d16']],
  ['arm-none-eabi-gcc', ['-mcpu=cortex-m7', ...HARD, '-mfpu=fpv5-sp-d16', '-ffp-contract=fast']],
  ['arm-none-eabi-gcc', ['-mcpu=cortex-m33', ...HARD, '-mfpu=fpv5-sp-d16', '-ffp-contract=fast']],
  // processors that compute halves as halves
  ['arm-none-eabi-gcc', ['-mcpu=cortex-m55', ...HARD, '-ffp-contract=fast']],
  ['gcc', ['-mavx512fp16', '-mfma', '-ffp-contract=fast']],
  ['riscv64-unknown-elf-gcc', ['-march=rv32imc', '-mabi=ilp32', '-ffreestanding']],
  ['riscv64-unknown-elf-gcc', ['-march=rv32imafc', '-mabi=ilp32f', '-ffreestanding', '-ffp-contract=fast']],
  ['avr-gcc', ['-mmcu=atmega328p', '-std=c99']],
  ['avr-g++', ['-x', 'c++', '-std=c++11', '-mmcu=atmega328p']],
  ['xtensa-lx106-elf-gcc', ['-ffreestanding']],
]
const FUSED = /\b(vfn?m[as]\.f32|fn?m(add|sub)\.s|vfma|vfms|vfn?m(add|sub)\w+)\b/

for (const [compiler, flags] of COMPILERS) {
  describeWith(compiler, isThere(compiler))(`${compiler} ${flags.join(' ')}`, () => {
    it('says nothing to the code, and fuses nothing', LONG, () => {
      for (const name of Object.keys(policies)) {
        const sources = [`${name}/src/${name}.c`, `${name}/src/${name}_self_test.c`]
        const { stderr } = spawnSync(compiler, [...WARNINGS, ...flags, '-S', ...sources], {
          cwd: folder,
          encoding: 'utf8',
        })
        expect(stderr).toBe('')
        expect(readFileSync(join(folder, `${name}.s`), 'utf8')).not.toMatch(FUSED)
      }
    })
  })
}

for (const chip of chips) {
  describeWith(`${chip.tools}gcc, ${chip.emulator ?? 'rp2040js'}`, isInstalled(chip))(`on ${chip.core}`, () => {
    it('every kind of weights gives the kernel’s bits, in memory that was told', LONG, () => {
      for (const [name, policy] of Object.entries(policies)) {
        // the self-test is part of what is measured
        const measured = measure(chip, policy)
        expect(measured?.stack, name).toBeLessThan(512)
        expect(measured?.ram, name).toBeLessThanOrEqual(workBytes(readProgram(policy)) + 64)
      }
    })
  })
}

/** What a command says until it has said `wanted`; then it is stopped. */
function saidUntil(command: string, words: string[], wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    const hear = (chunk: Buffer) => {
      said += chunk
      if (wanted.test(said)) child.kill('SIGKILL')
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('error', reject)
    child.on('close', () => resolve(said))
  })
}

/** arduino-builder of Debian, whose core wants a newer avr-gcc than Debian's in one place: DECIMAL_DIG. */
function sketch(path: string): string {
  const build = mkdtempSync(join(folder, 'sketch-'))
  const prefs = [
    'runtime.tools.avr-gcc.path=/usr',
    'tools.ctags.path=/usr/bin',
    'tools.ctags.cmd.path=/usr/bin/arduino-ctags',
    'tools.ctags.pattern="{cmd.path}" -u --language-force=c++ -f - --c++-kinds=svpf --fields=KSTtzns --line-directives "{source_file}"',
    'preproc.macros.flags=-w -x c++ -E -CC',
    'compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__',
  ].flatMap((pref) => ['-prefs', pref])
  const where = [
    '-hardware',
    '/usr/share/arduino/hardware',
    '-hardware',
    '/usr/share/arduino-builder',
    '-tools',
    '/usr/bin',
  ]
  const words = [
    ...where,
    '-fqbn',
    'arduino:avr:uno',
    ...prefs,
    '-libraries',
    folder,
    '-build-path',
    build,
    join(folder, path),
  ]
  const { status, stdout, stderr } = spawnSync('arduino-builder', words, { encoding: 'utf8' })
  expect(status, stdout + stderr).toBe(0)
  return join(build, `${path.split('/').at(-1)}.elf`)
}

describeWith('arduino-builder, simavr', isThere('arduino-builder') && isThere('simavr'))(
  'as an Arduino library',
  () => {
    it('the sketch SelfTest says on an emulated Uno that the bits are the same', LONG, async () => {
      const elf = sketch('hopper/examples/SelfTest/SelfTest.ino')
      const said = await saidUntil('simavr', ['-m', 'atmega328p', '-f', '16000000', elf], / us\b|differs|IEEE/)
      expect(said).toContain('hopper: the same bits')
      expect(said).toMatch(/an inference of zeros takes \d+ us/)
    })

    it('the sketch ControlLoop builds', LONG, () => {
      expect(existsSync(sketch('walker/examples/ControlLoop/ControlLoop.ino'))).toBe(true)
    })
  },
)

describeWith('cmake', isThere('cmake'))('under CMake', () => {
  const cmake = (name: string, list: string, words: string[] = []) => {
    const at = join(folder, name)
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, 'main.c'), '#include "hopper.h"\nint main(void) { return hopper_self_test(); }\n')
    writeFileSync(join(at, 'CMakeLists.txt'), `cmake_minimum_required(VERSION 3.13)\nproject(app C)\n${list}`)
    const made = spawnSync('cmake', ['-S', at, '-B', join(at, 'build'), ...words], { encoding: 'utf8' })
    expect(made.status, made.stderr).toBe(0)
    const built = spawnSync('cmake', ['--build', join(at, 'build')], { encoding: 'utf8' })
    expect(built.status, built.stdout + built.stderr).toBe(0)
    return spawnSync(join(at, 'build/app')).status
  }
  const app = 'add_executable(app main.c)\ntarget_link_libraries(app hopper)\n'

  it('a program adds the folder, and its self-test passes', LONG, () => {
    expect(cmake('plain', `add_subdirectory(../hopper hopper)\n${app}`)).toBe(0)
  })

  it('the branches of ESP-IDF and Zephyr name their files, with functions that stand in for theirs', LONG, () => {
    const idf = `function(idf_component_register)
  cmake_parse_arguments(A "" "" "SRCS;INCLUDE_DIRS" \${ARGN})
  add_library(hopper \${A_SRCS})
  target_include_directories(hopper PUBLIC \${A_INCLUDE_DIRS})
endfunction()
`
    expect(cmake('idf', `${idf}add_subdirectory(../hopper hopper)\n${app}`, ['-DESP_PLATFORM=1'])).toBe(0)
    const zephyr = `macro(zephyr_library_named name)
  add_library(\${name})
endmacro()
macro(zephyr_library_sources)
  target_sources(hopper PRIVATE \${ARGN})
endmacro()
macro(zephyr_library_sources_ifdef feature)
  if(\${feature})
    target_sources(hopper PRIVATE \${ARGN})
  endif()
endmacro()
macro(zephyr_include_directories)
  target_include_directories(hopper PUBLIC \${ARGN})
endmacro()
`
    const words = ['-DZEPHYR_BASE=/nowhere', '-DCONFIG_HOPPER=y', '-DCONFIG_HOPPER_SELF_TEST=y']
    expect(cmake('zephyr', `${zephyr}add_subdirectory(../hopper hopper)\n${app}`, words)).toBe(0)
  })
})

/** Their own readers, from PyPI. PlatformIO asks the network for the list of SPDX licences, which no test here does. */
const READERS = `
import json, sys
from idf_component_tools.manager import ManifestManager
from platformio.package.manifest.parser import ManifestParserFactory
from platformio.package.manifest.schema import ManifestSchema
folder = sys.argv[1]
found = {}
for name in ('library.json', 'library.properties'):
    fields = ManifestParserFactory.new_from_file(folder + '/' + name).as_dict()
    fields.pop('license', None)
    found[name] = ManifestSchema().load_manifest(fields)['version']
found['idf_component.yml'] = str(ManifestManager(folder, 'hopper').load().version)
print(json.dumps(found))
`

describe('the manifests', () => {
  it('are read by PlatformIO and ESP-IDF’s component manager, as one version', LONG, () => {
    const python = process.env.BPD_MANIFEST_PYTHON ?? withReaders()
    const { stdout, stderr } = spawnSync(python, ['-c', READERS, join(folder, 'hopper')], { encoding: 'utf8' })
    const versions = JSON.parse(stdout || `"${stderr}"`)
    expect(Object.keys(versions)).toEqual(['library.json', 'library.properties', 'idf_component.yml'])
    expect(new Set(Object.values(versions)).size).toBe(1)
  })
})

function withReaders(): string {
  const at = join(folder, 'venv')
  for (const [command, ...words] of [
    ['python3', '-m', 'venv', at],
    [join(at, 'bin/pip'), '-q', 'install', 'platformio==6.2.0', 'idf-component-manager==3.1.2'],
  ]) {
    const { status, stderr } = spawnSync(command, words, { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
  }
  return join(at, 'bin/python')
}
