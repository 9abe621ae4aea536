/** JSON out of files that strangers made: bounded in what it may become, and no name twice in an object, where JSON.parse keeps the last. */

export interface JsonBudget {
  /** objects, lists and entries of both, together */
  items: number
  depth: number
}

/** Parses `text`. Throws Error with a reason of one line. */
export function parseJson(text: string, { items, depth }: JsonBudget): unknown {
  /** names of each object that is open; undefined: a list */
  const open: (Set<string> | undefined)[] = []
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]
    if (letter === '"') {
      const from = at
      at = endOfString(text, at)
      const names = open.at(-1)
      if (!names || !isName(text, at + 1)) continue
      const name = nameOf(text.slice(from, at + 1))
      if (names.has(name)) throw new Error(`${JSON.stringify(name.slice(0, 60))} is there twice`)
      names.add(name)
    } else if (letter === '{' || letter === '[') {
      if (open.length === depth) throw new Error(`nested more than ${depth} deep`)
      open.push(letter === '{' ? new Set() : undefined)
    } else if (letter === '}' || letter === ']') open.pop()
    if ((letter === '{' || letter === '[' || letter === ',') && ++count > items)
      throw new Error(`more than ${items} items`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('not JSON')
  }
}

/** The place of the closing quote, or the text's end. */
function endOfString(text: string, at: number): number {
  for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++
  return at
}

/** Whether the string that ends before `at` is a name: a colon follows. */
function isName(text: string, at: number): boolean {
  while (at < text.length && ' \t\n\r'.includes(text[at])) at++
  return text[at] === ':'
}

/** An escaped name is the same name. */
function nameOf(quoted: string): string {
  try {
    return JSON.parse(quoted)
  } catch {
    throw new Error('not JSON')
  }
}
