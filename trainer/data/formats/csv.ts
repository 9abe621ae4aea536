/**
 * CSV: a line of names, then a line of numbers a row; commas, semicolons or tabs. Without names the columns are those of a comment above the rows, or
 * c0, c1, …. An empty cell is a number that is missing; true and false are 1 and 0.
 */
import { closeSync } from 'node:fs'
import { InputError } from '../../../runtime-as/errors.ts'
import { reading } from '../../files/access.ts'
import { brief } from '../../files/brief.ts'
import { fileSource } from '../../files/file-source.ts'
import { openAs } from '../../files/open.ts'
import type { Source } from '../../files/source.ts'
import type { DataFormat } from '../format.ts'
import { type Block, blockRows, type Field, type Log, maxColumns } from '../log.ts'

const pieceBytes = 1 << 16
const maxLine = 1 << 20

const UNNAMED = 'no line of names: its columns are called c0, c1, …'

export const csvFormat: DataFormat = { name: 'a CSV table', kind: 'csv', open: async (path) => openCsv(path) }

function openCsv(path: string): Log {
  const { descriptor, size } = openAs(path, 'csv')
  try {
    return logOf(path, descriptor, size)
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

function logOf(path: string, descriptor: number, size: number): Log {
  const source = fileSource(descriptor, size)
  const [head, first] = take(2, linesOf(path, source))
  const separator = separatorOf(head?.text ?? '')
  const cells = cellsOf(head?.text ?? '', separator).map((cell) => cell.trim())
  if (cells.length > maxColumns)
    throw new InputError(`${path}: ${cells.length} columns, expected at most ${maxColumns}`)
  const named = cells.some((cell) => Number.isNaN(numberOf(cell)) && !/^(nan|)$/i.test(cell))
  const above = head && !named ? namesAbove(head, cells.length, { path, source, separator }) : undefined
  const names = named ? cells : (above?.names ?? cells.map((_, i) => `c${i}`))
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw new InputError(`${path}: line ${(above ?? head).number}: column ${brief(twice)} is there twice`)
  const example = first && named ? cellsOf(first.text, separator) : []
  const fields = names.map((name, i): Field => {
    const text = example[i] ?? ''
    const unusable = isText(text) ? `text (${brief(text)} in the first row), expected numbers` : undefined
    return { name, columns: [name], unusable }
  })
  // without a line of names the first row has been taken for one
  const isRow = cells.every((cell) => isDecimalComma(cell) || !isText(cell))
  const commas = isRow && cells.some(isDecimalComma) ? head : separator !== ',' && example.some(isDecimalComma) && first
  if (commas) throw decimalCommas(path, commas.number)
  return {
    path,
    format: csvFormat.name,
    fields,
    grouped: false,
    notes: named ? [] : [above ? `names of the columns are those of the comment in line ${above.number}` : UNNAMED],
    blocks: (wanted, lenient) => blocks(path, source, { separator, names, named }, { wanted, lenient }),
    close: () => closeSync(descriptor),
  }
}

/** Names in a comment above the first row, as numpy.savetxt writes them; undefined where none has as many. */
function namesAbove(
  head: Line,
  count: number,
  { path, source, separator }: { path: string; source: Source; separator: string },
): { names: string[]; number: number } | undefined {
  let found: { names: string[]; number: number } | undefined
  for (const { text, number } of linesOf(path, source, (line) => line.trim() !== '')) {
    if (number >= head.number) break
    const names = cellsOf(text.replace(/^#+/, ''), separator).map((cell) => cell.trim())
    if (names.length === count && names.every(isText)) found = { names, number }
  }
  return found
}

async function* blocks(
  path: string,
  source: Source,
  { separator, names, named }: { separator: string; names: readonly string[]; named: boolean },
  { wanted, lenient = false }: { wanted: readonly Field[]; lenient?: boolean },
): AsyncGenerator<Block> {
  const indices = wanted.map(({ name }) => names.indexOf(name))
  const values = wanted.map(() => new Float64Array(blockRows))
  const lines = linesOf(path, source)
  if (named) lines.next()
  let [first, count] = [0, 0]
  for (const { text, number } of lines) {
    const cells = cellsOf(text, separator)
    if (cells.length !== names.length)
      throw new InputError(
        `${path}: line ${number} (row ${first + count}): ${cells.length} cells, expected ${names.length} as in the first line`,
      )
    for (let i = 0; i < indices.length; i++) {
      const cell = cells[indices[i]]
      const value = numberOf(cell)
      // refused even where text is not: rows would be missing one by one, wherever a number is no whole one
      if (Number.isNaN(value) && isDecimalComma(cell)) throw decimalCommas(path, number)
      if (Number.isNaN(value) && !lenient && isText(cell))
        throw new InputError(
          `${path}: column ${brief(names[indices[i]])}, row ${first + count} (line ${number}): ${brief(cell)}, expected a number`,
        )
      values[i][count] = value
    }
    if (++count < blockRows) continue
    yield { first, count, values }
    first += count
    count = 0
  }
  if (count > 0) yield { first, count, values }
}

/** NaN for what is no number; spaces around it are none of it. */
function numberOf(cell: string): number {
  const value = Number(cell)
  // nothing is 0 to it
  if (value === 0 && cell.trim() === '') return Number.NaN
  if (!Number.isNaN(value)) return value
  const word = cell.trim().toLowerCase()
  if (word === 'true' || word === 'false') return word === 'true' ? 1 : 0
  const [, sign, infinite] = /^([-+]?)(inf|infinity)$/.exec(word) ?? []
  return infinite ? (sign === '-' ? -Infinity : Infinity) : Number.NaN
}

const isText = (cell: string): boolean => Number.isNaN(numberOf(cell)) && !/^\s*(|nan|null|na|none)\s*$/i.test(cell)

const isDecimalComma = (cell: string): boolean => /^\s*[-+]?[\d.]*,\d+(e[-+]?\d+)?\s*$/i.test(cell)

const decimalCommas = (path: string, line: number): InputError =>
  new InputError(`${path}: line ${line}: decimal commas, expected points`)

const separatorOf = (line: string): string => {
  // commas between digits count where there is nothing else: they may be decimal ones
  const outside = line.replace(/"[^"]*"/g, '').replace(/(\d),(?=\d)/g, '$1')
  const count = (separator: string) => outside.split(separator).length
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best))
}

/** Cells of a line, without quotes around them. */
function cellsOf(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator)
  const cells: string[] = []
  const quoted = /\s*"((?:[^"]|"")*)"\s*/y
  for (let at = 0; at <= line.length; ) {
    quoted.lastIndex = at
    const inside = quoted.exec(line)?.[1]
    const behind = quoted.lastIndex
    if (inside !== undefined && (behind === line.length || line[behind] === separator)) {
      cells.push(inside.replaceAll('""', '"'))
      at = behind + 1
      continue
    }
    const end = line.indexOf(separator, at)
    const stop = end < 0 ? line.length : end
    cells.push(line.slice(at, stop).trim())
    at = stop + 1
  }
  return cells
}

