/** What a TorchScript module's code does with an observation, as operations of a graph. Bounded in steps and depth. */
import { brief } from '../../files/brief.ts'
import type { Builder, Value } from '../graph/builder.ts'
import { TorchTensor } from '../pickle-torch.ts'
import { recurrent } from '../recurrent.ts'
import type { Call } from './call.ts'
import { Foreign } from './checkpoint.ts'
import type { Code, Routine, Statement } from './code.ts'
import type { Expression } from './expression.ts'
import { torchFunctions } from './functions.ts'
import { isValue, Place, type Thing } from './thing.ts'

const maxSteps = 100_000
const maxDepth = 60

export class Interpreter {
  readonly builder: Builder
  readonly #code: Code
  readonly #constants: readonly unknown[]
  readonly #refuse: (what: string) => never
  readonly #tensors = new Map<TorchTensor, Value>()
  #steps = 0

  /** constants: of constants.pkl. refuse: throws the line that names the file */
  constructor(builder: Builder, code: Code, constants: readonly unknown[], refuse: (what: string) => never) {
    this.builder = builder
    this.#code = code
    this.#constants = constants
    this.#refuse = refuse
  }

  /** A method of a module. */
  method(module: Foreign, name: string, args: readonly Thing[], named = new Map<string, Thing>(), depth = 0): Thing {
    const type = module.className.replace(' ', '.')
    if (/(^|\.)(LSTM|GRU|RNN)(Cell)?$/.test(type)) return this.#refuse(recurrent(type.split('.').at(-1)!))
    const routine = this.#code.classes.get(type)?.methods.get(name)
    if (!routine) return this.#refuse(`${brief(`${type}.${name}`)}: no code of it`)
    return this.#run(routine, [module, ...args], named, depth)
  }

  #run({ parameters, body }: Routine, args: readonly Thing[], named: ReadonlyMap<string, Thing>, depth: number): Thing {
    if (depth > maxDepth) return this.#refuse(`code that calls code more than ${maxDepth} deep`)
    const scope = new Map<string, Thing>()
    for (const [i, { name, otherwise }] of parameters.entries()) {
      const given = i < args.length ? args[i] : named.get(name)
      if (given !== undefined) scope.set(name, given)
      else if (otherwise) scope.set(name, this.#evaluate(otherwise, scope, depth))
    }
    return this.#block(body, scope, depth) ?? null
  }

