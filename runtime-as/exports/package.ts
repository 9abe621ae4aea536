/** One policy as a folder that is an Arduino and a PlatformIO library, an ESP-IDF component, a Zephyr module and a CMake target at once. */
import { header } from './c/header.ts'
import { selfTestFile } from './c/self-test.ts'
import { source } from './c/source.ts'
import { identifier, prefixOf, TAKEN_HEADERS } from './c/text.ts'
import type { ExportForm } from './form.ts'
import { licence } from './package/licence.ts'
import { cmakeLists, idfComponent, kconfig, libraryJson, libraryProperties, zephyrModule } from './package/manifests.ts'
import { readme } from './package/readme.ts'
import { controlLoopSketch, selfTestSketch } from './package/sketches.ts'
import type { Program } from './program.ts'

/** The files by their place in the folder. name: of the folder, a C identifier, which every name in the code begins with */
export function generatePackage(program: Program, name: string): Record<string, string> {
  const prefix = prefixOf(name)
  return {
    [`src/${name}.h`]: header(program, prefix),
    [`src/${name}.c`]: source(program, prefix, `${name}.h`),
    [`src/${name}_self_test.c`]: selfTestFile(program, prefix),
    'examples/SelfTest/SelfTest.ino': selfTestSketch(name),
    'examples/ControlLoop/ControlLoop.ino': controlLoopSketch(program, name),
    'library.properties': libraryProperties(program, name),
    'library.json': libraryJson(program, name),
    'idf_component.yml': idfComponent(program),
    'CMakeLists.txt': cmakeLists(name),
    'zephyr/module.yml': zephyrModule(name),
    'zephyr/Kconfig': kconfig(program, name),
    LICENSE: licence,
    'README.md': readme(program, name),
  }
}

export const packageForm: ExportForm = {
  extension: '',
  stem: {
    pattern: new RegExp(`^(?!(${TAKEN_HEADERS})$)[A-Za-z][\\w-]{0,39}$`, 'i'),
    expected:
      "a folder's name of up to 40 letters, digits, '_' and '-', a letter first, and not that of a header of the C library",
  },
  write(program, stem) {
    const files = generatePackage(program, identifier(stem))
    return Object.fromEntries(Object.entries(files).map(([path, content]) => [`/${path}`, content]))
  },
}
