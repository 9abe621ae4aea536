/** One policy as C99 that is C++11 too: one file and its header, no library, no allocation. */
import { header } from './c/header.ts'
import { selfTest } from './c/self-test.ts'
import { source } from './c/source.ts'
import { identifier, prefixOf, TAKEN_HEADERS } from './c/text.ts'
import type { ExportForm } from './form.ts'
import type { Program } from './program.ts'

export interface CSource {
  source: string
  header: string
}

/** name: prefix of every name in the C, a C identifier in lower case; include: the file name of the header */
export function generateC(program: Program, name: string, include: string): CSource {
  const prefix = prefixOf(name)
  const defined = `${prefix.upper}_SELF_TEST`
  const test = `
/* With -D${defined} the file has a main(), which returns what the self-test says. */
#ifdef ${defined}
${selfTest(program, prefix).trimStart()}
int main(void) { return ${name}_self_test(); }
#endif
`
  return { source: source(program, prefix, include) + test, header: header(program, prefix, defined) }
}

export const cForm: ExportForm = {
  extension: '.c',
  stem: {
    pattern: new RegExp(`^(?!(${TAKEN_HEADERS})$)[\\w.-]+$`, 'i'),
    expected: "letters, digits, '.', '_' and '-', and not the name of a header of the C library",
  },
  write(program, stem) {
    const written = generateC(program, identifier(stem), `${stem}.h`)
    return { '.h': written.header, '.c': written.source }
  },
}
