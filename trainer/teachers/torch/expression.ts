/** Expressions of TorchScript's printed code, as trees: the part of Python that its printer writes. */

export type Expression =
  | { is: 'name'; name: string }
  | { is: 'literal'; value: number | string | boolean | null }
  | { is: 'list'; items: Expression[] }
  | { is: 'attribute'; of: Expression; name: string }
  | { is: 'index'; of: Expression; at: Expression }
  | { is: 'call'; of: Expression; args: Expression[]; named: Map<string, Expression> }
  | { is: 'minus'; of: Expression }
  | { is: 'choice'; value: Expression; when: Expression; otherwise: Expression }

const token = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S))/y
const maxDepth = 100
const literals = new Map<string, number | boolean | null>([
  ['None', null],
  ['True', true],
  ['False', false],
  ['inf', Infinity],
])

/** Throws Error with a reason of one line. */
export function parseExpression(text: string): Expression {
  return new Parser(text).whole()
}

type Token = { number: number } | { name: string } | { text: string } | { sign: string } | undefined

class Parser {
  readonly #text: string
  #at = 0
  #next: Token
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#next = this.#read()
  }

  whole(): Expression {
    const first = this.#expression()
    // a tuple without its parentheses
    const items = [first]
    while (this.#takes(',')) if (this.#next) items.push(this.#expression())
    if (this.#next) throw new Error(`${JSON.stringify(this.#text.slice(0, 80))}: not understood`)
    return items.length === 1 && !/,\s*$/.test(this.#text) ? first : { is: 'list', items }
  }

  #read(): Token {
    token.lastIndex = this.#at
    const found = token.exec(this.#text)
    if (!found) return undefined
    this.#at = token.lastIndex
    const [, digits, name, double, single, sign] = found
    if (digits !== undefined) return { number: Number(digits) }
    if (name !== undefined) return { name }
    if (sign !== undefined) return { sign }
    return { text: double ?? single }
  }

  #advance(): Token {
    const now = this.#next
    this.#next = this.#read()
    return now
  }

  #takes(sign: string): boolean {
    if (!this.#next || !('sign' in this.#next) || this.#next.sign !== sign) return false
    this.#advance()
    return true
  }

  #takesName(name: string): boolean {
    if (!this.#next || !('name' in this.#next) || this.#next.name !== name) return false
    this.#advance()
    return true
  }

  #need(sign: string): void {
    if (!this.#takes(sign)) throw new Error(`${JSON.stringify(this.#text.slice(0, 80))}: expected ${sign}`)
  }

  #expression(): Expression {
    if (++this.#depth > maxDepth) throw new Error(`nested more than ${maxDepth} deep`)
    const value = this.#postfix()
    this.#depth--
    if (!this.#takesName('if')) return value
    const when = this.#expression()
    if (!this.#takesName('else')) throw new Error('expected else')
    return { is: 'choice', value, when, otherwise: this.#expression() }
  }

  #postfix(): Expression {
    let value = this.#primary()
    for (;;) {
      if (this.#takes('.')) {
        const name = this.#advance()
        if (!name || !('name' in name)) throw new Error('expected a name after a point')
        value = { is: 'attribute', of: value, name: name.name }
      } else if (this.#takes('(')) value = this.#call(value)
      else if (this.#takes('[')) {
        const items = this.#items(']')
        value = { is: 'index', of: value, at: items.length === 1 ? items[0] : { is: 'list', items } }
      } else return value
    }
  }

  #call(of: Expression): Expression {
    const args: Expression[] = []
    const named = new Map<string, Expression>()
    while (!this.#takes(')')) {
      const value = this.#expression()
      if (value.is === 'name' && this.#takes('=')) named.set(value.name, this.#expression())
      else args.push(value)
      if (!this.#takes(',')) {
        this.#need(')')
        break
      }
    }
    return { is: 'call', of, args, named }
  }

  #items(end: string): Expression[] {
    const items: Expression[] = []
    while (!this.#takes(end)) {
      items.push(this.#expression())
      if (!this.#takes(',')) {
        this.#need(end)
        break
      }
    }
    return items
  }

  #primary(): Expression {
    const now = this.#advance()
    if (!now) throw new Error('an expression ends too early')
    if ('number' in now) return { is: 'literal', value: now.number }
    if ('text' in now) return { is: 'literal', value: now.text }
    if ('name' in now) {
      const literal = literals.get(now.name)
      return literal === undefined ? { is: 'name', name: now.name } : { is: 'literal', value: literal }
    }
    if (now.sign === '-') return { is: 'minus', of: this.#postfix() }
    if (now.sign === '[') return { is: 'list', items: this.#items(']') }
    if (now.sign === '(') {
      const from = this.#at
      const items = this.#items(')')
      // (x) is x, (x,) is a tuple
      return items.length === 1 && !this.#text.slice(from, this.#at).includes(',)') ? items[0] : { is: 'list', items }
    }
    throw new Error(`${JSON.stringify(now.sign)}: not understood`)
  }
}