  /** Undefined where it does not return. */
  #block(statements: readonly Statement[], scope: Map<string, Thing>, depth: number): Thing | undefined {
    for (const statement of statements) {
      if (statement.is === 'other') return this.#refuse(`${brief(statement.text)}: loops are not supported`)
      if (statement.is === 'return') return this.#evaluate(statement.value, scope, depth)
      if (statement.is === 'if') {
        const when = this.#condition(this.#evaluate(statement.when, scope, depth))
        const result = this.#block(when ? statement.body : statement.otherwise, scope, depth)
        if (result !== undefined) return result
      } else {
        const value = this.#evaluate(statement.value, scope, depth)
        if (statement.is === 'let') this.#assign(statement.names, value, scope)
      }
    }
    return undefined
  }

  #condition(thing: Thing): boolean {
    if (typeof thing === 'boolean' || typeof thing === 'number') return Boolean(thing)
    if (thing === null) return false
    if (isValue(thing) && thing.constant?.length === 1) return thing.constant[0] !== 0
    return this.#refuse('a choice that depends on the observation')
  }

  #assign(names: readonly string[], value: Thing, scope: Map<string, Thing>): void {
    if (names.length === 1) scope.set(names[0], value)
    else if (Array.isArray(value)) for (const [i, name] of names.entries()) scope.set(name, value[i] ?? null)
    else this.#refuse(`${names.join(', ')}: expected several values`)
  }

  #evaluate(expression: Expression, scope: Map<string, Thing>, depth: number): Thing {
    if (++this.#steps > maxSteps) return this.#refuse(`code of more than ${maxSteps} steps`)
    switch (expression.is) {
      case 'literal':
        return expression.value
      case 'name':
        return scope.get(expression.name) ?? (scope.has(expression.name) ? null : new Place(expression.name))
      case 'list':
        return expression.items.map((item) => this.#evaluate(item, scope, depth))
      case 'minus': {
        const value = this.#evaluate(expression.of, scope, depth)
        return typeof value === 'number' ? -value : this.#refuse('a minus before what is no number')
      }
      case 'choice': {
        const when = this.#condition(this.#evaluate(expression.when, scope, depth))
        return this.#evaluate(when ? expression.value : expression.otherwise, scope, depth)
      }
      case 'attribute':
        return this.#attribute(this.#evaluate(expression.of, scope, depth), expression.name, depth)
      case 'index': {
        const [of, at] = [expression.of, expression.at].map((part) => this.#evaluate(part, scope, depth))
        if (of instanceof Place) return of
        if (Array.isArray(of) && typeof at === 'number') return of.at(at) ?? this.#refuse(`no entry ${at}`)
        return this.#refuse('an index into what is no list')
      }
      case 'call':
        return this.#call(expression, scope, depth)
    }
  }

  #attribute(of: Thing, name: string, depth: number): Thing {
    if (of instanceof Place) {
      const constant = of.path === 'CONSTANTS' ? /^c(\d+)$/.exec(name)?.[1] : undefined
      return constant === undefined ? new Place(`${of.path}.${name}`) : this.#thing(this.#constants[Number(constant)])
    }
    if (!(of instanceof Foreign)) return this.#refuse(`${brief(name)} of what is no module`)
    if (of.attributes.has(name)) return this.#thing(of.attributes.get(name))
    const constant = this.#code.classes.get(of.className.replace(' ', '.'))?.constants.get(name)
    return constant ? this.#evaluate(constant, new Map(), depth) : this.#refuse(`no attribute ${brief(name)}`)
  }

  /** Out of a pickle. */
  #thing(item: unknown): Thing {
    if (item instanceof TorchTensor) return this.#tensor(item)
    if (Array.isArray(item)) return item.map((entry) => this.#thing(entry))
    if (item instanceof Foreign || item === null || ['number', 'string', 'boolean'].includes(typeof item))
      return item as Thing
    return this.#refuse('an attribute that is no module, tensor or number')
  }

  /** Each is read once. */
  #tensor(tensor: TorchTensor): Value {
    const known = this.#tensors.get(tensor)
    if (known) return known
    const value = this.builder.constant(tensor.numbers('a tensor'), [...tensor.shape])
    this.#tensors.set(tensor, value)
    return value
  }

  #call(
    { of, args: given, named: keys }: Extract<Expression, { is: 'call' }>,
    scope: Map<string, Thing>,
    depth: number,
  ): Thing {
    const args = given.map((arg) => this.#evaluate(arg, scope, depth))
    const named = new Map([...keys].map(([key, value]) => [key, this.#evaluate(value, scope, depth)]))
    if (of.is === 'attribute') {
      const self = this.#evaluate(of.of, scope, depth)
      if (self instanceof Foreign) return this.method(self, of.name, args, named, depth + 1)
    }
    const place = this.#evaluate(of, scope, depth)
    if (!(place instanceof Place)) return this.#refuse('a call of what is no function')
    const { path } = place
    if (path.startsWith('__torch__.')) {
      const routine = this.#code.functions.get(path) ?? this.#refuse(`${brief(path)}: no code of it`)
      return this.#run(routine, args, named, depth + 1)
    }
    if (path === 'getattr') return this.#attribute(args[0], String(args[1]), depth)
    if (path === 'annotate' || path === 'unchecked_cast') return args[1]
    const name = path.replace(/^(torch|ops\.(aten|prim))\./, '')
    if (!Object.hasOwn(torchFunctions, name))
      return this.#refuse(`${brief(path)}: a function that no policy here may have`)
    const refuse = (what: string): never => this.#refuse(`${path}: ${what}`)
    const call: Call = { builder: this.builder, args, named, refuse }
    return torchFunctions[name](call)
  }
}