interface Line {
  text: string
  /** in the file, from 1 */
  number: number
}

/** Lines that say something: no empty ones, no comments (#). */
function* linesOf(path: string, source: Source, wanted = saysSomething): Generator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let [rest, number] = ['', 0]
  for (let at = 0; at < source.size; at += pieceBytes) {
    const bytes = reading(path, () => source.at(at, pieceBytes))
    if (bytes.length < Math.min(pieceBytes, source.size - at))
      throw new InputError(`${path}: cut short while it was read`)
    let text: string
    try {
      text = rest + decoder.decode(bytes, { stream: at + pieceBytes < source.size })
    } catch {
      throw new InputError(`${path}: line ${number + 1} or after: not UTF-8`)
    }
    const lines = text.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    if (rest.length > maxLine) throw new InputError(`${path}: line ${number + 1}: longer than ${maxLine} bytes`)
    for (const line of lines) {
      number++
      if (wanted(line)) yield { text: line, number }
    }
  }
  if (wanted(rest)) yield { text: rest, number: number + 1 }
}

const saysSomething = (line: string): boolean => line !== '' && line[0] !== '#' && line.trim() !== ''

function take<T>(count: number, items: Iterator<T>): T[] {
  return Array.from({ length: count }, () => items.next()).flatMap(({ done, value }) => (done ? [] : [value]))
}
