/** WebAssembly to C: the functions that wasm2c writes, under a prelude of our own (common/prelude.h) in place of its own. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { FailedError } from '../../runtime-as/errors.ts'

/** Path of the wasm2c of npm's `wabt`, a script for Node. */
export function wasm2cScript(): string {
  return join(dirname(createRequire(import.meta.url).resolve('wabt/package.json')), 'bin/wasm2c')
}

/** What the prelude does not offer because a wasm address is a native one. */
const FOREIGN =
  /\b(wasm_rt_grow_memory|wasm_rt_allocate_memory|data_segment_\w+|LOAD_DATA|CALL_INDIRECT|memory_(fill|copy|init))\b/

/**
 * The C source to compile, from wasm2c's. Marks `sum + weight * input` as `multiply_add`, so that a board without an FPU can do it in one.
 * replaced: functions of the module that the board brings its own of, as native_<name>. Throws FailedError where the module needs what a
 * board does not give it, or does not call what the board would replace.
 */
export function ownSource(generated: string, replaced: string[] = []): string {
  const start = generated.search(/^static [\w ]+\*? ?w2c_policy_\w+\(w2c_policy\*/m)
  if (start < 0) throw new FailedError('policy.wasm: wasm2c wrote no function, expected the module of runtime-as')
  const body = generated.slice(start)
  const foreign = FOREIGN.exec(body)
  if (foreign)
    throw new FailedError(`policy.wasm: needs ${foreign[0]}, expected no data segment and no memory of its own`)
  return `#include "prelude.h"\n\n${replaced.reduce(callNative, markMultiplyAdd(body))}`
}

/** Calls of the module's function become calls of the board's, which takes the same arguments and needs no instance. */
function callNative(source: string, name: string): string {
  const parameters = new RegExp(`w2c_policy_${name}_0\\(w2c_policy\\*((?:, [uf]32)*)\\);`).exec(source)?.[1].slice(2)
  const call = new RegExp(`w2c_policy_${name}_0\\(instance, `, 'g')
  if (parameters === undefined || !call.test(source)) {
    throw new FailedError(`policy.wasm: no call of ${name}, expected one to replace by the board's own`)
  }
  return `void native_${name}(${parameters});\n${source.replace(call, `native_${name}(`)}`
}

/** Stack variables of wasm2c are dead once their value is taken, so a product that was added need not be kept. */
function markMultiplyAdd(source: string): string {
  const addedToSum = /(var_f\d+) \*= (var_f\d+);\s*(var_f\d+) \+= \1;/g
  const sumAddedToIt = /(var_f\d+) \*= (var_f\d+);\s*\2 = ([-.\w]+);\s*\1 \+= \2;/g
  return source
    .replace(addedToSum, '$3 = multiply_add($3, $1, $2);')
    .replace(sumAddedToIt, '$1 = multiply_add($3, $1, $2);')
}
