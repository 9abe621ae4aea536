/** The code of a TorchScript archive: classes and functions by their names, statements as they stand. Nothing of it is executed by Python. */
import { type Expression, parseExpression } from './expression.ts'

export type Statement =
  | { is: 'let'; names: string[]; value: Expression }
  | { is: 'do'; value: Expression }
  | { is: 'return'; value: Expression }
  | { is: 'if'; when: Expression; body: Statement[]; otherwise: Statement[] }
  /** a loop and the like, refused where it is met */
  | { is: 'other'; text: string }

export interface Routine {
  parameters: { name: string; otherwise?: Expression }[]
  body: Statement[]
}

export interface Class {
  methods: Map<string, Routine>
  /** attributes that are written into the class */
  constants: Map<string, Expression>
}

export interface Code {
  classes: Map<string, Class>
  functions: Map<string, Routine>
}

const maxLines = 50_000
/** of all files together */
const maxBytes = 4 << 20

interface Line {
  indent: number
  text: string
}

/** files: Python sources by their path under code/, e.g. __torch__/policy.py. Throws Error with a reason of one line. */
export function readCode(files: ReadonlyMap<string, Uint8Array>): Code {
  const code: Code = { classes: new Map(), functions: new Map() }
  let left = maxLines
  let bytesLeft = maxBytes
  for (const [path, bytes] of files) {
    const found = /^code\/(.+)\.py$/.exec(path)?.[1]
    if (found === undefined) continue
    bytesLeft -= bytes.length
    if (bytesLeft < 0) throw new Error(`more than ${maxBytes} bytes of code`)
    const lines = linesOf(new TextDecoder().decode(bytes))
    left -= lines.length
    if (left < 0) throw new Error(`more than ${maxLines} lines of code`)
    readFile(lines, `${found.replaceAll('/', '.')}.`, code)
  }
  return code
}

/** What a text in quotes says is no code. In one pass: files may be hostile. */
function blank(line: string): string {
  if (!/["']/.test(line)) return line
  let code = ''
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]
    if (quote === '') {
      quote = letter === '"' || letter === "'" ? letter : ''
      code += quote ? '_' : letter
    } else {
      if (letter === '\\') {
        code += '_'
        at++
      } else if (letter === quote) quote = ''
      code += '_'
    }
  }
  return code.slice(0, line.length)
}

/** Joined where a bracket is open at the end. */
function linesOf(text: string): Line[] {
  const lines: Line[] = []
  let open = 0
  for (const raw of text.split('\n')) {
    const hash = blank(raw).indexOf('#')
    const line = hash < 0 ? raw : raw.slice(0, hash)
    if (line.trim() === '') continue
    const last = lines.at(-1)
    if (open > 0 && last) last.text += ` ${line.trim()}`
    else lines.push({ indent: line.length - line.trimStart().length, text: line.trim() })
    for (const letter of blank(line)) open += '([{'.includes(letter) ? 1 : ')]}'.includes(letter) ? -1 : 0
  }
  return lines
}

function readFile(lines: readonly Line[], module: string, code: Code): void {
  let current: Class | undefined
  for (let i = 0; i < lines.length; i++) {
    const { indent, text } = lines[i]
    const name = /^class (\w+)/.exec(text)?.[1]
    if (name !== undefined) {
      current = { methods: new Map(), constants: new Map() }
      code.classes.set(module + name, current)
    } else if (text.startsWith('def ')) {
      const end = endOfBlock(lines, i)
      const [own, routine] = readRoutine(text, lines.slice(i + 1, end))
      if (indent === 0) code.functions.set(module + own, routine)
      else current?.methods.set(own, routine)
      i = end - 1
    } else if (indent > 0 && current) {
      const [, key, value] = /^(\w+) : Final\[.*?\] = (.+)$/.exec(text) ?? []
      if (key !== undefined) current.constants.set(key, parseExpression(value))
    }
  }
}

/** The first line behind the block that the line at `from` begins. */
function endOfBlock(lines: readonly Line[], from: number): number {
  let end = from + 1
  while (end < lines.length && lines[end].indent > lines[from].indent) end++
  return end
}

function readRoutine(head: string, lines: readonly Line[]): [string, Routine] {
  const name = /^def (\w+)\(/.exec(head)?.[1]
  const arrow = head.lastIndexOf(') ->')
  const end = arrow < 0 ? head.lastIndexOf(')') : arrow
  if (name === undefined || end < 0 || !head.endsWith(':'))
    throw new Error(`${JSON.stringify(head.slice(0, 80))}: not understood`)
  const parameters = splitOutside(head.slice(head.indexOf('(') + 1, end)).map((parameter) => {
    const [, own, value] = /^(\w+)\s*:[^=]*(?:=(.+))?$/.exec(parameter.trim()) ?? [undefined, parameter.trim()]
    return { name: own, ...(value !== undefined && { otherwise: parseExpression(value) }) }
  })
  return [name, { parameters, body: readBlock(lines) }]
}

/** At commas that no bracket holds. */
function splitOutside(text: string): string[] {
  const parts: string[] = []
  const code = blank(text)
  let open = 0
  let from = 0
  for (let at = 0; at <= text.length; at++) {
    const letter = code[at]
    if (letter === undefined || (letter === ',' && open === 0)) {
      if (text.slice(from, at).trim()) parts.push(text.slice(from, at))
      from = at + 1
    } else open += '([{'.includes(letter) ? 1 : ')]}'.includes(letter) ? -1 : 0
  }
  return parts
}

function readBlock(lines: readonly Line[], depth = 0): Statement[] {
  if (depth > 50) throw new Error('code nested more than 50 deep')
  const statements: Statement[] = []
  for (let i = 0; i < lines.length; i++) {
    const { text } = lines[i]
    const when = /^if (.+):$/.exec(text)?.[1]
    if (when !== undefined) {
      const end = endOfBlock(lines, i)
      const hasElse = lines[end]?.text === 'else:' && lines[end].indent === lines[i].indent
      const last = hasElse ? endOfBlock(lines, end) : end
      const otherwise = hasElse ? readBlock(lines.slice(end + 1, last), depth + 1) : []
      statements.push({
        is: 'if',
        when: parseExpression(when),
        body: readBlock(lines.slice(i + 1, end), depth + 1),
        otherwise,
      })
      i = last - 1
    } else if (text.endsWith(':')) {
      statements.push({ is: 'other', text })
      i = endOfBlock(lines, i) - 1
    } else if (text !== 'pass') statements.push(readStatement(text))
  }
  return statements
}

function readStatement(text: string): Statement {
  const returned = /^return\b(.*)$/.exec(text)?.[1]
  if (returned !== undefined) return { is: 'return', value: parseExpression(returned.trim() || 'None') }
  const [, names, value] = /^([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*,?)\s*(?::[^=]*)?=(?!=)(.+)$/.exec(text) ?? []
  if (names === undefined) return { is: 'do', value: parseExpression(text) }
  const list = names.split(',').map((name) => name.trim())
  return { is: 'let', names: list, value: parseExpression(value) }
}
